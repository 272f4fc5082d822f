"""«My data»: a student's own copy of everything about it, for nobody else (S-19; PIPL art. 45)."""

import io
import json
import zipfile

import pytest

from app.accounts import passwords
from app.accounts.log_models import SecurityEvent
from app.accounts.models import AppUser
from app.core.db import db
from app.core.errors import Refused
from app.core.mail import Message
from app.home import own_copy
from app.people.students.workflow import change_phone
from tests import factories as make

PASSWORD = "rain falls on the lake"
# what of the tables that name a person is not in the copy, and why
LEFT_OUT = {
    "identifier": "keyed digests of numbers that stand in the copy",
    "one_time_code": "digests of codes",
    "act_proof": "the trail says what they proved",
    "known_device": "random names of browsers",
    "account_warning": "stand among the messages",
    "preference": "columns and filters of the staff's lists",
    "passkey": "students have no second factor",
    "code_app": "the same",
    "recovery_code": "the same",
    "factor_challenge": "the same",
    "campus_identity": "the campus's own name of the account; on the page of the campus sign-in",
    "campus_attempt": "minutes of a sign-in",
    "campus_session": "the same",
    "campus_seen": "the same",
    "export_file": "of staff",
    "import_file": "of staff",
    "import_word": "of staff",
    "batch": "of staff",
    "plan_paper": "of staff",
    "staff_request": "of staff",
    "finding": "what the office looks into, not a decision on the person",
    "id_number_fact": "digests for the checks",
    "plan_dirty": "a mark of the machine",
    "plan_snapshot_row": "copies of the row of the plan",
    "change_request": "proposals for that row",
    "candidate": "an employer's own list",
    "merge_request": "on the page of the sign-in",
    "termination_chance": "stands in the course of events",
    "offline_entry": "stands in the signing",
    "forwarding_letter": "under Archive",
    "destination": "stands in the signing",
    "ab_api_key": "not used",
    "ab_user_role": "the one role of students",
    "ab_user_group": "not used",
    "kept_post": "hours of a form that waits to be sent",
    "nudge": "stands in the course of events",
    "number_counter": "numbers",
    "preview": "minutes of a preview",
    "kept_question": "of staff",
    "question_mail": "of staff",
}
IN_COPY = {
    "student",
    "ab_user",
    "correction",
    "restriction",
    "invitation",
    "placement",
    "termination",
    "objection",
    "dispute",
    "plan_entry",
    "notice",
    "message",
    "contact_change",
    "account_session",
    "security_event",
    "attachment",
    "former_name",
}


def test_every_table_that_names_a_person_is_in_the_copy_or_left_out_for_a_reason():
    """A new table has to be thought of here."""
    naming = {
        table.name
        for table in db.metadata.tables.values()
        if {"student_id", "user_id", "owner_user_id"} & set(table.columns.keys())
    }
    assert naming <= IN_COPY | set(LEFT_OUT)


@pytest.fixture
def mine(cast, visit):
    """A student with a password, an invitation and a signing, at the page."""
    user = make.account(cast.student)
    user.password = passwords.hashed(PASSWORD)
    (letter,) = make.invite(cast.employer, cast.student)
    make.pass_time(hours=2)
    make.accept(letter)
    make.invite(cast.employer, cast.classmate)
    return visit(user)


def opened(answer) -> tuple[dict, str, list[str]]:
    """What the file says by heading, its page, its names."""
    file = zipfile.ZipFile(io.BytesIO(answer.data))
    plain = json.loads(file.read("data.json"))
    page = next(n for n in file.namelist() if n.endswith(".html"))
    return {part["name"]: part["rows"] for part in plain}, file.read(page).decode(), file.namelist()


def test_the_copy_holds_the_persons_facts_signings_and_traces_whole(mine, cast):
    """Numbers whole, the terms of the signing, who did what; readable as a page too."""
    answer = mine.post("/my/data/", data={"password": PASSWORD})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    found, page, _names = opened(answer)
    text = json.dumps(found, ensure_ascii=False)
    assert cast.student.id_number in text
    assert cast.student.phone in page
    assert [row["单位"] for row in found["签约与去向"]] == [cast.employer.name]
    assert found["邀约"]
    accepted = [
        row
        for row in found["全部经过"]
        if row["记录"] == "邀约" and cast.student.name in row["操作人"]
    ]
    assert len(accepted) == 1
    assert cast.classmate.name not in text
    assert cast.classmate.student_no not in text


def test_the_download_is_noted_and_told(mine, cast):
    """A thief's download does not stay unseen."""
    make.sent()
    before = db.session.query(Message).count()
    mine.post("/my/data/", data={"password": PASSWORD})
    user = make.account(cast.student)
    assert db.session.query(SecurityEvent).filter_by(user_id=user.id, event="own_copy").count() == 1
    assert db.session.query(Message).count() > before


@pytest.mark.parametrize("typed", [{"password": "wrong wrong wrong"}, {}, {"old_code": "123456"}])
def test_without_password_or_code_there_is_no_copy(mine, typed):
    """An open session on a shared computer is not enough."""
    answer = mine.post("/my/data/", data=typed)
    assert answer.status_code == 422
    assert b"PK" not in answer.data[:4]


def test_a_code_to_the_contact_on_record_serves_who_has_no_password(mine, cast):
    """Its own code, not one for another purpose."""
    make.pass_time(minutes=2)
    code = make.code_for(mine, "/me/sign-in/mail/old-code")
    assert mine.post("/my/data/", data={"old_code": code}).status_code == 422
    make.pass_time(minutes=2)
    code = make.code_for(mine, "/my/data/code")
    assert mine.post("/my/data/", data={"old_code": code}).status_code == 200


def test_while_a_way_in_is_held_there_is_no_copy(mine, cast):
    """Who has just changed the phone does not carry the person's data away (ACC-15)."""
    user = make.account(cast.student)
    change_phone(cast.student.id, "13900001111", make.actor(cast.officer), "换号")
    assert mine.post("/my/data/", data={"password": PASSWORD}).status_code in (302, 303)
    with pytest.raises(Refused, match="手机"):
        own_copy.take(user, cast.student, PASSWORD, "")


def test_others_have_no_such_page(visit, cast):
    """Staff and employers read of students by their own pages only."""
    for user in (cast.officer, make.account(cast.employer), cast.admin):
        assert visit(user).get("/my/data/").status_code in (302, 403)


def test_six_copies_a_day_are_too_many(mine):
    """Each reads all files of the person."""
    answers = [mine.post("/my/data/", data={"password": PASSWORD}).status_code for _ in range(6)]
    assert answers == [200] * 5 + [422]
    assert db.session.query(AppUser).count()
