"""S-10: an employer learns no number of a student: nothing to guess from, and few guesses (INV-01)."""

from __future__ import annotations

import re

import pytest

from app.accounts.log_models import SecurityEvent
from app.core.db import db
from app.core.identity import id_number_mark
from app.core.text import mask_all_but_end
from app.files.imports.row_models import ImportRow
from app.signing.invitations.guesses import MISSES
from app.signing.invitations.models import Candidate
from tests import factories as make
from tests.downloads import as_csv
from tests.factories import accept, account, attest, invite, pass_time
from tests.signing.invitations.test_sheets import bring, row  # noqa: F401 (a fixture)

pytestmark = pytest.mark.rule("INV-01", "INV-02")
SEARCH = "/employer/candidates/search"


def candidates(number: str) -> list[str]:
    """What a birth date, a region and the last sign leave: every sequence whose check digit fits."""
    found = [f"{number[:14]}{n:03d}" for n in range(1000)]
    return [first + number[17] for first in found if id_number_mark(first) == number[17]]


def form(student, number: str, **more) -> dict:
    return {
        "school": student.school.code,
        "year": str(student.graduation_year),
        "name": student.name,
        "number": number,
    } | more


@pytest.fixture
def firm(cast, visit):
    return visit(account(cast.employer))


def hits(firm, student, numbers) -> list[str]:
    """The numbers to which the search answers with the student."""
    return [n for n in numbers if 'id="found"' in firm.post(SEARCH, data=form(student, n)).text]


def test_167_candidates_tried_one_by_one_find_nothing_even_over_days(cast, visit):
    right, tried = cast.student.id_number, candidates(cast.student.id_number)
    assert len(tried) > 80
    assert right in tried
    tried.remove(right)
    for day in range(3):
        part = tried[30 * day : 30 * day + 30]
        assert hits(visit(account(cast.employer)), cast.student, [*part, right]) == []
        pass_time(days=1)
    assert hits(visit(account(cast.employer)), cast.student, [right]) == [
        right
    ]  # the honest search of a later day


def test_a_file_of_all_candidates_marks_them_all_alike(cast, bring):  # noqa: F811
    record = bring(
        [row(cast.student, 身份证号或手机号=n) for n in candidates(cast.student.id_number)]
    )
    rows = db.session.query(ImportRow).filter_by(import_id=record.id).all()
    assert {r.status for r in rows} == {"faulty"}
    assert len({str(r.problems) for r in rows}) == 1
    assert db.session.query(Candidate).count() == 0


def test_files_of_a_few_candidates_stop_after_the_days_misses(cast, bring):  # noqa: F811
    tried = [n for n in candidates(cast.student.id_number) if n != cast.student.id_number]
    for part in (tried[:3], tried[3:6]):
        bring([row(cast.student, 身份证号或手机号=n) for n in part])
    last = bring([row(cast.student, 身份证号或手机号=n) for n in tried[6:9]])
    again = bring([row(cast.student), row(cast.student, 身份证号或手机号=tried[9])])
    states = [
        {r.status for r in db.session.query(ImportRow).filter_by(import_id=i.id)}
        for i in (last, again)
    ]
    assert states == [{"faulty"}, {"faulty"}]


def test_the_form_and_the_file_share_the_misses(cast, firm, bring):  # noqa: F811
    tried = [n for n in candidates(cast.student.id_number) if n != cast.student.id_number]
    hits(firm, cast.student, tried[:5])
    record = bring([row(cast.student), row(cast.classmate)])
    found = {
        r.status: r.more["name"] for r in db.session.query(ImportRow).filter_by(import_id=record.id)
    }
    assert found == {"faulty": cast.student.name, "new": cast.classmate.name}


def test_who_knows_the_phone_cannot_buy_more_guesses_with_it(cast, firm):
    tried = [n for n in candidates(cast.student.id_number) if n != cast.student.id_number]
    for number in tried[:5]:
        firm.post(SEARCH, data=form(cast.student, number))
        hits(firm, cast.student, [cast.student.phone])
    assert hits(firm, cast.student, [cast.student.id_number]) == []


def test_a_right_number_costs_nothing(cast, firm):
    assert hits(firm, cast.student, [cast.student.id_number] * 12) == [cast.student.id_number] * 12


