"""Files brought into the plan, and papers made of it, as the worker does at once."""

import pytest

from app.core import children, clock
from app.core.db import db
from app.papers import making, tasks
from app.papers.models import Paper
from app.plan import sync
from app.plan.models import PlanEntry
from app.plan.workflow import decide
from tests.bulk.books import xlsx
from tests.bulk.conftest import apply, bring  # noqa: F401 (fixtures)
from tests.factories import accept, actor, attest, invite

HEADS = ["学号", "姓名", "毕业去向代码", "单位名称", "单位性质代码", "单位所在地代码", "户口迁转地址"]  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def _no_child_left():
    yield
    children.stop()


@pytest.fixture
def rows(cast):
    """The school's plan, all without a destination."""
    sync.reconcile(cast.school.id, None, clock.now())
    db.session.commit()


@pytest.fixture
def signed(cast, rows):
    """The row of the student's signing in force."""
    attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    return entry(cast.student)


@pytest.fixture
def plan(bring, apply):  # noqa: F811 (the fixtures above)
    """`plan(rows)` uploads and checks; with `write`, applies."""

    def act(rows, heads=HEADS, *, write=False, name="方案.xlsx", data=None, user=None):
        record = bring(data or xlsx(rows, heads), name, "plan", user)
        assert record.state == "checked", record.details
        return apply(record, user=user) if write else record

    return act


@pytest.fixture
def made(app):
    """`made(paper)` is the paper after the worker."""

    def act(paper):
        tasks.make_paper.func(paper.id)
        db.session.expire_all()
        return db.session.get(Paper, paper.id)

    return act


def result(paper):
    assert paper.problem is None, paper.problem
    return making.result_of(paper)


def entry(student) -> PlanEntry:
    db.session.expire_all()
    return db.session.query(PlanEntry).filter_by(student_id=student.id).one()


def line(number, name, **more):
    return {"学号": number, "姓名": name, "毕业去向代码": "76", **more}


def take_all_over(cast):
    """The office decides on everything that waits, for the new values."""
    from app.plan.models import ChangeRequest

    for change in db.session.query(ChangeRequest).filter_by(state="open"):
        decide([change.id], actor(cast.officer), set(change.changes))
