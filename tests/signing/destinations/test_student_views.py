"""The student's pages: choosing, filling in, proofs, preview, submitting, leaving, two windows."""

from __future__ import annotations

import io

import pytest

from app.core.db import db
from app.files.documents.models import Attachment
from app.settings.queries import set_setting
from app.signing.destinations.models import Destination, DestinationFile
from app.signing.destinations.queries import draft_of
from app.signing.destinations.workflow import begin
from app.signing.placements.models import Placement
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.queries import latest
from app.signing.terminations.workflow import TERMINATIONS
from tests.factories import accept, account, actor, attest, code_for, destination, invite
from tests.signing.destinations.ways import (
    STUDY,
    attach_proof,
    filled,
    hidden,
    picture,
    registered,
    text,
)

HOME = "/my/destinations/"
DRAFT = "/my/destinations/draft"


def code_of(phone, draft) -> str:
    """The code for submitting that draft as it stands."""
    return code_for(phone, f"/acts/placement/{draft.id}/submit/code")


@pytest.fixture
def phone(cast, visit):
    """The student's browser."""
    return visit(account(cast.student))


def form_of(browser, **more) -> dict:
    """The form as it stands with the values of a postgraduate place."""
    values = {f"f_{key}": value for key, value in STUDY.items()}
    values |= {"f_place": "湖北省武汉市洪山区", "f_place_code": "420111"}
    return {**values, **hidden(browser.get(DRAFT)), **more}


def send_file(browser, draft_id: int, key: str = "admission", file=None, **more):
    """A file as the page's form sends it."""
    data = {"files": file or picture("录取.jpg"), **more}
    return browser.post(
        f"{DRAFT}/proofs/{key}?draft={draft_id}", data=data, content_type="multipart/form-data"
    )


def draft_of_id(key: int) -> Destination:
    return db.session.get(Destination, key, populate_existing=True)


@pytest.mark.rule("DST-01", "DST-04", "INV-19")
def test_the_page_bears_the_schools_name_and_says_what_it_is_for(cast, phone):
    assert "其他去向" in text(phone.get(HOME))
    assert "升学、签劳动合同" in text(phone.get(HOME))
    set_setting(cast.school.id, "destination_name", "registration", None)
    db.session.commit()
    page = text(phone.get(HOME))
    assert "就业信息登记" in page
    assert "其他去向" not in page


@pytest.mark.rule("DST-04")
def test_switched_off_there_is_no_entry_and_what_is_there_stays_to_be_read(cast, phone):
    placement = registered(cast.student)
    set_setting(cast.school.id, "destinations_open", False, None)
    db.session.commit()
    assert 'href="/my/destinations/"' not in phone.get("/my/").get_data(as_text=True)
    page = text(phone.get(HOME))
    assert "未在本平台开放" in page
    assert "华中科技大学" in page
    assert "录取学校" in text(phone.get(f"{HOME}{placement.id}"))
    PLACEMENTS.perform("refuse", placement.id, actor(cast.officer), reason="不符")
    for url in (f"{HOME}new", DRAFT):
        answer = phone.get(url, follow_redirects=True)
        assert "未在本平台开放" in text(answer)
    answer = phone.post(f"{HOME}begin", data={"kind": "CG"}, follow_redirects=True)
    assert "未在本平台开放" in text(answer)
    assert draft_of(cast.student.id) is None


@pytest.mark.rule("DST-01")
def test_two_steps_of_choice_lead_to_the_form_of_the_kind(cast, phone):
    page = text(phone.get(f"{HOME}new"))
    assert "升学深造 读研究生" in page
    assert "录取攻读第二学士" not in page
    page = text(phone.get(f"{HOME}new?type=SXSZ"))
    assert "研究生 已被国内高校" in page
    assert phone.post(f"{HOME}begin", data={"kind": "SX_YJS"}).location.endswith("/draft")
    form = phone.get(DRAFT).get_data(as_text=True)
    assert 'name="f_school"' in form
    assert "/draft/proofs/admission" in form
    assert "博士生毕业" in form
    assert "本科生毕业" not in form


@pytest.mark.rule("DST-01", "DOC-05", "MOB-01")
def test_filled_in_with_a_photo_previewed_and_submitted(cast, phone):
    phone.post(f"{HOME}begin", data={"kind": "SX_YJS"})
    assert send_file(phone, draft_of(cast.student.id).id).status_code == 303
    answer = phone.post(DRAFT, data=form_of(phone, then="preview"))
    assert answer.location.endswith("/preview")
    page = phone.get(f"{HOME}preview")
    assert "湖北省武汉市洪山区" in text(page)
    assert "/files/" in page.get_data(as_text=True)
    assert "2027-09-01" in text(page)
    draft = draft_of(cast.student.id)
    url, code = f"{HOME}submit?draft={draft.id}&version={draft.version}", code_of(phone, draft)
    assert phone.post(url).location.endswith("/preview")  # no code, no act
    answer = phone.post(url, data={"code": code})
    again = phone.post(url, data={"code": code})
    assert answer.location == again.location
    page = text(phone.get(answer.location))
    assert "等待学校" in page
    assert "华中科技大学" in page
    assert db.session.query(Placement).filter_by(student_id=cast.student.id).count() == 1


