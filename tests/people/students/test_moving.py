"""A student whose college or major is corrected takes signings and reviews along (ADM-09, AGR-06)."""

from __future__ import annotations

import pytest

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours
from app.people.corrections.workflow import CORRECTIONS, propose
from app.people.merging.workflow import merge_students
from app.people.schools.models import Major
from app.people.students.workflow import correct
from app.plan.letters import letters
from app.plan.letters.models import ForwardingLetter
from app.plan.rows import sync
from app.plan.rows.models import PlanEntry
from app.signing.placements.models import Placement
from app.signing.placements.workflow import PLACEMENTS
from app.workflow import trail
from app.workflow.actor import Role
from tests import factories as make
from tests.files.imports.books import HEADS, xlsx
from tests.files.imports.conftest import apply, bring  # noqa: F401 (fixtures)
from tests.signing.desk.desk import signed, two_levels

pytestmark = pytest.mark.rule("ADM-09", "AGR-06")
SAID = "计算机学院 计算机学院专业 → 法学院 法学院专业"


@pytest.fixture
def major(cast):
    """The major of the other college."""
    return db.session.query(Major).filter_by(college_id=cast.other_college.id).one()


@pytest.fixture
def move(cast, major):
    """The school corrects the student's major."""
    return lambda student: correct(student, {"major_id": major.id}, make.actor(cast.officer))


def fresh(record):
    return db.session.get(type(record), record.id, populate_existing=True)


def lines(placement):
    return [r for r in trail.of("placement", placement.id) if r.step == "follow_student"]


def test_a_running_review_goes_to_the_new_college_and_the_old_one_sees_it_no_more(
    cast, major, move, visit
):
    two_levels(cast)
    [waiting] = signed(cast.employer, cast.student)
    before = waiting.changed_at
    move(cast.student)
    found = fresh(waiting)
    assert (found.college_id, found.major_id) == (cast.other_college.id, major.id)
    assert found.changed_at == before  # it waits as long as before
    old, new = visit(cast.college_officer), visit(cast.other_college_officer)
    assert old.get(f"/desk/show/{found.id}").status_code == 404
    assert "黄河水" not in old.get("/desk/list/").text
    assert "黄河水" in new.get("/desk/list/").text
    page = visit(cast.officer).get(f"/desk/show/{found.id}").text
    assert "随学生的学院、专业调整" in page
    assert SAID in page
    with pytest.raises(NotYours):
        PLACEMENTS.perform("attest_college", found.id, make.actor(cast.college_officer))
    PLACEMENTS.perform("attest_college", found.id, make.actor(cast.other_college_officer))
    assert fresh(found).state == "awaiting_school"


def test_a_signing_in_force_its_termination_its_letter_and_its_row_move(cast, major, move, visit):
    placement = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    entry = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    entry.archive_to = "人才中心"
    db.session.commit()
    letters.number_them(cast.school.id, {"year": 2027, "college": None})
    termination = make.terminate(placement)
    move(cast.student)
    letter = db.session.query(ForwardingLetter).filter_by(student_id=cast.student.id).one()
    for record in (placement, termination, letter):
        assert fresh(record).college_id == cast.other_college.id
    [line] = lines(placement)
    assert (line.reason, line.from_state, line.to_state) == (SAID, "in_force", "in_force")
    assert (line.actor_id, line.actor_role) == (cast.officer.id, "school")
    while sync.follow(clock.now()):
        db.session.commit()
    row = fresh(entry)
    assert (row.college_id, row.state, row.placement_id) == (
        cast.other_college.id,
        "filled",
        placement.id,
    )
    assert "黄河水" in visit(cast.other_college_officer).get("/plan/list/?tab=all").text
    assert "黄河水" not in visit(cast.college_officer).get("/plan/list/?tab=all").text


