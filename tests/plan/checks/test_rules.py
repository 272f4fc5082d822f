"""Each rule finds its faulty record and leaves the right one alone (CHK-01)."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.checks import CREDIT_ALPHABET, credit_code_mark, is_credit_code
from app.core.db import db
from app.people.students.models import Student
from app.plan.checks import queries, sync
from app.plan.checks.detail import checks
from app.plan.checks.models import Finding, IdNumberFact
from app.plan.checks.rules import BAD_CREDIT_CODE, RULES, Needs
from app.plan.checks.sentences import sentence
from app.plan.rows import editions
from app.plan.rows.models import PlanEntry
from app.plan.rows.sync import sync as follow
from app.plan.rows.workflow import PLAN
from app.workflow.models import Trail
from tests import factories as make
from tests.factories import accept, attest, invite

pytestmark = pytest.mark.rule("CHK-01")
ROW = {
    "destination_code": "10",
    "employer_name": "星光集团有限公司",
    "employer_kind": "39",
    "industry": "34",
    "location": "420111",
    "position_kind": "13",
    "address": "湖北省武汉市洪山区1号",
    "contact_phone": "02787654321",
}


@pytest.fixture(autouse=True)
def _tables(session):
    editions.load_shipped()


def row_of(student, **changes) -> PlanEntry:
    """A plan row as staff wrote it: right in every field unless told otherwise."""
    student.examinee_no = student.examinee_no or f"2342{student.id:010d}"
    db.session.flush()
    follow([student.id], clock.now())
    entry = db.session.query(PlanEntry).filter_by(student_id=student.id).one()
    code = {"credit_code": make.credit_code(77)}
    for name, value in {**ROW, **code, **changes}.items():
        setattr(entry, name, value)
    entry.sources = {"destination_code": "staff"}
    db.session.execute(
        text("UPDATE plan_entry SET state = 'filled' WHERE id = :id"), {"id": entry.id}
    )
    db.session.commit()
    return entry


def found(school, year=2027) -> dict[str, set]:
    """Rule → the students it has something open on."""
    sync.run(school.id, year)
    db.session.commit()
    rows = db.session.query(Finding).filter_by(school_id=school.id, graduation_year=year)
    open_ones: dict[str, set] = {}
    for row in rows.filter(Finding.state == "open"):
        assert sentence(row)
        open_ones.setdefault(row.rule, set()).add(row.student_id)
    return open_ones


def seal(student, number: str) -> None:
    student.id_number = number
    db.session.flush()


def wrong_mark(number: str) -> str:
    return number[:17] + ("1" if number[17] != "1" else "2")


def test_a_right_row_has_nothing_to_mend(cast):
    row_of(cast.student)
    for rule, students in found(cast.school).items():
        assert cast.student.id not in students, rule


SINGLE = {
    "id_number": lambda s: seal(s, wrong_mark(s.id_number)),
    "id_sex": lambda s: setattr(s, "sex", "2" if s.sex == "1" else "1"),
    "id_missing": lambda s: setattr(s, "id_number", None),
    "student_codes": lambda s: setattr(s, "nation", "99x"[:2]),
}


@pytest.mark.parametrize("rule", SINGLE)
def test_a_fault_of_the_person_is_found_and_goes_when_mended(cast, rule):
    student = cast.student
    number, sex = student.id_number, student.sex
    row_of(student)
    SINGLE[rule](student)
    db.session.commit()
    assert student.id in found(cast.school)[rule]
    student.id_number, student.sex, student.nation = number, sex, None
    db.session.commit()
    assert student.id not in found(cast.school).get(rule, set())


RIGHT = {"study_years": "4", "enrolled_on": date(2023, 9, 1), "graduates_on": date(2027, 6, 30)}
RECORD = {
    "study_order": {"graduates_on": date(2023, 9, 1)},
    "study_span": {"study_years": "2.5"},
    "graduation_day": {"graduates_on": date(2028, 6, 30)},
    "committed": {"training_mode": "2"},
}


@pytest.mark.parametrize("rule", RECORD)
def test_a_fault_of_the_record_s_dates_and_commitments_is_found_and_goes(cast, rule):
    row_of(cast.student)
    for name, value in {**RIGHT, **RECORD[rule]}.items():
        setattr(cast.student, name, value)
    db.session.commit()
    assert cast.student.id in found(cast.school)[rule]
    for name, value in {**RIGHT, "training_mode": "1"}.items():
        setattr(cast.student, name, value)
    db.session.commit()
    assert cast.student.id not in found(cast.school).get(rule, set())


def test_a_teacher_student_paid_by_the_state_names_the_unit(cast):
    row_of(cast.student)
    cast.student.teacher_training = "12"
    db.session.commit()
    assert cast.student.id in found(cast.school)["committed"]
    cast.student.committed_to = "恩施市教育局"
    db.session.commit()
    assert "committed" not in found(cast.school)


@pytest.mark.rule("PLN-12")
def test_a_kept_birth_date_unlike_the_number_is_found(cast):
    row_of(cast.student)
    cast.student.birth_date = "1999-12-31"
    db.session.commit()
    assert cast.student.id in found(cast.school)["id_birth"]
    cast.student.id_number = cast.student.id_number  # whoever writes it takes the day from it
    db.session.commit()
    assert "id_birth" not in found(cast.school)


@pytest.mark.rule("PLN-12")
def test_records_of_before_learn_the_birth_date_from_their_number_and_stay_checked(cast):
    entry = row_of(cast.student)
    PLAN.perform("check", entry.id, make.actor(cast.officer))
    db.session.execute(text("DELETE FROM id_number_fact"))
    db.session.execute(
        text(
            "UPDATE student SET birth_date_sealed = NULL, birth_date_index = NULL,"
            " birth_date_masked = NULL"
        )
    )
    db.session.commit()
    found(cast.school)
    db.session.expire_all()
    said = cast.student.id_number
    assert cast.student.birth_date == f"{said[6:10]}-{said[10:12]}-{said[12:14]}"
    assert entry.state == "checked"


def test_who_alone_lacks_what_most_have_is_found(cast):
    students = [
        make.make_student(cast.college, political_status="03", hardship="0") for _n in range(25)
    ]
    row_of(students[0])
    students[0].political_status = None
    db.session.commit()
    found(cast.school)
    gap = db.session.query(Finding).filter_by(rule="gaps", student_id=students[0].id).one()
    assert gap.facts == {"fields": "political_status"}
    assert "政治面貌" in sentence(gap)
    assert db.session.query(Finding).filter_by(rule="gaps", student_id=students[1].id).count() == 0


def test_impossible_birth_dates_and_ages_are_found(cast):
    from app.core.identity import id_number_mark

    for first, fault in (
        ("99999920040231001", "born"),
        ("99999919200101001", "age"),
        ("99999920300101001", "born"),
    ):
        assert sync.said(first + id_number_mark(first), clock.today())[0] == fault
    assert sync.said("123", clock.today())[0] == "form"


def test_nothing_of_a_number_is_kept_but_its_fault_and_the_sex(cast):
    found(cast.school)
    kept = db.session.get_one(IdNumberFact, (cast.student.id_number_index, cast.student.id_kind))
    assert (kept.fault, kept.sex) == ("", cast.student.sex)
    assert sync.learn(cast.school.id, 2027) == 0


ROWS = {
    "codes": {"industry": "99"},
    "missing": {"position_kind": None},
    "credit_code": {"credit_code": "91999999MA00000000"},
    "nature": {"employer_kind": "10"},
    "region_level": {"location": "420100"},
    "region_address": {"address": "湖南省长沙市1号"},
}


@pytest.mark.parametrize("rule", ROWS)
def test_a_fault_of_the_row_is_found_and_the_right_one_not(cast, rule):
    row_of(cast.student, **ROWS[rule])
    row_of(cast.classmate)
    assert found(cast.school)[rule] == {cast.student.id}


def test_the_address_of_a_neighbouring_city_is_found_too(cast):
    row_of(cast.student, address="宜昌市西陵区1号")
    row_of(cast.classmate, address="武汉大道1号")
    row_of(cast.neighbour, address="上海路1号")
    assert found(cast.school)["region_address"] == {cast.student.id}


def test_every_destination_code_says_what_it_needs(cast):
    row_of(
        cast.student,
        destination_code="46",
        employer_name=None,
        credit_code=None,
        employer_kind=None,
        industry=None,
        position_kind=None,
    )
    row_of(
        cast.classmate,
        destination_code="700",
        **dict.fromkeys(ROW.keys() - {"destination_code"}),
        credit_code=None,
    )
    row_of(cast.neighbour, destination_code="801", employer_name=None)
    assert found(cast.school)["missing"] == {cast.neighbour.id}


def test_a_code_counts_in_the_edition_of_its_year(cast):
    old = make.make_student(cast.college, graduation_year=2020)
    row_of(old, destination_code="70", employer_name=None)
    assert "codes" not in found(cast.school, 2020)
    row_of(cast.student, destination_code="70")
    assert found(cast.school)["codes"] == {cast.student.id}


def test_what_two_share_is_found_at_both(cast):
    row_of(cast.student)
    row_of(cast.classmate)
    row_of(cast.neighbour)
    seal(cast.classmate, cast.student.id_number)
    cast.classmate.phone = cast.student.phone
    cast.classmate.examinee_no = cast.student.examinee_no
    db.session.commit()
    both = {cast.student.id, cast.classmate.id}
    rules = found(cast.school)
    assert rules["id_twice"] == rules["phone_shared"] == rules["examinee_twice"] == both


def many(cast, count: int, **changes) -> list[Student]:
    students = [make.make_student(cast.college, account=False) for _n in range(count)]
    for n, student in enumerate(students):
        row_of(
            student,
            **{name: value(n) if callable(value) else value for name, value in changes.items()},
        )
    return students


def test_one_credit_code_with_two_names_is_found(cast):
    row_of(cast.student, employer_name="甲公司")
    row_of(cast.classmate, employer_name="乙公司")
    row_of(cast.neighbour, credit_code=make.credit_code(78))
    assert found(cast.school)["credit_names"] == {cast.student.id, cast.classmate.id}


def test_facts_unlike_the_approved_rows_of_the_employer_are_found(cast):
    students = many(cast, 3)
    row_of(cast.student, industry="31")
    db.session.execute(text("UPDATE plan_entry SET state = 'checked'"))
    db.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    sync.run(cast.school.id, 2027)
    rows = db.session.query(Finding).filter_by(rule="employer_differs").all()
    assert {r.student_id for r in rows} == {cast.student.id}
    assert students
    db.session.rollback()


def test_crowds_telephones_and_addresses_are_found_from_a_number_on(cast):
    many(
        cast,
        2,
        contact_phone="02700000001",
        employer_name=lambda n: f"第{n}公司",
        address="武汉市洪山区同一栋楼9楼",
        credit_code=lambda n: make.credit_code(n),
    )
    many(
        cast,
        4,
        employer_kind="33",
        employer_name="小店",
        credit_code="92" + make.credit_code(5)[2:],
    )
    rules = found(cast.school)
    assert not {"contact_shared", "address_shared", "small_employer"} & set(rules)
    row_of(
        cast.student,
        contact_phone="02700000001",
        address="武汉市洪山区同一栋楼9楼",
        employer_name="第三公司",
        credit_code=make.credit_code(9),
    )
    row_of(
        cast.classmate,
        employer_kind="33",
        employer_name="小店",
        credit_code="92" + make.credit_code(5)[2:],
    )
    rules = found(cast.school)
    assert len(rules["contact_shared"]) == len(rules["address_shared"]) == 3
    assert len(rules["small_employer"]) == 5


def test_a_college_with_many_flexible_kinds_is_found_as_a_whole(cast):
    many(cast, 14)
    flexible = many(cast, 6, destination_code="76")
    assert "flexible" not in found(cast.school)
    row_of(cast.student, destination_code="12")
    row_of(cast.classmate)
    assert found(cast.school)["flexible"] == {None}
    [finding] = db.session.query(Finding).filter_by(rule="flexible")
    assert finding.facts["share"] == 31
    assert finding.college_id == cast.college.id
    assert flexible


def test_accepts_from_one_device_within_minutes_are_found(cast):
    students = [make.make_student(cast.college) for _n in range(5)]
    placements = [
        attest(accept(letter), cast.officer) for letter in invite(cast.employer, *students)
    ]
    assert "accepts" not in found(cast.school)
    db.session.execute(text("ALTER TABLE trail DISABLE TRIGGER ALL"))
    keys = [p.invitation_id for p in placements]
    db.session.query(Trail).filter(
        Trail.kind == "invitation", Trail.step == "accept", Trail.record_id.in_(keys)
    ).update({"address": "10.1.2.3", "device": "one phone", "at": clock.now()})
    assert found(cast.school)["accepts"] == {s.id for s in students}


def test_a_missing_proof_is_found(cast):
    placement = attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    db.session.execute(
        text("UPDATE placement SET kind = 'offline', agreement_no = NULL WHERE id = :id"),
        {"id": placement.id},
    )
    db.session.expire_all()
    assert cast.student.id in found(cast.school)["proof"]


def test_sql_and_python_agree_on_credit_codes(session):
    dice = random.Random(4)
    codes = ["".join(dice.choices(CREDIT_ALPHABET, k=17)) for _n in range(200)]
    codes = [c + credit_code_mark(c) for c in codes] + [
        c + dice.choice(CREDIT_ALPHABET) for c in codes
    ]
    codes += ["", "91", "91999999MA0000000I", "9" * 19]
    asked = text(
        f"SELECT b.credit_code, {BAD_CREDIT_CODE} FROM unnest(CAST(:codes AS text[])) b(credit_code)"
    )
    for code, bad in session.execute(asked, {"codes": codes}):
        assert bad is not is_credit_code(code), code


def test_another_schools_rows_are_left_alone(cast):
    row_of(cast.stranger, industry="99")
    assert found(cast.school).get("codes") is None
    assert found(cast.other_school)["codes"] == {cast.stranger.id}


def test_every_rule_has_a_title_a_sentence_and_a_test_of_its_own():
    files = (Path(__file__), Path(__file__).with_name("test_signs.py"))
    here = "".join(file.read_text(encoding="utf-8") for file in files)
    desk = {"mode", "origin", "employer", "only_one"}
    for rule in RULES:
        assert str(rule.title)
        assert str(rule.sentence)
        assert rule.needs is not Needs.DESK or rule.name in desk
        assert f'"{rule.name}"' in here or rule.name in desk | {"examinee_missing"}, rule.name


@pytest.mark.rule("AGR-12")
def test_the_desk_asks_the_same_rules_of_one_record(cast, query_count):
    [letter] = invite(cast.employer, cast.student)
    placement = accept(letter)
    assert not [c for c in checks(placement) if not c.good]
    seal(cast.student, wrong_mark(cast.student.id_number))
    placement.employer_credit_code, placement.employer_location = "91999999MA00000000", "420100"
    db.session.commit()
    with query_count() as seen:
        bad = {c.name: c.label for c in checks(placement) if not c.good}
    assert set(bad) == {"id_number", "credit_code", "region_level"}
    assert seen.n <= 8
    assert queries.open_of(cast.student.id) == []
