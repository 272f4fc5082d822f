"""The employer's home, its data desk, the export and the detail."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import db
from app.core.text import mask_all_but_end
from app.files.documents.models import Document
from app.people.students.workflow import restrict
from app.signing.invitations.models import Candidate, Invitation
from app.signing.invitations.notices import reach_of_students
from app.signing.invitations.workflow import INVITATIONS
from app.signing.terms.models import Terms
from app.workflow.actor import SYSTEM
from tests.downloads import as_csv
from tests.factories import (
    accept,
    account,
    actor,
    attest,
    code_for,
    invite,
    make_candidate,
    make_student,
    offer,
    pass_time,
    typed,
)

LIST = "/employer/invitations/list/"


class Again:
    """Signs in anew for each request, since tests let hours pass."""

    def __init__(self, visit, record):
        self.visit, self.record = visit, record

    def get(self, path):
        return self.visit(account(self.record)).get(path)

    def post(self, path, **more):
        return self.visit(account(self.record)).post(path, **more)


@pytest.fixture
def browser(cast, visit):
    return Again(visit, cast.employer)


@pytest.mark.rule("INV-21")
def test_home_counts_what_waits_for_whom(cast, browser):
    invite(cast.employer, cast.classmate)
    [first] = invite(cast.employer, cast.student)
    accept(first)
    invite(cast.rival, cast.neighbour)
    page = browser.get("/employer/").text
    assert cast.employer.credit_code in page
    waiting, attesting, terminations = [
        part.split("<strong>")[1].split("</strong>")[0] for part in page.split("qq-stat-label")[1:]
    ]
    assert (waiting, attesting, terminations) == ("1", "1", "0")
    assert "/employer/signings/" in page  # the notice of the acceptance


@pytest.mark.rule("INV-18")
def test_each_tab_holds_its_own(cast, browser):
    [_open_one] = invite(cast.employer, cast.classmate)
    [taken] = invite(cast.employer, cast.student)
    accept(taken)
    [gone] = invite(cast.employer, cast.neighbour)
    INVITATIONS.perform("decline", gone.id, actor(cast.neighbour), reason="已有安排")
    for tab, name in (("", "李静"), ("?tab=answered", "黄河水"), ("?tab=ended", "王强")):
        page = browser.get(LIST + tab).text
        found = [n for n in ("李静", "黄河水", "王强") if f">{n}<" in page]
        assert found == [name], tab


@pytest.mark.rule("INV-18", "INV-11")
def test_an_overdue_invitation_stands_with_the_expired_before_any_worker_ran(cast, browser):
    invite(cast.employer, cast.student, reply_days=1)
    pass_time(days=3)
    assert "黄河水" not in browser.get(LIST).text
    page = browser.get(LIST + "?tab=ended").text
    assert "黄河水" in page
    assert "qq-chip-closed" in page


@pytest.mark.rule("INV-18", "ACC-02")
def test_the_list_shows_only_the_employers_own(cast, browser):
    invite(cast.rival, cast.stranger)
    assert cast.stranger.name not in browser.get(LIST).text


@pytest.mark.rule("INV-18")
@pytest.mark.rule("NTF-05")
def test_the_list_says_how_far_each_letter_has_come(cast, browser):
    letter = invite(cast.employer, cast.student)[0]
    page = browser.get(f"{LIST}?tab=waiting").get_data(as_text=True)
    assert reach_of_students([letter])[letter.id].state in page


def test_filters_and_search_narrow_the_list(cast, browser):
    invite(cast.employer, cast.student, cast.stranger)
    page = browser.get(f"{LIST}?f_school={cast.other_school.id}").text
    assert "买买提" in page
    assert ">黄河水<" not in page
    answer = browser.post("/employer/invitations/search", data={"q": "河水"})
    page = browser.get(answer.location).text
    assert ">黄河水<" in page
    assert "买买提" not in page
    assert browser.get(f"{LIST}?f_school=999999").status_code == 400
    assert browser.get(f"{LIST}?f_year=x").status_code == 400


def names_in(page: str, *students) -> list[str]:
    return [s.name for s in students if f">{s.name}<" in page]


@pytest.mark.rule("INV-18", "INV-11")
def test_the_list_is_narrowed_by_the_answer_as_people_read_it(cast, browser):
    everybody = (cast.student, cast.classmate, cast.neighbour, cast.stranger)
    [late] = invite(cast.employer, cast.student, reply_days=1)
    pass_time(days=3)  # no worker has marked it
    [taken] = invite(cast.employer, cast.neighbour)
    accept(taken)
    invite(cast.employer, cast.classmate)
    [back] = invite(cast.employer, cast.stranger)
    INVITATIONS.perform("withdraw", back.id, actor(cast.employer), reason="")
    assert late.state == "open"
    for state, student in (
        ("open", cast.classmate),
        ("accepted", cast.neighbour),
        ("expired", cast.student),
        ("withdrawn", cast.stranger),
    ):
        page = browser.get(f"{LIST}?tab=all&f_state={state}").text
        assert names_in(page, *everybody) == [student.name], state
    assert names_in(browser.get(f"{LIST}?tab=all&f_state=declined").text, *everybody) == []
    assert browser.get(f"{LIST}?f_state=void").status_code == 400


@pytest.mark.rule("INV-18")
def test_the_list_is_narrowed_by_the_time_left(cast, browser):
    ends = {1: cast.student, 5: cast.classmate, 9: cast.neighbour}
    for days, student in ends.items():
        invite(cast.employer, student, reply_days=days)

    def left(choice):
        return names_in(browser.get(f"{LIST}?f_left={choice}").text, *ends.values())

    assert [left(choice) for choice in ("today", "3", "7")] == [
        [],
        [cast.student.name],
        [cast.student.name, cast.classmate.name],
    ]
    pass_time(days=1)  # the last day of the first one has begun
    assert left("today") == [cast.student.name]
    pass_time(days=1)
    assert left("today") == []  # over, swept or not


@pytest.mark.rule("INV-18", "INV-01")
def test_a_number_finds_a_signed_student_and_nobody_else(cast, browser):
    invite(cast.employer, cast.classmate)
    [taken] = invite(cast.employer, cast.student)
    accept(taken)

    def found(typed):
        answer = browser.post("/employer/invitations/search", data={"q": typed, "tab": "all"})
        page = browser.get(answer.location).text
        return names_in(page, cast.student, cast.classmate)

    for who, names in ((cast.student, [cast.student.name]), (cast.classmate, [])):
        for number in (who.student_no, who.id_number, who.phone):
            assert found(number) == names, number


@pytest.mark.rule("INV-18")
def test_the_list_costs_the_same_however_many_rows_it_has(cast, visit, query_count):
    browser = visit(account(cast.employer))
    invite(cast.employer, *(make_student(cast.college) for _ in range(3)))
    db.session.commit()
    browser.get(LIST)
    db.session.expire_all()
    with query_count() as few:
        browser.get(LIST)
    invite(cast.employer, *(make_student(cast.college) for _ in range(20)))
    db.session.commit()
    db.session.expire_all()
    with query_count() as many:
        browser.get(LIST)
    assert many.n <= few.n
    assert many.n <= 16


@pytest.mark.rule("INV-18")
def test_the_export_is_the_narrowed_list_with_masked_numbers_and_no_formulas(cast, browser):
    evil = make_student(cast.college, '=HYPERLINK("http://x","y")')
    invite(cast.employer, cast.student, evil, position="+cmd|' /C calc'!A0")
    invite(cast.employer, cast.stranger)
    answer = as_csv(browser, "EmployerInvitationsView", f"f_school={cast.school.id}")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.data.decode("utf-8")
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert len(rows) == 3
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert "'=HYPERLINK" in text
    assert not any(cast.student.id_number[-4:] in cell for cell in cells)  # S-10
    assert cast.student.id_number not in text


@pytest.mark.rule("INV-24")
def test_the_detail_shows_agreement_both_parties_and_the_trace(cast, browser):
    [invitation] = invite(cast.employer, cast.student)
    placement = attest(accept(invitation), cast.officer)
    page = browser.get(f"/employer/invitations/show/{invitation.id}").text
    for text in (
        placement.agreement_no,
        mask_all_but_end(cast.student.id_number_masked),
        cast.employer.credit_code,
        "软件工程师",
        cast.student.phone_masked,
        "王老师",
    ):
        assert text in page
    assert cast.student.id_number not in page
    assert cast.student.phone not in page
    assert "/agreements/" not in page  # not made yet


@pytest.mark.rule("INV-18", "DOC-01")
def test_the_agreement_is_linked_once_it_is_made(cast, browser):
    [invitation] = invite(cast.employer, cast.student)
    placement = attest(accept(invitation), cast.officer)
    db.session.add(
        Document(
            kind="agreement",
            record_kind="placement",
            record_id=placement.id,
            school_id=placement.school_id,
            code="ABCDEFGH2345",
            file_key="aa/x.pdf",
            sha256="0" * 64,
            data_sha256="0" * 64,
            template_version="1",
            created_at=clock.now(),
        )
    )
    db.session.commit()
    page = browser.get(f"/employer/invitations/show/{invitation.id}").text
    assert f"/agreements/{placement.id}.pdf" in page


@pytest.mark.rule("INV-24", "NTF-01")
def test_addresses_of_notices_lead_to_the_detail(cast, browser):
    [invitation] = invite(cast.employer, cast.student)
    placement = accept(invitation)
    target = f"/employer/invitations/show/{invitation.id}"
    assert browser.get(f"/employer/invitations/{invitation.id}").location == target
    assert browser.get(f"/employer/signings/{placement.id}").location == target
    assert browser.get("/employer/invitations/").location == LIST


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize(
    "path",
    [
        "/employer/invitations/show/{}",
        "/employer/invitations/{}",
        "/employer/invitations/{}/edit",
        "/employer/invitations/{}/extend",
    ],
)
def test_another_employers_invitation_is_not_there(cast, browser, path):
    [invitation] = invite(cast.rival, cast.student)
    for key in (invitation.id, 999_999, 99_999_999_999_999_999_999):
        assert browser.get(path.format(key)).status_code == 404
    assert browser.post(f"/employer/invitations/{invitation.id}/withdraw").status_code == 404
    assert invitation.state == "open"


@pytest.mark.rule("ACC-02")
def test_another_employers_signing_is_not_there(cast, browser):
    [invitation] = invite(cast.rival, cast.student)
    placement = accept(invitation)
    for key in (placement.id, 99_999_999_999_999_999_999):
        assert browser.get(f"/employer/signings/{key}").status_code == 404


@pytest.mark.rule("INV-17")
def test_withdrawing_ends_the_invitation_and_tells_why(cast, browser):
    [invitation] = invite(cast.employer, cast.student)
    done = browser.post(
        f"/employer/invitations/{invitation.id}/withdraw", data={"reason": "名额\u200b已满"}
    )
    assert done.status_code == 303
    assert invitation.state == "withdrawn"
    page = browser.get(done.location).text
    assert "名额已满" in page
    again = browser.post(f"/employer/invitations/{invitation.id}/withdraw", data={})
    assert again.status_code == 303  # the sentence stands on the record's page
    assert browser.get(again.location).status_code == 200


@pytest.mark.rule("INV-17")
def test_a_reason_of_more_than_200_characters_is_refused(cast, browser):
    [invitation] = invite(cast.employer, cast.student)
    answer = browser.post(
        f"/employer/invitations/{invitation.id}/withdraw", data={"reason": "长" * 201}
    )
    assert answer.status_code == 422
    assert invitation.state == "open"


@pytest.mark.rule("INV-19")
def test_a_button_that_cannot_be_used_says_why(cast, browser):
    [invitation] = invite(cast.employer, cast.student)
    invitation.frozen = True  # reported as untrue
    db.session.commit()
    page = browser.get(f"/employer/invitations/show/{invitation.id}").text
    assert page.count("disabled") >= 3  # edit, more time, withdraw
    assert "qq-why" in page


def again_of(page: str) -> str:
    return page.split("/again", 1)[1].split("</form>")[0] if "/again" in page else ""


def ended_letter(cast, how: str):
    [letter] = invite(
        cast.employer, cast.student, reply_days=2, regular_pay=7654, archive_to="人事处"
    )
    if how == "decline":
        INVITATIONS.perform("decline", letter.id, actor(cast.student), reason="")
    elif how == "withdraw":
        INVITATIONS.perform("withdraw", letter.id, actor(cast.employer), reason="")
    else:
        pass_time(days=4)
        if how == "swept":
            INVITATIONS.perform("expire", letter.id, SYSTEM)
    return letter


@pytest.mark.rule("INV-08", "INV-06")
@pytest.mark.parametrize("how", ["decline", "withdraw", "overdue", "swept"])
def test_one_click_begins_a_new_letter_with_the_same_student_and_terms(cast, browser, how):
    letter = ended_letter(cast, how)
    page = browser.get(f"/employer/invitations/show/{letter.id}").text
    assert "disabled" not in again_of(page)
    for _twice in range(2):  # pressed twice it begins one
        led = browser.post(f"/employer/invitations/{letter.id}/again")
        assert led.status_code == 303
    form = browser.get(led.location).text
    for text in ('value="7654"', 'value="人事处"', "黄河水"):
        assert text in form
    assert db.session.query(Invitation).count() == 1  # nothing is sent by it
    assert db.session.query(Candidate).count() == 1
    [row] = db.session.query(Candidate).all()
    preview = browser.post("/employer/letter/", data=edited() | {"ids": str(row.id)})
    batch = preview.text.split('name="batch" value="')[1].split('"')[0]
    posted = edited() | {"ids": str(row.id), "batch": batch}
    code = code_for(browser, "/employer/letter/code", edited() | {"ids": str(row.id)})
    assert browser.post("/employer/letter/send", data=posted | {"code": code}).status_code == 303
    found = db.session.query(Invitation).order_by(Invitation.id).all()
    assert [one.state for one in found][1:] == ["open"]
    assert found[0].state != "open"


@pytest.mark.rule("INV-08", "INV-19")
@pytest.mark.parametrize("why", ["open", "closed", "accepted"])
def test_who_cannot_be_invited_again_is_said_why_at_the_button(cast, browser, why):
    letter = ended_letter(cast, "decline")
    if why == "open":
        invite(cast.employer, cast.student)
    elif why == "closed":
        restrict(cast.student, actor(cast.officer), "未缴费", since=clock.today())
    else:
        [letter] = invite(cast.employer, cast.neighbour)
        accept(letter)
    page = browser.get(f"/employer/invitations/show/{letter.id}").text
    assert "disabled" in again_of(page) or why == "accepted"
    assert "未缴费" not in page
    led = browser.post(f"/employer/invitations/{letter.id}/again")
    assert led.location == f"/employer/invitations/show/{letter.id}"
    assert db.session.query(Candidate).count() == 0


@pytest.mark.rule("ACC-02")
def test_a_letter_of_another_employer_begins_nothing(cast, browser):
    [letter] = invite(cast.rival, cast.student)
    INVITATIONS.perform("withdraw", letter.id, actor(cast.rival), reason="")
    row = make_candidate(cast.employer, cast.student)
    assert browser.post(f"/employer/invitations/{letter.id}/again").status_code == 404
    for like in (letter.id, "x", "1,2", 999_999):
        assert browser.get(f"/employer/letter/?ids={row.id}&like={like}").status_code == 404, like


@pytest.mark.rule("INV-11", "ADM-05")
def test_more_time_is_given_within_what_the_school_allows(cast, browser):
    [letter] = invite(cast.employer, cast.student, reply_days=2)
    url = f"/employer/invitations/{letter.id}/extend"
    page = browser.get(url).text
    assert 'value="3"' in page
    assert 'value="2"' not in page
    assert 'value="31"' not in page
    for odd in ("2", "31", "-1", "x", ""):
        assert browser.post(url, data={"days": odd}).status_code == 422, odd
    was, opens = letter.reply_by, letter.opens_at
    done = browser.post(url, data={"days": "6"})
    assert done.status_code == 303
    db.session.expire_all()
    assert letter.reply_by == was + timedelta(days=4)
    assert (letter.opens_at, letter.terms.reply_days) == (opens, 6)
    page = browser.get(done.location).text
    assert clock.shown_deadline(was) in page  # the trace says from when
    assert clock.shown_deadline(letter.reply_by) in page
    again = browser.post(url, data={"days": "6"})  # the page in another window
    assert again.status_code == 422
    assert letter.reply_by == was + timedelta(days=4)


@pytest.mark.rule("INV-11", "INV-19")
@pytest.mark.parametrize("why", ["over", "most", "accepted", "frozen"])
def test_no_more_time_is_given_where_it_cannot_be(cast, browser, why):
    [letter] = invite(cast.employer, cast.student, reply_days=30 if why == "most" else 2)
    if why == "over":
        pass_time(days=4)
    elif why == "accepted":
        accept(letter)
    elif why == "frozen":
        letter.frozen = True
        db.session.commit()
    was = letter.reply_by
    url = f"/employer/invitations/{letter.id}/extend"
    for answer in (browser.get(url), browser.post(url, data={"days": "9"})):
        assert answer.location == f"/employer/invitations/show/{letter.id}"
    db.session.expire_all()
    assert letter.reply_by == was


def edited(**changes) -> dict:
    return typed(offer(**changes))


@pytest.mark.rule("INV-15")
def test_editing_makes_a_new_version_and_starts_the_time_anew(cast, browser):
    [invitation] = invite(cast.employer, cast.student)
    before, old = invitation.terms_id, invitation.opens_at
    pass_time(hours=3)
    page = browser.get(f"/employer/invitations/{invitation.id}/edit").text
    assert "软件工程师" in page
    url = f"/employer/invitations/{invitation.id}/edit"
    missing = browser.post(url, data=edited(regular_pay=7000))
    assert missing.status_code == 422
    assert 'value="7000"' in missing.text  # what was typed stays
    code = code_for(browser, f"/acts/invitation/{invitation.id}/amend/code")
    done = browser.post(url, data=edited(regular_pay=7000) | {"code": code})
    assert done.status_code == 303
    db.session.expire_all()
    assert invitation.terms_id != before
    assert invitation.terms.regular_pay == 7000
    assert invitation.opens_at > old
    assert db.session.get(Terms, before).regular_pay == 6000


@pytest.mark.rule("INV-15")
def test_an_edit_that_changes_nothing_sends_nothing(cast, browser):
    [invitation] = invite(cast.employer, cast.student)
    before = invitation.terms_id
    assert (
        browser.post(f"/employer/invitations/{invitation.id}/edit", data=edited()).status_code
        == 303
    )
    db.session.expire_all()
    assert invitation.terms_id == before


@pytest.mark.rule("INV-15")
def test_an_accepted_invitation_is_no_longer_edited(cast, browser):
    [invitation] = invite(cast.employer, cast.student)
    accept(invitation)
    answer = browser.post(f"/employer/invitations/{invitation.id}/edit", data=edited(regular_pay=1))
    assert answer.status_code == 302
    assert invitation.terms.regular_pay == 6000


@pytest.mark.rule("ACC-10", "ACC-02")
@pytest.mark.parametrize(
    "who", ["officer", "college_officer", "province", "data", "admin", "student"]
)
def test_nobody_else_has_the_employers_pages(cast, visit, who):
    user = getattr(cast, who) if who != "student" else account(cast.student)
    browser = visit(user)
    for path in (
        "/employer/",
        LIST,
        "/employer/candidates/",
        "/employer/letter/",
    ):
        assert browser.get(path).status_code in (302, 403), path