def test_what_is_over_moves_silently_and_can_be_restored_where_it_was_refused(cast, move):
    two_levels(cast)
    [waiting] = signed(cast.employer, cast.student)
    PLACEMENTS.perform(
        "refuse_college", waiting.id, make.actor(cast.college_officer), reason="不符"
    )
    make.pass_time(minutes=5)
    move(cast.student)
    assert fresh(waiting).college_id == cast.other_college.id
    assert lines(waiting) == []
    PLACEMENTS.perform("restore", waiting.id, make.actor(cast.officer), reason="误退")
    assert fresh(waiting).state == "awaiting_college"


def test_another_major_of_the_same_college_moves_the_major_alone(cast):
    other = Major(
        school_id=cast.school.id, college_id=cast.college.id, code="0899", name="网络安全"
    )
    db.session.add(other)
    db.session.commit()
    [waiting] = signed(cast.employer, cast.student)
    correct(cast.student, {"major_id": other.id}, make.actor(cast.officer))
    assert (fresh(waiting).major_id, waiting.college_id) == (other.id, cast.college.id)
    assert lines(waiting)[0].reason == "计算机学院 计算机学院专业 → 计算机学院 网络安全"


def test_a_correction_of_something_else_leaves_no_line(cast):
    [waiting] = signed(cast.employer, cast.student)
    correct(cast.student, {"class_name": "9班"}, make.actor(cast.officer))
    assert lines(waiting) == []


def test_the_students_own_correction_moves_it_once_the_school_accepts(cast, major):
    [waiting] = signed(cast.employer, cast.student)
    ask = propose(cast.student, "major_id", str(major.id), "转专业", make.actor(cast.student))
    assert fresh(waiting).college_id == cast.college.id
    CORRECTIONS.perform("accept", ask.id, make.actor(cast.officer))
    assert fresh(waiting).college_id == cast.other_college.id
    assert lines(waiting)[0].actor_id == cast.officer.id


def test_a_file_moves_the_signings_of_its_students_and_its_undoing_moves_them_back(
    cast,
    bring,  # noqa: F811
    apply,  # noqa: F811
):
    one, two = signed(cast.employer, cast.student, cast.classmate)
    [other] = signed(cast.employer, cast.neighbour)

    def row(student, college):
        return {
            "学号": student.student_no,
            "姓名": student.name,
            "身份证号": student.id_number,
            "院系": college,
            "专业": f"{college}专业",
            "毕业届": "2027",
            "学历": "31",
        }

    file = [
        row(cast.student, "法学院"),
        row(cast.classmate, "计算机学院"),
        row(cast.neighbour, "法学院"),
    ]
    record = apply(bring(xlsx(file, HEADS)))
    assert (record.state, record.changed) == ("applied", 1)
    assert [fresh(p).college_id for p in (one, two, other)] == [
        cast.other_college.id,
        cast.college.id,
        cast.other_college.id,
    ]
    assert [len(lines(p)) for p in (one, two, other)] == [1, 0, 0]
    assert lines(one)[0].actor_id == cast.officer.id
    undoes = make.make_user(Role.SCHOOL, "undoes", school_id=cast.school.id)
    db.session.commit()
    assert apply(record, "undo", user=undoes).state == "undone"
    assert fresh(one).college_id == cast.college.id
    assert [line.actor_id for line in lines(one)] == [cast.officer.id, undoes.id]
    assert [line.reason for line in lines(one)] == [SAID, " → ".join(reversed(SAID.split(" → ")))]


def test_a_merged_students_signings_come_to_the_college_of_the_record_that_stays(cast):
    twin = make.make_student(cast.other_college, "黄河水", student_no="A1X")
    twin.id_number = cast.student.id_number
    db.session.commit()
    [waiting] = signed(cast.employer, twin)
    merge_students(cast.student.id, twin.id, set(), make.actor(cast.officer), "重复导入")
    assert fresh(waiting).college_id == cast.college.id


def test_no_placement_of_another_student_is_touched(cast, move):
    [mine] = signed(cast.employer, cast.student)
    [theirs] = signed(cast.rival, cast.stranger)
    move(cast.student)
    assert fresh(theirs).college_id == cast.far_college.id
    wrong = db.session.query(Placement).join(Placement.student)
    assert all(p.college_id == p.student.college_id for p in wrong)
    assert fresh(mine).college_id == cast.other_college.id
