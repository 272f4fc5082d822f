"""The student's pages: the button and why it is grey, the draft, the preview, generating, the record."""

from __future__ import annotations

import re

import pytest

from app.accounts.queries import actor_of
from app.core.db import db
from app.signing.offline.models import Entry
from app.signing.offline.queries import entry_of
from app.signing.placements.models import Placement
from app.signing.placements.workflow import PLACEMENTS
from tests import factories as make
from tests.previews import fetched
from tests.signing.offline.paper import approved, generated, photo, saved, whole

ENTRY = "/my/offline/entry"


@pytest.fixture
def browser(cast, visit):
    return visit(make.account(cast.student))


def hidden(page: str) -> dict[str, str]:
    """The counters of the form, as the page carries them."""
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', page).group(1)
        for name in ("version", "writer")
    }


def post(browser, do: str, **changes):
    page = browser.get(ENTRY).text
    return browser.post(ENTRY, data=whole(**changes) | hidden(page) | {"do": do})


@pytest.mark.rule("OFF-01")
def test_a_half_filled_form_is_saved_as_it_is_and_continued(cast, browser):
    page = browser.get(ENTRY).text
    typed = hidden(page) | {"do": "later", "position": "教师", "regular_pay": "很多", "sex": "1"}
    assert browser.post(ENTRY, data=typed).status_code == 303
    assert "继续填写协议书" in browser.get("/my/offline/").text
    again = browser.get(ENTRY).text
    assert 'value="教师"' in again
    assert 'value="很多"' in again
    assert "sex" not in entry_of(cast.student.id).values


@pytest.mark.rule("OFF-01")
def test_the_page_saves_by_itself_and_an_old_saving_is_dropped(cast, browser):
    now = hidden(browser.get(ENTRY).text)
    answer = browser.post(f"{ENTRY}/save", data=now | {"position": "教师"})
    assert answer.json["version"] == int(now["version"]) + 1
    late = browser.post(f"{ENTRY}/save", data=now | {"position": "旧"})
    assert late.status_code == 409
    assert late.json["error"]
    assert entry_of(cast.student.id).values["position"] == "教师"


@pytest.mark.rule("OFF-01")
def test_another_window_is_said_and_nothing_typed_is_lost(browser):
    old = hidden(browser.get(ENTRY).text)
    post(browser, "save", position="甲")
    answer = browser.post(ENTRY, data=whole(position="乙") | old | {"do": "save"})
    assert answer.status_code == 422
    assert "另一个窗口" in answer.text
    assert 'value="乙"' in answer.text
    again = browser.post(ENTRY, data=whole(position="乙") | hidden(answer.text) | {"do": "save"})
    assert again.status_code == 303


@pytest.mark.rule("OFF-02", "INV-05")
def test_the_preview_asks_for_everything_with_the_same_checks_as_a_letter(browser):
    answer = post(
        browser,
        "preview",
        employer_credit_code="123",
        probation_days="999",
        archive_receiver="UNIT",
        report_by="2020-01-01",
        employer_postcode="1",
    )
    assert answer.status_code == 422
    for field in (
        "employer_credit_code",
        "probation_days",
        "archive_to",
        "report_by",
        "employer_postcode",
    ):
        assert f'id="{field}-error"' in answer.text


@pytest.mark.rule("DOC-06", "OFF-02")
def test_a_character_that_no_font_has_is_named_beside_its_field(browser):
    answer = post(browser, "preview", employer_name="江城😀面馆", contact_name="张\U00030001")
    assert answer.status_code == 422
    assert "😀" in re.search(r'id="employer_name-error">([^<]*)', answer.text).group(1)
    assert "U+30001" in re.search(r'id="contact_name-error">([^<]*)', answer.text).group(1)


@pytest.mark.rule("OFF-02", "DOC-01")
def test_from_the_preview_to_the_record_once(cast, browser):
    assert post(browser, "preview").headers["Location"].endswith("/my/offline/preview")
    page = browser.get("/my/offline/preview").text
    assert "江城钢铁厂" in page
    pdf = fetched(browser, "/my/offline/preview.pdf")
    assert pdf.mimetype == "application/pdf"
    url = re.search(r'data-qq-url="([^"]*generate[^"]*)"', page).group(1)
    assert "确定现在生成吗" in page
    assert "已核对预览内容" in page
    assert browser.post(url).headers["Location"].endswith("/preview")  # without the tick
    entry = db.session.query(Entry).filter_by(student_id=cast.student.id).one()
    assert browser.post(url, data={"agreed": "1"}).headers["Location"].endswith("/preview")
    code = make.code_for(browser, f"/acts/placement/{entry.id}/generate/code")
    seen = {
        browser.post(url, data={"agreed": "1", "code": code}).headers["Location"] for _n in range(3)
    }
    found = db.session.query(Placement).filter_by(student_id=cast.student.id).one()
    assert seen == {f"/my/offline/{found.id}"}
    assert "等待学校审核" in browser.get(seen.pop()).text


