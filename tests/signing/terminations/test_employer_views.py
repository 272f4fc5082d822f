"""The employer's 解约办理: both tabs, every filter, the export, every button, hostile files."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest

from app.core.db import db
from app.core.registry import stores
from app.files.documents import attaching
from app.files.documents.models import Attachment, Document
from app.signing.placements.tasks import make_agreement
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.models import Termination
from app.signing.terminations.tasks import make_letter
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow import trail
from tests.downloads import as_csv
from tests.factories import (
    accept,
    account,
    actor,
    attest,
    code_for,
    invite,
    make_student,
    pass_time,
    terminate,
)
from tests.files.documents.hostile import REFUSED, picture
from tests.previews import fetched
from tests.stores import otherwise

BASE = "/employer/terminations"


@pytest.fixture
def signed(cast):
    """The student's signing, in force."""
    return attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)


@pytest.fixture
def browser(cast, visit, signed):
    return visit(account(cast.employer))


def page(browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def names(browser, query: str) -> set[str]:
    return set(re.findall(r"<td class=t><a[^>]*>([^<]+)<", page(browser, f"{BASE}/list/?{query}")))


def ended(cast, placement) -> Termination:
    """The signing terminated on the student's application."""
    found = terminate(placement)
    TERMINATIONS.perform("agree", found.id, actor(cast.employer), agreed=True)
    return TERMINATIONS.perform("approve", found.id, actor(cast.officer))


# -- applying (TRM-02) -------------------------------------------------------------------------


@pytest.mark.rule("TRM-02", "TRM-07")
def test_the_employer_applies_once_with_tick_and_reason(cast, browser, signed):
    seen = page(browser, f"{BASE}/show/{signed.id}")
    assert "解约须知" in seen
    assert 'data-qq-action="request"' in seen
    assert "data-qq-tick" in seen
    assert "data-qq-confirm" in seen
    url = f"{BASE}/{signed.id}/request"
    code = {"code": code_for(browser, f"/acts/termination/{signed.id}/request/code")}
    for form in ({"reason": "岗位撤销"}, {"agreed": "1"}, {"agreed": "1", "reason": "长" * 201}):
        assert browser.post(url, data={**form, **code}).status_code == 303
    assert db.session.query(Termination).count() == 0
    browser.post(url, data={"reason": "长" * 200, "agreed": "1"})
    assert db.session.query(Termination).count() == 0  # no code, no act
    for _click in range(2):
        browser.post(url, data={"reason": "长" * 200, "agreed": "1", **code})
    [found] = db.session.query(Termination).all()
    assert (found.state, found.started_by, found.reason) == ("requested", "employer", "长" * 200)
    assert len([row for row in trail.of("termination", found.id) if row.step == "request"]) == 1
    seen = page(browser, f"{BASE}/show/{signed.id}")
    assert 'data-qq-action="agree"' not in seen  # nobody answers what he asked himself
    assert 'data-qq-action="request"' not in seen


@pytest.mark.rule("TRM-05", "TRM-07", "INV-19")
def test_applying_is_greyed_with_the_sentence_once_the_chance_is_used_up(cast, visit, signed):
    ended(cast, signed)
    second = attest(accept(invite(cast.rival, cast.student)[0]), cast.officer)
    browser = visit(account(cast.rival))
    seen = page(browser, f"{BASE}/show/{second.id}")
    assert 'data-qq-action="request"' not in seen
    assert "解约机会已用完" in seen
    browser.post(f"{BASE}/{second.id}/request", data={"reason": "撤销", "agreed": "1"})
    assert db.session.query(Termination).filter_by(placement_id=second.id).count() == 0


# -- answering (TRM-03, TRM-09) ----------------------------------------------------------------


@pytest.mark.rule("TRM-03")
def test_agreeing_needs_the_tick_and_happens_once(cast, browser, signed):
    found = terminate(signed)
    url = f"{BASE}/{found.id}/agree"
    code = code_for(browser, f"/acts/termination/{found.id}/agree/code")
    for missing in ({"code": code}, {"agreed": "1"}):
        browser.post(url, data=missing)
        assert found.state == "requested"
    for _click in range(2):
        assert browser.post(url, data={"agreed": "1", "code": code}).status_code == 303
    assert found.state == "awaiting_school"
    assert [row.step for row in trail.of("termination", found.id)] == ["request", "agree"]


@pytest.mark.rule("TRM-09", "INV-19")
def test_refusing_says_why_and_opens_the_way_to_mediation(cast, browser, signed):
    found = terminate(signed, reason="已考取研究生")
    seen = page(browser, f"{BASE}/show/{signed.id}")
    assert "data-qq-countdown" in seen
    assert re.search(r'id="do-ask_mediation" disabled', seen)  # the other side has time to answer
    browser.post(f"{BASE}/{found.id}/ask_mediation", data={"reason": "请调解"})
    assert found.state == "requested"
    code = code_for(browser, f"/acts/termination/{found.id}/decline/code")
    browser.post(f"{BASE}/{found.id}/decline", data={"code": code})
    assert found.state == "requested"  # without a reason
    browser.post(f"{BASE}/{found.id}/decline", data={"reason": "项目离不开", "code": code})
    assert found.state == "declined"
    seen = page(browser, f"{BASE}/show/{signed.id}")
    assert "项目离不开" in seen
    assert "data-qq-countdown" not in seen  # it has been answered
    assert "处理期限" not in seen
    assert "双方协商一致" not in seen  # nobody has agreed to anything
    for _click in range(2):
        browser.post(f"{BASE}/{found.id}/ask_mediation", data={"reason": "请调解"})
    assert found.state == "mediation"
    steps = [row.step for row in trail.of("termination", found.id)]
    assert steps == ["request", "decline", "ask_mediation"]


@pytest.mark.rule("TRM-09")
def test_silence_of_ten_working_days_opens_mediation_for_either_side(cast, visit, signed):
    found = terminate(signed, cast.employer, "岗位撤销")
    pass_time(days=20)
    browser = visit(account(cast.employer))
    assert 'data-qq-action="ask_mediation"' in page(browser, f"{BASE}/show/{signed.id}")
    browser.post(f"{BASE}/{found.id}/ask_mediation", data={"reason": "学生没有答复"})
    assert found.state == "mediation"


@pytest.mark.rule("ACC-02", "ACC-10")
@pytest.mark.parametrize(
    "step", ["approve", "refuse", "close", "review_one_sided", "overtake", "x"]
)
def test_no_step_of_the_school_is_the_employers(browser, signed, step):
    found = terminate(signed)
    before = found.state
    answer = browser.post(f"{BASE}/{found.id}/{step}", data={"agreed": "1", "reason": "x"})
    assert answer.status_code == 404
    assert found.state == before


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize("key", ["999999", "99999999999999999999", "-1", "x"])
def test_what_is_not_there_answers_404(browser, key):
    for path in (f"{BASE}/show/{key}", f"/terminations/{key}", f"/terminations/{key}.pdf"):
        assert browser.get(path).status_code == 404
    for step in ("request", "agree", "evidence"):
        assert browser.post(f"{BASE}/{key}/{step}").status_code == 404


# -- evidence (DOC-05, TRM-09) -----------------------------------------------------------------


def add(browser, found, *files):
    return browser.post(f"{BASE}/{found.id}/evidence", data={"files": list(files)})


def count(found) -> int:
    return (
        db.session.query(Attachment)
        .filter_by(record_kind="termination", record_id=found.id)
        .count()
    )


@pytest.mark.rule("DOC-05", "TRM-09")
@pytest.mark.parametrize(
    "name",
    [
        "an empty file",
        "a web page",
        "a program with the head of a JPEG",
        "a PDF with a script",
        "a PDF with a password",
        "a picture of 900 million pixels",
    ],
)
def test_a_hostile_file_is_refused_with_a_sentence_and_the_good_one_beside_it_is_kept(
    browser, signed, name
):
    found = terminate(signed)
    bad, _sentence = REFUSED[name]
    good = (io.BytesIO(picture()), "../../证明.jpg")
    answer = add(browser, found, (io.BytesIO(bad), "坏<b>文件.jpg"), good)
    seen = page(browser, answer.location)
    assert "坏&lt;b&gt;文件.jpg: " in seen
    assert count(found) == 1
    kept = db.session.query(Attachment).filter_by(record_id=found.id).one()
    assert kept.original_name == "证明.jpg"
    answer = browser.get(f"/files/{kept.uid}")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.rule("TRM-09")
def test_files_end_with_the_tenth_and_with_the_review(cast, browser, signed):
    found = terminate(signed)
    few = replace(stores().file_kinds["termination"], most=2)
    with otherwise(file_kinds={"termination": few}):
        answer = add(browser, found, *((io.BytesIO(picture()), f"{n}.jpg") for n in range(3)))
    assert "最多 2 个文件" in page(browser, answer.location)
    assert count(found) == 2
    code = code_for(browser, f"/acts/termination/{found.id}/agree/code")
    browser.post(f"{BASE}/{found.id}/agree", data={"agreed": "1", "code": code})
    answer = add(browser, found, (io.BytesIO(picture()), "late.jpg"))
    assert "不能再" in page(browser, answer.location)
    assert count(found) == 2


@pytest.mark.rule("TRM-09", "GRD-06")
def test_a_file_that_was_still_being_decoded_when_the_review_began_is_not_kept(
    cast, browser, signed, monkeypatch
):
    found, real = terminate(signed), attaching.accept_upload

    def slow(*args, **options):
        TERMINATIONS.perform("agree", found.id, actor(cast.employer), agreed=True)
        return real(*args, **options)

    monkeypatch.setattr(attaching, "accept_upload", slow)
    add(browser, found, (io.BytesIO(picture()), "a.jpg"))
    assert found.state == "awaiting_school"
    assert count(found) == 0


@pytest.mark.rule("DOC-05")
def test_who_uploads_without_end_is_stopped(browser, signed, monkeypatch):
    found = terminate(signed)
    monkeypatch.setattr(attaching.Limit, "take", lambda _limit, *_who: False)
    answer = add(browser, found, (io.BytesIO(picture()), "a.jpg"))
    assert "请一小时后再试" in page(browser, answer.location)
    assert count(found) == 0


# -- the list (TRM-07) -------------------------------------------------------------------------


@pytest.mark.rule("TRM-07")
def test_each_tab_holds_its_own(cast, visit, signed):
    other = attest(accept(invite(cast.employer, cast.classmate)[0]), cast.officer)
    browser = visit(account(cast.employer))
    assert names(browser, "tab=asked") == set()
    terminate(signed)
    terminate(other, cast.employer, "岗位撤销")
    assert names(browser, "tab=asked") == {"黄河水"}
    assert names(browser, "tab=signed") == {"黄河水", "李静"}


@pytest.mark.rule("TRM-07")
def test_every_filter_narrows_and_refuses_what_it_does_not_know(cast, visit, signed):
    pass_time(days=70)
    later = make_student(cast.other_college, "赵敏", graduation_year=2028)
    attest(accept(invite(cast.employer, later)[0]), cast.officer)
    browser = visit(account(cast.employer))
    months = re.findall(r"<option[^>]*>(\d{4}-\d\d)", page(browser, f"{BASE}/list/?tab=signed"))
    last, first = months[0], months[1]
    assert last > first
    for query, expected in (
        (f"f_major={later.major_id}", {"赵敏"}),
        ("f_year=2027", {"黄河水"}),
        (f"f_school={cast.school.id}", {"黄河水", "赵敏"}),
        (f"f_invited_from={last}", {"赵敏"}),
        (f"f_invited_to={first}", {"黄河水"}),
        (f"f_invited_from={first}&f_invited_to={last}", {"黄河水", "赵敏"}),
        ("q=河水", {"黄河水"}),
    ):
        assert names(browser, f"tab=signed&{query}") == expected, query
    for odd in (
        "f_invited_from=2020-13",
        "f_invited_to=x",
        "f_state=x",
        "f_major=0",
        "f_x=1",
        "tab=x",
        "x=00",
    ):
        assert browser.get(f"{BASE}/list/?{odd}").status_code == 400, odd


@pytest.mark.rule("TRM-07")
def test_the_state_filter_finds_what_the_rows_show(cast, browser, signed):
    first = terminate(signed)
    TERMINATIONS.perform("agree", first.id, actor(cast.employer), agreed=True)
    TERMINATIONS.perform("refuse", first.id, actor(cast.officer), reason="证据不足")
    assert names(browser, "tab=signed&f_state=refused") == {"黄河水"}
    terminate(signed)
    assert names(browser, "tab=signed&f_state=refused") == set()
    assert names(browser, "tab=signed&f_state=requested") == {"黄河水"}


@pytest.mark.rule("TRM-07", "ACC-03")
def test_a_number_is_searched_without_standing_in_an_address(cast, browser, signed):
    number = cast.student.id_number
    answer = browser.post(f"{BASE}/search", data={"q": number, "tab": "signed"})
    assert number not in answer.location
    assert "黄河水" in page(browser, answer.location)
    assert browser.get(f"{BASE}/list/?q={number}").status_code == 400


@pytest.mark.rule("TRM-07", "BLK-01")
def test_the_export_is_narrowed_masked_and_harmless(cast, visit, signed):
    evil = make_student(cast.college, '=HYPERLINK("http://x","y")')
    attest(accept(invite(cast.employer, evil, position="@SUM(A1)")[0]), cast.officer)
    browser = visit(account(cast.employer))
    answer = as_csv(browser, "EmployerTerminationsView", "tab=signed")
    sheet = answer.get_data(as_text=True)
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(sheet.removeprefix("\ufeff"))))
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert cast.student.id_number_masked not in sheet
    assert cast.student.id_number not in sheet
    assert "/exports/" not in page(browser, f"{BASE}/list/?tab=asked")


