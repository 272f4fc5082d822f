"""The link against everything else at the same moment, over real connections: frozen once, never in between."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.accounts import freezing
from app.accounts.warnings import warn
from app.accounts.workflow import CHANGED
from app.core.db import db
from app.people.employers.models import Employer
from app.people.schools.models import College
from app.people.students.models import Student
from app.people.students.workflow import STUDENTS
from app.signing.disputes.links import press
from app.signing.disputes.models import Dispute
from app.signing.disputes.workflow import DISPUTES
from app.signing.invitations.workflow import INVITATIONS
from app.signing.objections.models import Objection
from app.workflow.actor import Role
from tests import factories as make
from tests.cast import Cast
from tests.databases import furnished
from tests.depth import times
from tests.real import at_once, installation
from tests.signing.disputes.told import tokens_of, warnings_of

ROUNDS = times(6, 12)


@pytest.fixture(scope="module")
def race(server, tmp_path_factory):
    with installation(furnished(server, "not_me"), tmp_path_factory.mktemp("not_me")) as app:
        yield app


def someone() -> Student:
    college = db.session.query(College).filter_by(name="计算机学院").one()
    found = make.make_student(college)
    db.session.commit()
    return found


def accepted() -> tuple[int, list[str]]:
    """A signing just accepted, and the links in the messages to its student."""
    student = someone()
    firm = db.session.query(Employer).order_by(Employer.id).first()
    make.accept(make.invite(firm, student)[0])
    return student.id, tokens_of(warnings_of(make.account(student))[-1])


@pytest.mark.rule("INV-20", "NTF-02")
def test_eight_clicks_on_two_phones_make_one_report(race):
    for _round in range(4):
        with race.app_context():
            student_id, tokens = accepted()
        acts = [lambda t=t: press(t, "203.0.113.1") for t in tokens * 4]
        assert at_once(race, acts) == {"done": len(acts)}
        with race.app_context():
            assert db.session.query(Objection).filter_by(student_id=student_id).count() == 1


@pytest.mark.rule("INV-20")
def test_eight_clicks_on_messages_about_the_account_make_one_dispute(race):
    with race.app_context():
        cast, student = Cast.load(), someone()
        user_id = make.account(student).id
        for _n in range(3):
            STUDENTS.perform("begin_anew", student.id, make.actor(cast.officer), reason="忘记密码")
        tokens = [t for w in warnings_of(make.account(student)) for t in tokens_of(w)]
    acts = [lambda t=t: press(t, "203.0.113.2") for t in tokens]
    assert at_once(race, acts) == {"done": len(acts)}
    with race.app_context():
        assert db.session.query(Dispute).filter_by(user_id=user_id).count() == 1


@pytest.mark.rule("INV-20", "ACC-15")
def test_an_acceptance_comes_before_the_freeze_or_not_at_all(race):
    """Whichever wins, nothing is accepted by an account that was frozen when it was committed."""
    seen = set()
    for _round in range(ROUNDS):
        with race.app_context():
            cast, student = Cast.load(), someone()
            [letter] = make.invite(cast.employer, student)
            make.pass_time(hours=2)
            user = make.account(student)  # told of what holds nothing, so that the act can win
            warn(user, f"password:{user.id}:{_round}", *CHANGED)
            db.session.commit()
            token = tokens_of(warnings_of(user)[-1])[0]
            who, key, user_id = make.actor(student), letter.id, make.account(student).id
        done = at_once(
            race,
            [
                lambda k=key, w=who: INVITATIONS.perform("accept", k, w, agreed=True),
                lambda t=token: press(t, "203.0.113.3"),
            ],
        )
        seen.add(tuple(sorted(done.items())))
        assert done["done"] + done["Refused"] == 2
        with race.app_context():
            late = text(
                "SELECT count(*) FROM trail t JOIN ab_user u ON u.id = t.actor_id"
                " JOIN dispute d ON d.user_id = u.id WHERE u.id = :u AND t.step = 'accept'"
                " AND t.txid > (SELECT min(r.txid) FROM trail r WHERE r.kind = 'dispute'"
                " AND r.record_id = d.id) AND t.at > u.frozen_at"
            )
            assert db.session.scalar(late, {"u": user_id}) == 0
            if db.session.scalar(
                text("SELECT frozen_at FROM ab_user WHERE id = :u"), {"u": user_id}
            ):
                with pytest.raises(Exception, match=r"冻结|已签约"):
                    INVITATIONS.perform("accept", key, who, agreed=True)
    assert seen


@pytest.mark.rule("INV-20")
def test_the_freeze_waits_for_the_act_that_holds_the_account(race):
    """An act that has asked «is it frozen?» is committed before the freeze, or sees it."""
    import threading

    with race.app_context():
        user_id = make.account(someone()).id
    asked, go_on, order = threading.Event(), threading.Event(), []

    def act() -> None:
        with race.app_context():
            assert freezing.sentence(user_id, taken=True) is None
            asked.set()
            go_on.wait(10)
            order.append("act")
            db.session.commit()

    def freeze() -> None:
        with race.app_context():
            asked.wait(10)
            freezing.freeze(user_id)
            order.append("freeze")
            db.session.commit()

    threads = [threading.Thread(target=act), threading.Thread(target=freeze)]
    for thread in threads:
        thread.start()
    asked.wait(10)
    with race.app_context():
        waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        for _look in range(200):
            if db.session.scalar(waits):
                break
            db.session.rollback()
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert order == ["act", "freeze"]


@pytest.mark.rule("INV-20")
def test_clearing_while_a_further_message_is_disowned_locks_nobody_out(race):
    for _round in range(4):
        with race.app_context():
            cast, student = Cast.load(), someone()
            for _n in range(2):
                STUDENTS.perform(
                    "begin_anew", student.id, make.actor(cast.officer), reason="忘记密码"
                )
            first, second = (tokens_of(w)[0] for w in warnings_of(make.account(student)))
            press(first, "203.0.113.4")
            user_id = make.account(student).id
            found = db.session.query(Dispute).filter_by(user_id=user_id).one().id
            who = make.actor(make.make_user(Role.PROVINCE))
            db.session.commit()
        done = at_once(
            race,
            [
                lambda t=second: press(t, "203.0.113.4"),
                lambda f=found, w=who: DISPUTES.perform("clear", f, w, reason="已当面核实"),
            ],
        )
        assert done == {"done": 2}
        with race.app_context():
            open_ones = "SELECT count(*) FROM dispute WHERE user_id = :u AND state = 'open'"
            frozen = "SELECT frozen_at IS NOT NULL FROM ab_user WHERE id = :u"
            values = {"u": user_id}
            assert db.session.scalar(text(open_ones), values) == int(
                db.session.scalar(text(frozen), values)
            )