@pytest.mark.rule("INV-19", "OFF-01")
def test_the_greyed_button_says_why_and_the_form_does_not_open(cast, browser):
    generated(cast.student)
    page = browser.get("/my/offline/").text
    assert "disabled" in page
    assert "线下签约正在办理" in page
    assert browser.get(ENTRY).headers["Location"].endswith("/my/offline/")
    assert browser.post(f"{ENTRY}/save", data={"position": "x"}).status_code == 409


@pytest.mark.rule("OFF-07")
def test_a_known_employer_is_filled_in(cast, browser):
    post(browser, "lookup", employer_credit_code=cast.rival.credit_code, employer_name="x")
    page = browser.get(ENTRY).text
    assert f'value="{cast.rival.name}"' in page
    assert "已登记" in page
    assert "13800000000" not in page


@pytest.mark.rule("OFF-04", "OFF-05", "OFF-06")
def test_the_record_takes_photos_and_hands_them_in(cast, browser):
    paper = approved(cast.student, cast.officer)
    url = f"/my/offline/{paper.id}"
    page = browser.get(url).text
    assert paper.agreement_no in page
    assert "请先上传盖章协议书" in page
    files = [(photo(), "第1页.jpg"), (photo("black"), "第2页.png"), (photo(), "")]
    assert browser.post(f"{url}/files", data={"files": files}).status_code == 303
    page = browser.get(url).text
    first, _second = dict.fromkeys(re.findall(r'href="(/files/\w+)/view"', page))
    assert browser.get(f"{first}/view").mimetype == "image/jpeg"
    assert "%E7%AC%AC1%E9%A1%B5.jpg" in browser.get(first).headers["Content-Disposition"]
    browser.post(f"{first}/remove")
    assert len(set(re.findall(r"/files/(\w+)/view", browser.get(url).text))) == 1
    browser.post(f"{url}/hand_in")
    assert db.session.get(Placement, paper.id).state == "awaiting_scan"
    code = make.code_for(browser, f"/acts/placement/{paper.id}/hand_in/code")
    assert browser.post(f"{url}/hand_in", data={"code": code}).status_code == 303
    assert db.session.get(Placement, paper.id).state == "awaiting_school"


@pytest.mark.rule("ACC-02")
def test_an_online_signing_has_no_such_page(cast, visit):
    online = make.accept(make.invite(cast.employer, cast.student)[0])
    browser = visit(make.account(cast.student))
    assert browser.get(f"/my/offline/{online.id}").status_code == 404
    for part in ("files", "link", "hand_in"):
        assert browser.post(f"/my/offline/{online.id}/{part}").status_code == 404


@pytest.mark.rule("OFF-02")
@pytest.mark.parametrize("value", ["", "-1", "9" * 40, "１", "x\u200b"])
def test_no_version_and_no_bytes_break_the_form(browser, value):
    data = {"version": value, "writer": value, "do": value, "position": "\u200b\u202e教\ud7ff"}
    assert browser.post(ENTRY, data=data).status_code in (303, 422)
    assert browser.post(f"{ENTRY}/save", data=data).status_code in (200, 409)
    assert browser.post("/my/offline/generate?version=" + value).status_code == 303


@pytest.mark.rule("TRM-06", "TRM-08")
def test_undoing_a_paper_signing_takes_a_reason_and_a_proof(cast, browser):
    from app.signing.offline.evidence import add_scan
    from app.signing.terminations.models import Termination

    paper = approved(cast.student, cast.officer)
    add_scan(paper.id, make.actor(cast.student), "a.jpg", photo())
    PLACEMENTS.perform("hand_in", paper.id, make.actor(cast.student))
    PLACEMENTS.perform("attest", paper.id, actor_of(cast.officer))
    url = f"/my/terminations/signing/{paper.id}"
    assert 'enctype="multipart/form-data"' in browser.get(url).text
    for data in ({"reason": "搬家"}, {"files": (photo(), "证明.jpg")}):
        answer = browser.post(f"{url}/proof", data=data)
        assert answer.status_code == 422
        assert data.get("reason", "") in answer.text
    code = make.code_for(browser, f"/acts/termination/{paper.id}/apply_with_proof/code")
    data = {"reason": "搬家", "files": (photo(), "证明.jpg"), "code": code}
    done = browser.post(f"{url}/proof", data=data)
    assert done.status_code == 303
    found = db.session.query(Termination).filter_by(placement_id=paper.id).one()
    assert (found.way, found.state) == ("proof", "awaiting_school")
    assert "证明.jpg" in browser.get(url).text


@pytest.mark.rule("INV-22")
def test_home_leads_to_the_paper_signing(cast, browser):
    paper = generated(cast.student)
    page = browser.get("/my/").text
    assert f"/my/offline/{paper.id}" in page
    assert "协议书审核" in page


@pytest.mark.rule("OFF-01")
def test_a_draft_survives_another_signing(cast, browser):
    saved(cast.student, position="教师")
    make.accept(make.invite(cast.employer, cast.student)[0])
    assert browser.get(ENTRY).status_code == 302
    assert entry_of(cast.student.id).values["position"] == "教师"
