"""Every list goes out as its page shows it: scope, tab, filter, search, order; never cut (BLK-01)."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.exports import tasks
from app.exports.tables import SOURCES
from app.fab.views import SafeModelView
from tests import factories as make


def table_as(app, user, view, query="", columns=None, clear=False):
    """Headers and rows of a list as that person."""
    with tasks.as_person(user.id):
        asked = {"view": view, "query": query, "columns": columns}
        table = SOURCES["list"].table(asked, clear)
        return [c.label for c in table.columns], [row for batch in table.rows() for row in batch]


def lists_of(app):
    views = app.extensions["appbuilder"].baseviews
    return [v for v in views if isinstance(v, SafeModelView) and "list" in v.include_route_methods]


@pytest.fixture
def life(cast):
    """Something in every list."""
    from app.core import clock
    from app.objections.workflow import report
    from app.people.workflow import restrict
    from app.plan import sync

    signed = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    make.terminate(
        make.attest(make.accept(make.invite(cast.employer, cast.classmate)[0]), cast.officer)
    )
    waits = make.accept(make.invite(cast.employer, make.make_student(cast.college))[0])
    report(make.actor(waits.student), "不实", placement_id=waits.id)
    restrict(cast.neighbour, make.actor(cast.officer), "复核", since=clock.today())
    make.destination(make.make_student(cast.college))
    sync.reconcile(cast.school.id, None, clock.now())
    make.attest(make.accept(make.invite(cast.rival, cast.stranger)[0]), cast.other_officer)
    db.session.commit()
    return signed


@pytest.mark.rule("BLK-01")
def test_every_list_can_be_exported_with_all_its_columns(app, cast, life):
    tried = 0
    for view in lists_of(app):
        name = type(view).__name__
        for user in (cast.officer, cast.college_officer, cast.data, cast.province, cast.admin,
                     make.account(cast.employer)):  # fmt: skip
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
