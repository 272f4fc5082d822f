"""Files brought into the plan."""

import pytest

from app.core.db import db
from app.plan.rows.workflow import decide
from tests.factories import actor
from tests.files.imports.books import xlsx
from tests.files.imports.conftest import apply, bring  # noqa: F401 (fixtures)
from tests.files.made.conftest import made  # noqa: F401 (fixtures)
from tests.plan.rows.conftest import rows, signed  # noqa: F401 (fixtures)

HEADS = [
    "学号",
    "姓名",
    "毕业去向代码",
    "单位名称",
    "单位性质代码",
    "单位所在地代码",
    "户口迁转地址",
]


@pytest.fixture
def plan(bring, apply):  # noqa: F811 (the fixtures above)
    """`plan(rows)` uploads and checks; with `write`, applies."""

    def act(lines, heads=HEADS, *, write=False, name="方案.xlsx", data=None, user=None):
        record = bring(data or xlsx(lines, heads), name, "plan", user)
        assert record.state == "checked", record.details
        return apply(record, user=user) if write else record

    return act


def line(number, name, **more):
    return {"学号": number, "姓名": name, "毕业去向代码": "76", **more}


def take_all_over(cast):
    """The office decides on everything that waits, for the new values."""
    from app.plan.rows.change_models import ChangeRequest

    for change in db.session.query(ChangeRequest).filter_by(state="open"):
        decide([change.id], actor(cast.officer), set(change.changes))
