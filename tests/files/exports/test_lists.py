"""Every list goes out as its page shows it: scope, tab, filter, search, order; never cut (BLK-01)."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.core.registry import stores
from app.fab.views import SafeModelView
from app.files.exports import lists, tasks
from tests import factories as make


def table_as(app, user, view, query="", columns=None, clear=False):
    """Headers and rows of a list as that person."""
    with tasks.as_person(user.id):
        asked = {"view": view, "query": query, "columns": columns}
        table = stores().export_sources["list"].table(asked, clear)
        return [c.label for c in table.columns], [row for batch in table.rows() for row in batch]


def lists_of(app):
    views = app.extensions["appbuilder"].baseviews
    return [v for v in views if isinstance(v, SafeModelView) and "list" in v.include_route_methods]


@pytest.fixture
def life(cast):
    """Something in every list."""
    from app.core import clock
    from app.people.students.workflow import restrict
    from app.plan.rows import reconciling
    from app.signing.objections.workflow import report

    signed = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    make.terminate(
        make.attest(make.accept(make.invite(cast.employer, cast.classmate)[0]), cast.officer)
    )
    waits = make.accept(make.invite(cast.employer, make.make_student(cast.college))[0])
    report(make.actor(waits.student), "不实", placement_id=waits.id)
    restrict(cast.neighbour, make.actor(cast.officer), "复核", since=clock.today())
    make.destination(make.make_student(cast.college))
    reconciling.reconcile(cast.school.id, None, clock.now())
    make.attest(make.accept(make.invite(cast.rival, cast.stranger)[0]), cast.other_officer)
    db.session.commit()
    return signed


@pytest.mark.rule("BLK-01")
def test_every_list_can_be_exported_with_all_its_columns(app, cast, life):
    tried = 0
    for view in lists_of(app):
        name = type(view).__name__
        for user in (
            cast.officer,
            cast.college_officer,
            cast.data,
            cast.province,
            cast.admin,
            make.account(cast.employer),
        ):
            if not app.extensions["appbuilder"].sm.role_allows(
                user.role, "can_list", view.class_permission_name
            ):
                continue
            heads, rows = table_as(
                app, user, name, "tab=all" if any(t.name == "all" for t in view.tabs) else ""
            )
            assert len(set(heads)) == len(heads), name
            assert all(isinstance(cell, str) for row in rows for cell in row), name
            assert not any("<" in cell and ">" in cell for row in rows for cell in row), name
            tried += 1
    assert tried > 50


@pytest.mark.rule("BLK-01", "ACC-02")
def test_an_export_has_exactly_the_rows_of_the_list_and_no_other_schools(app, cast, life):
    heads, rows = table_as(app, cast.officer, "StudentsView")
    names = {row[heads.index(heads[1])] for row in rows}
    assert "黄河水" in names
    assert "买买提·吾布力" not in names
    _heads, far = table_as(app, cast.other_officer, "StudentsView")
    assert "买买提·吾布力" in {row[1] for row in far}
    assert not names & {row[1] for row in far if row[1] != "买买提·吾布力"} - {"测试"}
    _heads, mine = table_as(app, cast.college_officer, "StudentsView")
    assert "王强" not in {row[1] for row in mine}
    assert "王强" in names


@pytest.mark.rule("BLK-01")
def test_the_desk_goes_out_as_it_is_marked_with_whole_dates(app, cast, life):
    heads, rows = table_as(app, cast.officer, "DeskView", "tab=all")
    found = [dict(zip(heads, row, strict=True)) for row in rows]
    assert any("不实" in row["签约鉴证状态"] for row in found)
    assert all(row["最近变动"].startswith("20") for row in found)
    assert "预览" not in {row["协议书编号"] for row in found}


@pytest.mark.rule("BLK-01")
def test_every_row_of_every_tab_is_the_one_that_the_list_shows(app, cast, life, visit):
    from flask import g

    for name, user in (
        ("DeskView", cast.officer),
        ("PlanView", cast.data),
        ("StudentsView", cast.province),
        ("EmployersView", cast.officer),
    ):
        view = next(v for v in lists_of(app) if type(v).__name__ == name)
        for tab in [t.name for t in view.tabs] or [""]:
            query = f"tab={tab}" if tab else ""
            with tasks.as_person(user.id):
                page = view.list_page(view.reader.read({"tab": tab} if tab else {}))
                shown = [row.pk for row in page.rows]
                asked = {"view": name, "query": query}
                keys = [
                    str(row[0])
                    for row in db.session.execute(
                        lists.narrowed(view, asked).with_only_columns(view.datamodel.key)
                    )
                ]
                assert keys[: len(shown)] == shown, (name, tab)
                assert lists.count(asked) == len(keys)
                exported = [
                    r
                    for b in stores()
                    .export_sources["list"]
                    .table({**asked, "columns": None}, False)
                    .rows()
                    for r in b
                ]
                assert len(exported) == len(keys)
    assert not g.get("user")