@pytest.mark.rule("DST-01", "INV-19")
def test_what_is_missing_stands_beside_its_field_and_what_was_typed_is_kept(cast, phone):
    phone.post(f"{HOME}begin", data={"kind": "SX_YJS"})
    data = form_of(phone, then="preview", f_begins="明年", f_major="")
    assert phone.post(DRAFT, data=data).location.endswith("/preview")
    answer = phone.get(f"{HOME}preview")
    page = text(answer)
    assert answer.status_code == 422
    assert "请上传“录取通知书或调档函”" in page
    assert "2027-07-01" in page
    assert 'value="明年"' in answer.get_data(as_text=True)
    draft = draft_of(cast.student.id)
    answer = phone.post(f"{HOME}submit?draft={draft.id}&version={draft.version}")
    assert answer.location.endswith("/preview")
    assert draft_of(cast.student.id) is not None


@pytest.mark.rule("DST-01")
def test_saved_half_filled_it_is_there_the_next_day(cast, phone):
    phone.post(f"{HOME}begin", data={"kind": "SX_YJS"})
    data = {**hidden(phone.get(DRAFT)), "f_school": "武汉大学", "f_place": "武汉", "then": "later"}
    assert phone.post(DRAFT, data=data).location == HOME
    page = phone.get(HOME)
    assert "尚未提交：研究生" in text(page)
    form = phone.get(DRAFT).get_data(as_text=True)
    assert 'value="武汉大学"' in form
    assert 'value="武汉"' in form
    key = hidden(phone.get(DRAFT))["draft"]
    phone.post(f"{HOME}discard?draft={key}")
    assert "你还没有登记" in text(phone.get(HOME))


@pytest.mark.rule("DST-01")
def test_of_two_windows_the_second_is_told_and_nothing_is_overwritten(cast, phone):
    phone.post(f"{HOME}begin", data={"kind": "SX_YJS"})
    first, second = form_of(phone), form_of(phone, f_school="另一大学")
    assert phone.post(DRAFT, data=first).status_code == 303
    answer = phone.post(DRAFT, data=second)
    assert answer.status_code == 409
    assert "另一个窗口" in text(answer)
    assert 'value="另一大学"' in answer.get_data(as_text=True)
    assert draft_of(cast.student.id).values["school"] == "华中科技大学"
    draft = draft_of(cast.student.id)
    attach_proof(draft, "admission")
    assert "preview" in phone.post(f"{HOME}submit?draft={draft.id}&version=1").location or True
    assert draft_of(cast.student.id) is not None


@pytest.mark.rule("DOC-05", "ACC-02")
def test_proofs_are_added_removed_counted_and_read_by_nobody_else(cast, phone, visit):
    draft = begin(actor(cast.student), "SX_YJS")
    assert send_file(phone, draft.id).status_code == 303
    url = f"/files/{db.session.query(DestinationFile).one().attachment.uid}"
    assert phone.get(f"{url}/view").status_code == 200
    others = [
        cast.officer,
        cast.college_officer,
        cast.other_officer,
        account(cast.classmate),
        account(cast.employer),
    ]
    assert {visit(user).get(url).status_code for user in others} == {404}  # a draft is nobody's yet
    assert {visit(user).post(f"{url}/remove").status_code for user in others} == {404}
    for _n in range(3):
        send_file(phone, draft.id)
    assert db.session.query(DestinationFile).count() == 3
    assert "录取.jpg" in text(phone.get(DRAFT))
    phone.post(f"{url}/remove")
    assert db.session.query(DestinationFile).count() == 2
    assert db.session.query(Attachment).filter_by(record_kind="destination").count() == 2
    assert phone.get(url).status_code == 404


@pytest.mark.rule("DOC-05")
def test_a_submitted_proof_is_read_by_the_own_reviewers_only(cast, phone, visit):
    draft = begin(actor(cast.student), "NSX")
    send_file(phone, draft.id, "note")
    url = f"/files/{db.session.query(DestinationFile).one().attachment.uid}"
    draft = draft_of(cast.student.id)
    phone.post(
        f"{HOME}submit?draft={draft.id}&version={draft.version}",
        data={"code": code_of(phone, draft)},
    )
    seen = {
        user.username: visit(user).get(url).status_code
        for user in (
            cast.officer,
            cast.college_officer,
            cast.other_officer,
            cast.other_college_officer,
            account(cast.classmate),
        )
    }
    assert [seen["officer"], seen["college"], seen["officer2"], seen["college2"]] == [
        200,
        200,
        404,
        404,
    ]


def test_a_broken_file_is_refused_by_name_and_the_rest_is_kept(cast, phone):
    phone.post(f"{HOME}begin", data={"kind": "SX_YJS"})
    phone.post(DRAFT, data=form_of(phone))
    key = draft_of(cast.student.id).id
    send_file(phone, key, file=(io.BytesIO(b"%PDF-nonsense"), "通知书.pdf"))
    assert "通知书.pdf" in text(phone.get(DRAFT))
    assert draft_of(cast.student.id).values["school"] == "华中科技大学"
    assert db.session.query(DestinationFile).count() == 0
    assert send_file(phone, key, "nix").status_code == 404