@pytest.mark.rule("TRM-07")
def test_the_list_costs_the_same_however_many_rows_it_has(cast, visit, query_count):
    def fill(many):
        for _one in range(many):
            student = make_student(cast.college)
            terminate(attest(accept(invite(cast.employer, student)[0]), cast.officer))

    def cost():
        browser = visit(account(cast.employer))
        browser.get(f"{BASE}/list/?tab=asked")
        db.session.expire_all()
        with query_count() as seen:
            assert browser.get(f"{BASE}/list/?tab=asked").status_code == 200
        return seen.n

    fill(2)
    few = cost()
    fill(6)
    assert cost() <= few <= 20


@pytest.mark.rule("ACC-02", "ACC-10")
@pytest.mark.parametrize(
    "who", ["officer", "college_officer", "province", "data", "admin", "student"]
)
def test_nobody_else_has_these_pages(cast, visit, signed, who):
    user = account(cast.student) if who == "student" else getattr(cast, who)
    stranger = visit(user)
    for path in ("/list/", f"/show/{signed.id}"):
        assert stranger.get(BASE + path).status_code in (302, 403, 404), path
    assert stranger.post(
        f"{BASE}/{signed.id}/request", data={"agreed": "1", "reason": "x"}
    ).status_code in (403, 404)
    assert db.session.query(Termination).count() == 0


