"""Plan and students are narrowed by what people ask for, combined, and employers are found (F-58)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select, text

from app.core import clock
from app.core.db import db
from app.files.exports import lists, tasks
from app.people.employers.models import Employer
from app.people.names.models import FormerName
from app.people.schools.models import Major
from app.people.students.models import Student
from app.plan.rows import editions, employers, narrowing, reconciling
from app.plan.rows.models import PlanEntry
from tests import factories as make

VIEWS = ("PlanView", "StudentsView")


@pytest.fixture
def rows(cast):
    """Three graduates: a signing, a row that staff typed, one without a destination; and another school's."""
    editions.load_shipped()
    signed, typed, open_ = cast.student, cast.classmate, cast.neighbour
    make.attest(make.accept(make.invite(cast.employer, signed)[0]), cast.officer)
    make.attest(make.accept(make.invite(cast.rival, cast.stranger)[0]), cast.other_officer)
    for student, group in ((signed, "软工2301"), (typed, "软工2302"), (open_, "法学 2301")):
        student.class_name = group
    typed.education, open_.education = "11", "31"
    reconciling.reconcile(cast.school.id, None, clock.now())
    reconciling.reconcile(cast.other_school.id, None, clock.now())
    row = db.session.query(PlanEntry).filter_by(student_id=typed.id).one()
    row.destination_code, row.employer_name, row.credit_code = (
        "801",
        "江城大学",
        "12420000420000000A",
    )
    row.employer_kind, row.industry, row.location = "22", "42", "420106"
    row.sources = dict.fromkeys(("destination_code", "employer_name"), "staff")
    row.state, row.by_staff = "filled", True
    db.session.query(Major).filter_by(id=open_.major_id).one().name = "知识产权法"
    db.session.commit()
    return {"signed": signed, "typed": typed, "open": open_}


def found_by(user, view, query):
    """The student numbers of a list narrowed so."""
    with tasks.as_person(user.id):
        asked = {"view": view, "query": query, "columns": ["student.student_no", "student_no"]}
        model = lists.view_of(view).datamodel.obj
        statement = lists.narrowed(lists.view_of(view), asked)
        found = db.session.scalars(statement).all()
        assert lists.count(asked) == len(found)
        return {row.student.student_no if model is PlanEntry else row.student_no for row in found}


CASES = [
    ("f_part=study", {"A2"}),
    ("f_destination=801", {"A2"}),
    ("f_destination=10", {"A1"}),
    ("f_employer=星光", {"A1"}),
    ("f_employer=江城", {"A2"}),
    ("f_employer=光谷", set()),
    ("f_employer=12420000420000000A", set()),
    ("f_nature=22", {"A2"}),
    ("f_industry=42", {"A2"}),
    ("f_region=湖北", {"A1", "A2"}),
    ("f_region=武汉 武昌", {"A2"}),
    ("f_region=42", {"A1", "A2"}),
    ("f_region=420106", {"A2"}),
    ("f_region=不存在", set()),
    ("f_major=知识产权", {"B1"}),
    ("f_class_=软工", {"A1", "A2"}),
    ("f_class_=2301", {"A1", "B1"}),
    ("f_class_=软工2302", {"A2"}),
    ("f_level=11", {"A2"}),
    ("f_source=staff", {"A2"}),
    ("f_source=signing", {"A1"}),
    ("f_class_=软工&f_region=武汉&f_source=signing", {"A1"}),
    ("f_class_=100%", set()),
    ("f_college=0", None),
]


@pytest.mark.rule("PLN-04", "ADM-02")
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("query", "numbers"), [case for case in CASES if case[1] is not None])
def test_a_list_has_exactly_the_rows_that_were_asked_for(cast, rows, view, query, numbers):
    db.session.query(Employer).filter_by(name="星光集团有限公司").update({"location": "420111"})
    db.session.query(PlanEntry).filter_by(student_id=rows["signed"].id).update(
        {"location": "420111"}
    )
    db.session.commit()
    assert found_by(cast.officer, view, query) == numbers


@pytest.mark.rule("ADM-02", "ACC-02")
@pytest.mark.parametrize("view", VIEWS)
def test_the_search_finds_employers_by_part_former_name_and_credit_code(cast, rows, view):
    db.session.add(FormerName(employer_id=cast.employer.id, name="启明电子厂", until=clock.now()))
    row = db.session.query(PlanEntry).filter_by(student_id=rows["typed"].id).one()
    row.credit_code = make.credit_code(77)
    signed = db.session.query(PlanEntry).filter_by(student_id=rows["signed"].id).one()
    signed.credit_code = cast.employer.credit_code
    db.session.commit()
    for typed, numbers in (
        ("星光", {"A1"}),
        ("启明电子", {"A1"}),
        ("江城大学", {"A2"}),
        (row.credit_code, {"A2"}),
        (cast.employer.credit_code.lower(), {"A1"}),
        ("黄河水", {"A1"}),
        ("A2", {"A2"}),
        ("光谷", set()),
    ):
        assert found_by(cast.officer, view, f"q={typed}") == numbers, typed
    assert found_by(cast.other_officer, view, "q=光谷") == {"C1"}
    assert found_by(cast.province, view, "q=有限公司") == {"A1", "C1"}
    assert found_by(cast.college_officer, view, "q=江城") == {"A2"}
    assert found_by(cast.other_college_officer, view, "q=江城") == set()


