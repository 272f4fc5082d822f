"""The process trace: one row a change, chained, never changed; the database holds it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import db
from app.workflow import trail
from tests.factories import accept, attest, invite


@pytest.fixture
def story(cast):
    """A signing in force."""
    return attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)


@pytest.mark.rule("GRD-05")
def test_each_row_carries_the_hash_of_the_one_before(story):
    rows = trail.of("placement", story.id)
    assert [r.step for r in rows] == ["form", "attest"]
    assert [r.previous for r in rows] == ["", rows[0].hash]
    assert [r.seq for r in rows] == [1, 2]


@pytest.mark.rule("GRD-05")
@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE trail SET reason = 'x'",
        "DELETE FROM trail",
        "TRUNCATE trail",
        "UPDATE terms SET regular_pay = 1",
        "DELETE FROM placement",
        "DELETE FROM invitation",
    ],
)
def test_the_database_refuses_to_change_the_past(session, story, attack):
    with pytest.raises(DBAPIError, match="never changed"), session.begin_nested():
        session.execute(text(attack))


@pytest.mark.rule("GRD-05", "GRD-06")
def test_a_state_without_its_row_is_not_committed(session, story):
    with pytest.raises(DBAPIError, match="rows in the trail"), session.begin_nested():
        session.execute(
            text("UPDATE placement SET state = 'refused' WHERE id = :id"), {"id": story.id}
        )
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


@pytest.mark.rule("GRD-05")
def test_a_tampered_row_is_found(session, story):
    found = text("SELECT count(*) FROM trail t WHERE hash <> trail_hash(t)")
    assert session.scalar(found) == 0
    session.execute(text("ALTER TABLE trail DISABLE TRIGGER trail_kept"))
    session.execute(
        text("UPDATE trail SET reason = 'forged' WHERE record_id = :id"), {"id": story.id}
    )
    assert session.scalar(found) >= 1
    session.execute(text("ALTER TABLE trail ENABLE TRIGGER trail_kept"))


@pytest.mark.rule("GRD-01")
def test_the_database_refuses_a_second_placement_of_a_student(session, story):
    copy = text(
        "INSERT INTO placement (kind, state, school_id, college_id, major_id, student_id, graduation_year,"
        " employer_name, employer_credit_code, review, created_at, changed_at)"
        " SELECT kind, 'awaiting_school', school_id, college_id, major_id, student_id, graduation_year,"
        " employer_name, employer_credit_code, review, created_at, changed_at FROM placement WHERE id = :id"
    )
    with pytest.raises(DBAPIError, match="uq_placement_slot"), session.begin_nested():
        session.execute(copy, {"id": story.id})


@pytest.mark.rule("GRD-02")
def test_the_database_refuses_a_second_open_invitation(session, cast):
    [invitation] = invite(cast.employer, cast.classmate)
    copy = text(
        "INSERT INTO invitation (state, school_id, student_id, employer_id, terms_id, batch, sent_at, opens_at,"
        " reply_by, changed_at) SELECT state, school_id, student_id, employer_id, terms_id, 'other', sent_at,"
        " opens_at, reply_by, changed_at FROM invitation WHERE id = :id"
    )
    with pytest.raises(DBAPIError, match="uq_invitation_open"), session.begin_nested():
        session.execute(copy, {"id": invitation.id})


@pytest.mark.rule("GRD-04")
def test_the_database_refuses_a_number_twice(session, cast, story):
    other = attest(accept(invite(cast.rival, cast.classmate)[0]), cast.officer)
    with pytest.raises(DBAPIError, match="uq_placement_agreement_no"), session.begin_nested():
        session.execute(
            text("UPDATE placement SET agreement_no = :no WHERE id = :id"),
            {"no": story.agreement_no, "id": other.id},
        )


@pytest.mark.rule("AGR-10")
def test_a_number_of_a_failed_transaction_is_given_out_again(session, cast, story):
    from app.files.documents.counter import next_number

    point = session.begin_nested()
    lost = next_number(1, 2027, cast.school.id, cast.school.code)
    point.rollback()
    assert next_number(1, 2027, cast.school.id, cast.school.code) == lost
    assert db.session.is_active
