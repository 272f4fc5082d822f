"""Preview, dialog, side by side and result say the same numbers, as of now (BLK-01, BLK-09, PLN-05)."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import text

from app.core.db import db
from app.files.imports import tasks
from app.files.imports.effects import NotAsShownError
from app.files.imports.models import Import
from app.files.imports.workflow import IMPORTS
from app.plan.rows.change_models import ChangeRequest
from app.plan.rows.workflow import PLAN
from app.workflow.actor import SYSTEM
from tests.factories import actor
from tests.plan.comparison.conftest import line
from tests.plan.rows.conftest import entry


@pytest.fixture
def mixed(cast, signed, plan):
    """A file of two rows: one may be written, the other meets a signing."""
    return plan(
        [line("A1", "黄河水", 毕业去向代码="10", 单位名称="另一家公司"), line("A2", "李静")]
    )


def shown(office, record, page: str) -> str:
    return html.unescape(office.get(f"{page}{record.uid}").text)


def stat(page: str, label: str) -> int:
    """The figure under that label."""
    return int(re.search(rf"{label}</span><strong>(\d+)<", page).group(1))


def confirm_url(page: str) -> str:
    return re.search(r'data-qq-url="([^"]*/write\?[^"]*)"', page).group(1)


def again(record) -> Import:
    return db.session.get(Import, record.id, populate_existing=True)


@pytest.mark.rule("PLN-05", "BLK-09")
def test_preview_dialog_comparison_and_result_say_the_same(cast, visit, mixed):
    office = visit(cast.officer)
    for where in ("/imports/file/", "/plan/files/"):
        page = shown(office, mixed, where)
        assert (stat(page, "直接写入"), stat(page, "待确认变更")) == (1, 1)
        dialog = re.search(r'data-qq-text="([^"]*)"', page).group(1)
        assert "直接写入 1 · 待确认变更 1" in dialog
    office.post(confirm_url(page))
    tasks.write.func(mixed.id)
    assert again(mixed).state == "applied"
    page = shown(office, mixed, "/imports/file/")
    assert "已写入 1 行" in page
    assert "有 1 条变更待处理" in page
    assert db.session.query(ChangeRequest).filter_by(state="open").count() == 1
    assert "写入 1 行，待确认 1 项" in html.unescape(office.get("/import-history/list/").text)


@pytest.mark.rule("PLN-05", "BLK-09")
def test_where_the_data_moved_on_nothing_is_written(cast, visit, mixed):
    office = visit(cast.officer)
    page = shown(office, mixed, "/imports/file/")
    PLAN.perform(
        "edit",
        entry(cast.classmate).id,
        actor(cast.officer),
        values={"destination_code": "76", "location": "420111"},
    )
    office.post(confirm_url(page))
    assert again(mixed).state == "writing"
    with pytest.raises(NotAsShownError):
        IMPORTS.perform("apply", mixed.id, SYSTEM)
    assert db.session.query(ChangeRequest).count() == 0
    assert entry(cast.classmate).sources["destination_code"] == "staff"


@pytest.mark.rule("PLN-05", "BLK-09")
def test_where_only_what_becomes_of_a_row_is_another_nothing_is_written(cast, visit, mixed):
    office = visit(cast.officer)
    office.post(confirm_url(shown(office, mixed, "/imports/file/")))
    asked = entry(cast.student)
    asked.sources = {**asked.sources, "employer_name": "staff"}  # no longer the placement's own
    db.session.commit()
    with pytest.raises(NotAsShownError):
        IMPORTS.perform("apply", mixed.id, SYSTEM)
    assert entry(cast.student).employer_name != "另一家公司"
    assert entry(cast.classmate).destination_code is None
    assert db.session.query(ChangeRequest).count() == 0


@pytest.mark.rule("PLN-05", "BLK-09")
def test_a_dialog_of_other_numbers_does_nothing(cast, visit, mixed):
    office = visit(cast.officer)
    page = shown(office, mixed, "/plan/files/")
    other_tab = {"do": "all", "kind": "employer_name", "take": "ours"}
    office.post(f"/plan/files/{mixed.uid}", data=other_tab)
    office.post(confirm_url(page))
    assert again(mixed).state == "checked"
    page = shown(office, mixed, "/plan/files/")
    assert "数量已变化" in page
    assert stat(page, "直接写入") == 1
    office.post(confirm_url(page))
    tasks.write.func(mixed.id)
    assert again(mixed).state == "applied"
    assert db.session.query(ChangeRequest).count() == 0


@pytest.mark.rule("PLN-05")
def test_what_a_file_writes_is_ordered_by_its_employers_name(cast, signed, plan):
    record = plan([line("A2", "李静", 毕业去向代码="10", 单位名称="另一家公司")])
    IMPORTS.perform("write", record.id, actor(cast.officer))
    tasks.write.func(record.id)
    assert again(record).state == "applied"
    name, key, made = db.session.execute(
        text(
            "SELECT employer_name, employer_name_order, name_order(employer_name, false)"
            " FROM plan_entry WHERE by_staff"
        )
    ).one()
    assert (name, key) == ("另一家公司", made)