@pytest.mark.rule("ADM-01")
def test_a_part_of_a_class_is_enough_in_the_search_of_students(cast, rows):
    assert found_by(cast.officer, "StudentsView", "q=软工23") == {"A1", "A2"}
    assert found_by(cast.officer, "StudentsView", "q=法学") == {"B1"}
    assert found_by(cast.province, "StudentsView", "q=软工2301") == {"A1"}


@pytest.mark.rule("CHK-02")
@pytest.mark.parametrize("view", VIEWS)
def test_the_rows_of_an_open_finding_of_a_rule_or_a_field(cast, rows, view):
    from app.plan.checks.models import Finding

    for student, rule, facts, state in (
        (rows["typed"], "missing", {"fields": "industry postcode"}, "open"),
        (rows["signed"], "missing", {"fields": "address"}, "open"),
        (rows["open"], "id_missing", {}, "open"),
        (rows["open"], "missing", {"fields": "postcode"}, "gone"),
    ):
        db.session.add(
            Finding(
                school_id=student.school_id,
                college_id=student.college_id,
                student_id=student.id,
                rule=rule,
                graduation_year=student.graduation_year,
                severity="error",
                subject=f"s{student.id}",
                facts=facts,
                state=state,
                found_at=clock.now(),
                changed_at=clock.now(),
            )
        )
    db.session.commit()
    assert found_by(cast.officer, view, "f_finding=missing") == {"A1", "A2"}
    assert found_by(cast.officer, view, "f_finding=missing.postcode") == {"A2"}
    assert found_by(cast.officer, view, "f_finding=id_missing") == {"B1"}
    assert found_by(cast.officer, view, "f_finding=missing&f_class_=2302") == {"A2"}


def chips_of(page):
    """Text and address of the chips that say how the list is narrowed."""
    part = page.partition('<ul class="qq-narrowings"')[2].partition("</ul>")[0]
    found = re.findall(r'<a class="qq-chip[^"]*" href="([^"]*)">([^<]*)<', part)
    return {text.strip(): unescape(url) for url, text in found}


@pytest.mark.rule("ADM-02", "BLK-01")
@pytest.mark.parametrize(
    ("address", "view"), [("/plan", "PlanView"), ("/students", "StudentsView")]
)
def test_each_filter_is_a_chip_that_can_be_taken_away_and_goes_into_the_export(
    cast, rows, visit, address, view
):
    browser = visit(cast.officer)
    sent = {"q": "星光", "f_class_": " 软工 ", "f_region": "武汉", "f_level": "31"}
    answer = browser.post(f"{address}/search", data=sent)
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"]).text
    chips = chips_of(page)
    assert len(chips) == 4, chips
    assert any(text.endswith("星光") for text in chips)
    assert any("软工" in text for text in chips)
    [without] = [url for text, url in chips.items() if text.startswith("班级")]
    left = chips_of(browser.get(without).text)
    assert len(left) == 3
    export = unescape(
        re.search(r'href="(/exports/\?[^"]*)"', browser.get(f"{address}/list/?f_class_=软工").text)[
            1
        ]
    )
    assert "f_class_" in export
    asks = browser.get(export).text
    assert "班级：软工" in asks
    assert not any(text.startswith("班级") for text in left)
    assert (
        "<script>"
        not in browser.get(f"{address}/list/?f_class_=<script>").text.partition("qq-narrowings")[2][
            :400
        ]
    )


@pytest.mark.rule("ACC-02")
def test_what_no_filter_can_have_is_refused_with_a_sentence(cast, rows, visit):
    for query in (
        "f_region=%00",
        "f_class_=" + "长" * 101,
        "f_nature=zz",
        "f_part=none",
        "f_finding=x.y",
        "f_strange=1",
    ):
        assert visit(cast.officer).get(f"/plan/list/?{query}").status_code == 400, query
    for query in (
        "f_region=9999999999",
        "f_employer=%25",
        "f_employer=_",
        "f_major=%27",
        "f_class_=%5C",
    ):
        assert visit(cast.officer).get(f"/plan/list/?{query}").status_code == 200, query


@pytest.mark.rule("ADM-02")
def test_employers_are_found_by_an_index_never_by_reading_every_row(app, cast, rows):
    with tasks.as_person(cast.province.id):
        from app.accounts.queries import actor

        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        for part in employers.of_employer("江城大学", actor()):
            made = part.compile(db.engine, compile_kwargs={"literal_binds": True})
            said = "\n".join(
                db.session.scalars(text(f"EXPLAIN {str(made).replace(':', chr(92) + ':')}"))
            )
            assert "Seq Scan on plan_entry" not in said, said
            assert "Seq Scan on placement" not in said, said


@pytest.mark.rule("ADM-02")
def test_classes_are_found_by_an_index_whoever_asks(app, cast, rows):
    with tasks.as_person(cast.province.id):
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        for typed in ("计算机", "3", "CS-1"):
            wanted = select(Student.id).where(narrowing.in_class(typed))
            made = wanted.compile(db.engine, compile_kwargs={"literal_binds": True})
            said = "\n".join(
                db.session.scalars(text(f"EXPLAIN {str(made).replace(':', chr(92) + ':')}"))
            )
            assert "ix_student_class_grams" in said, said
            assert "Seq Scan" not in said, said