def test_a_name_that_nobody_has_is_counted_and_answered_alike(cast, firm):
    def pages(name):
        return [
            re.sub(
                r'="[A-Za-z0-9_.:+-]{32,}"',
                "",
                firm.post(SEARCH, data=form(cast.student, "13900000009", name=name)).text,
            ).replace(name, "")
            for _n in range(8)
        ]

    known, unknown = pages(cast.student.name), pages("无此人")
    assert known == unknown
    assert len(set(known)) == 1
    key = (cast.student.school.code, 2027)
    assert MISSES.left(cast.employer.id, *key, "无此人") == 0
    assert MISSES.left(cast.employer.id, *key, cast.student.name) == 0


def test_another_employer_still_finds_the_student_at_its_first_try(cast, firm, visit):
    hits(firm, cast.student, candidates(cast.student.id_number)[:9])
    other = visit(account(cast.rival))
    assert hits(other, cast.student, [cast.student.id_number]) == [cast.student.id_number]


def test_employers_who_share_the_guesses_are_stopped_together(cast, visit):
    tried = [n for n in candidates(cast.student.id_number) if n != cast.student.id_number]
    firms = [visit(account(make.make_employer(cast.school))) for _n in range(8)]
    for n, firm in enumerate(firms):
        hits(firm, cast.student, tried[4 * n : 4 * n + 4])
    assert [hits(firm, cast.student, [cast.student.id_number]) for firm in firms[6:]] == [[], []]


def test_the_students_office_reads_of_it_in_the_security_log(cast, firm):
    hits(firm, cast.student, candidates(cast.student.id_number)[:9])
    found = db.session.query(SecurityEvent).filter_by(event="number_guessed").all()
    assert len(found) == 1
    assert (found[0].user_id, found[0].school_id) == (account(cast.student).id, cast.school.id)
    assert found[0].actor_id == account(cast.employer).id
    assert cast.student.id_number not in str(found[0].details)


def test_no_page_of_the_employer_shows_a_number_before_the_acceptance(cast, firm):
    student = cast.student
    [letter] = invite(cast.employer, student)
    make.make_candidate(cast.employer, cast.classmate)
    db.session.commit()
    pages = [
        firm.get(url).text
        for url in (
            "/employer/candidates/",
            "/employer/invitations/list/",
            f"/employer/invitations/show/{letter.id}",
        )
    ]
    pages.append(firm.post(SEARCH, data=form(student, student.id_number)).text)
    pages.append(as_csv(firm, "EmployerInvitationsView", "").get_data(as_text=True))
    for text in pages:
        for who in (student, cast.classmate):
            for part in (who.id_number_masked, who.phone_masked, who.id_number[-6:], who.phone):
                assert part not in text


def test_after_the_acceptance_the_mask_leaves_the_last_signs_only(cast, visit):
    placement = accept(invite(cast.employer, cast.student)[0])
    page = (
        visit(account(cast.employer))
        .get(f"/employer/invitations/show/{placement.invitation_id}")
        .text
    )
    assert cast.student.id_number_masked not in page
    assert mask_all_but_end(cast.student.id_number_masked) in page
    assert mask_all_but_end("110101*****0839") == "**************0839"


def test_the_search_of_the_own_list_tells_nothing_of_numbers(cast, firm):
    invite(cast.employer, cast.student)

    def seen(number):
        answer = firm.post("/employer/invitations/search", data={"q": number, "tab": "waiting"})
        return cast.student.name in firm.get(answer.location).text

    assert [seen(n) for n in (cast.student.id_number, cast.student.phone)] == [False, False]


@pytest.mark.rule("TRM-07")
def test_the_search_among_signed_students_stops_after_ten_misses(cast, visit):
    attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    firm = visit(account(cast.employer))

    def seen(number):
        answer = firm.post("/employer/terminations/search", data={"q": number, "tab": "signed"})
        return cast.student.name in firm.get(answer.location).text

    tried = [n for n in candidates(cast.student.id_number) if n != cast.student.id_number]
    assert seen(cast.student.id_number)
    assert not any(seen(n) for n in tried[:12])
    assert not seen(cast.student.id_number)