# -- documents (DOC-02, DOC-04) ----------------------------------------------------------------


def words(answer) -> list[str]:
    from pypdf import PdfReader

    assert answer.status_code == 200
    return ["".join(p.extract_text().split()) for p in PdfReader(io.BytesIO(answer.data)).pages]


def code_of(kind: str, record_id: int) -> Document:
    rows = db.session.query(Document).filter_by(kind=kind, record_id=record_id)
    return rows.order_by(Document.id.desc()).first()


@pytest.mark.rule("DOC-02", "DOC-04", "TRM-04")
def test_after_the_end_the_agreement_is_void_on_every_page_and_both_codes_answer(
    cast, visit, browser, client, signed
):
    make_agreement(signed.id)
    found = ended(cast, signed)
    make_letter(found.id)
    seen = page(browser, f"{BASE}/show/{signed.id}")
    assert f"/terminations/{found.id}.pdf" in seen
    assert f"/agreements/{signed.id}.pdf" in seen
    pages = words(fetched(browser, f"/agreements/{signed.id}.pdf"))
    assert len(pages) > 1
    assert all("本文件已失效" in text for text in pages)
    assert not any("生效后方可核验" in text for text in pages)
    for who, status in (
        ("student", 200),
        ("employer", 200),
        ("officer", 200),
        ("college_officer", 200),
        ("classmate", 404),
        ("rival", 404),
        ("other_officer", 404),
        ("other_college_officer", 404),
        ("admin", 403),
    ):
        record = getattr(cast, who)
        user = record if hasattr(record, "username") else account(record)
        assert visit(user).get(f"/terminations/{found.id}.pdf").status_code == status, who
    old = page(client, f"/v/{code_of('agreement', signed.id).code}")
    assert "已失效" in old
    letter = page(client, f"/v/{code_of('termination_letter', found.id).code}")
    for expected in ("解约函", "已解约", signed.agreement_no, "黄*水", "星光集团有限公司"):
        assert expected in letter
    assert "黄河水" not in letter


@pytest.mark.rule("DOC-04", "AGR-08")
def test_a_withdrawn_review_leaves_a_preview_and_a_void_code(cast, browser, client, signed):
    make_agreement(signed.id)
    code = code_of("agreement", signed.id).code
    PLACEMENTS.perform("reopen", signed.id, actor(cast.officer), reason="材料有误")
    assert all(
        "本文件未生效" in text for text in words(fetched(browser, f"/agreements/{signed.id}.pdf"))
    )
    assert "已失效" in page(client, f"/v/{code}")


@pytest.mark.rule("DOC-02", "DOC-04")
def test_the_letter_of_an_undone_approval_is_void_and_no_longer_given_out(
    cast, browser, client, signed
):
    found = ended(cast, signed)
    make_letter(found.id)
    code = code_of("termination_letter", found.id).code
    TERMINATIONS.perform("undo", found.id, actor(cast.officer))
    assert browser.get(f"/terminations/{found.id}.pdf").status_code == 404
    seen = page(client, f"/v/{code}")
    assert "本解约函已作废" in seen
    assert "解约日期" not in seen
    assert "没有核验码" in page(client, "/v/ABCDEFGH2345")