@pytest.mark.rule("DST-02", "DST-03")
def test_the_page_of_a_record_has_the_right_button_for_its_state(cast, phone):
    placement = registered(cast.student)
    page = phone.get(f"{HOME}{placement.id}").get_data(as_text=True)
    assert "/leave" not in page
    assert "/again" not in page
    PLACEMENTS.perform("refuse", placement.id, actor(cast.officer), reason="看不清楚")
    page = phone.get(f"{HOME}{placement.id}").get_data(as_text=True)
    assert "/again" in page
    assert "看不清楚" in page
    assert phone.post(f"{HOME}{placement.id}/again").location.endswith("/draft")
    draft = draft_of(cast.student.id)
    url, code = f"{HOME}submit?draft={draft.id}&version={draft.version}", code_of(phone, draft)
    second = phone.post(url, data={"code": code}).location
    page = phone.get(f"{HOME}{placement.id}").get_data(as_text=True)
    assert (
        "disabled" in page
    )  # another is under review: correcting is greyed, with the sentence why
    key = int(second.rpartition("/")[2])
    attest(db.session.get(Placement, key), cast.officer)
    assert f"/{key}/leave" in phone.get(second).get_data(as_text=True)


@pytest.mark.rule("DST-03", "TRM-06")
def test_leaving_with_a_reason_and_a_photo_then_approved(cast, phone):
    placement = attest(registered(cast.student), cast.officer)
    url = f"{HOME}{placement.id}/leave"
    assert phone.get(url).status_code == 200
    answer = phone.post(url, data={"reason": "放弃入学，另行就业"})
    assert answer.status_code == 422
    assert "放弃入学，另行就业" in text(answer)
    data = {"reason": "放弃入学，另行就业", "files": picture()}
    answer = phone.post(url, data=data, content_type="multipart/form-data")
    assert "验证码" in text(answer)
    code = code_for(phone, f"/acts/termination/{placement.id}/apply_with_proof/code")
    data = {"reason": "放弃入学，另行就业", "files": picture(), "code": code}
    answer = phone.post(url, data=data, content_type="multipart/form-data")
    assert answer.location == f"{HOME}{placement.id}"
    page = text(phone.get(f"{HOME}{placement.id}"))
    assert "放弃入学，另行就业" in page
    assert "申请解除" in page  # greyed, with the sentence why
    assert phone.get(url).status_code == 303
    ending = latest(placement.id)
    assert phone.get(f"/terminations/{ending.id}").location == f"{HOME}{placement.id}"
    TERMINATIONS.perform("approve", ending.id, actor(cast.officer))
    assert "登记已解除" in text(phone.get(f"{HOME}{placement.id}"))
    assert "华中科技大学" not in text(phone.get("/my/terminations/"))


@pytest.mark.rule("INV-19", "DST-01")
def test_beside_a_signing_the_button_is_greyed_with_the_sentence_why(cast, visit):
    accept(invite(cast.employer, cast.student)[0])
    phone = visit(account(cast.student))
    page = phone.get(HOME)
    assert "星光集团有限公司" in text(page)
    assert "disabled" in page.get_data(as_text=True)
    answer = phone.post(f"{HOME}begin", data={"kind": "CG"}, follow_redirects=True)
    assert "星光集团有限公司" in text(answer)


@pytest.mark.rule("ACC-02")
def test_hand_made_forms_find_nothing_of_others(cast, phone):
    theirs = filled(cast.classmate)
    far = destination(cast.stranger)
    assert phone.post(f"{HOME}submit?draft={theirs.id}&version={theirs.version}").status_code == 404
    assert phone.post(f"{HOME}discard?draft={theirs.id}").status_code == 404
    assert phone.get(f"{HOME}{far.id}").status_code == 404
    begin(actor(cast.student), "SX_YJS")
    mine = draft_of(cast.student.id)
    for data in ({"draft": theirs.id, "version": 1}, {"draft": "9" * 30, "version": "x"}, {}):
        assert phone.post(DRAFT, data=data).status_code == 404
    assert send_file(phone, theirs.id).status_code == 404
    assert send_file(phone, mine.id, "contract").status_code == 404
    assert phone.post(f"{HOME}begin", data={"kind": "\x00"}).status_code in (400, 404)


@pytest.mark.parametrize(
    "value", ["长" * 10_000, "<script>alert(1)</script>", "𠮷·㛃䶮", "\u202e倒", "'; --"]
)
def test_no_value_breaks_the_form(cast, phone, value):
    phone.post(f"{HOME}begin", data={"kind": "SX_YJS"})
    data = {key: value for key in form_of(phone) if key.startswith("f_")}
    answer = phone.post(DRAFT, data={**data, **hidden(phone.get(DRAFT)), "then": "preview"})
    assert answer.status_code in (303, 409)
    page = phone.get(f"{HOME}preview")
    assert page.status_code == 422
    assert "<script>alert" not in page.get_data(as_text=True)
