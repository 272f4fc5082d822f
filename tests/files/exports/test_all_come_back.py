"""Every list that our import can take goes out and comes back without a change or a fault (BLK-08)."""

from __future__ import annotations

from datetime import timedelta

import pytest

import app.menu  # noqa: F401 (declares all lists and sheets)
from app.core import clock
from app.core.db import db
from app.core.registry import stores
from app.fab.views import SafeModelView
from app.files.exports.models import Format
from app.files.imports import requests as imports
from app.files.imports import tasks as import_tasks
from app.files.imports.models import Import
from app.files.imports.row_models import ImportRow
from app.people.students.workflow import RESTRICTIONS, restrict
from app.plan.rows import editions, reconciling
from app.plan.rows.models import PlanEntry
from tests import factories as make
from tests.files.imports.test_round_trips import full  # noqa: F401 (a fixture: records with values that tempt)

NO_LIST = {
    "send-list",  # an employer's own; the page of it is no list that goes out
    "facts",  # further facts of the students, whose list goes out as the students' sheet
}


def every(view):
    """All views below."""
    for below in view.__subclasses__():
        yield below
        yield from every(below)


VIEWS = sorted({view.__name__ for view in every(SafeModelView) if view.export_sheet})
SHEET_OF = {view.__name__: view.export_sheet for view in every(SafeModelView) if view.export_sheet}


@pytest.mark.rule("BLK-08")
def test_every_sheet_of_ours_has_a_list_that_goes_out_as_it_comes_in():
    assert set(stores().sheets) - set(SHEET_OF.values()) == NO_LIST
    assert set(SHEET_OF.values()) <= set(stores().sheets)


@pytest.fixture
def world(cast, app, full):  # noqa: F811
    """A plan with a signing, a typed row, a study; restrictions that stand, come, are over, were released."""
    editions.load_shipped()
    make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    for student in (cast.student, cast.classmate, cast.neighbour):
        student.id_number, student.phone = (
            make.id_number(student.id),
            f"139{student.id % 10**8:08d}",
        )
        student.class_name = "=1+1"
    reconciling.reconcile(cast.school.id, None, clock.now())
    row = db.session.query(PlanEntry).filter_by(student_id=cast.classmate.id).one()
    row.destination_code, row.employer_name, row.address, row.postcode = (
        "801",
        "江城大学",
        "-1号",
        "001234",
    )
    row.employer_kind, row.industry, row.location, row.credit_code = (
        "22",
        "42",
        "420106",
        make.credit_code(7),
    )
    row.contact_name, row.contact_phone, row.archive_to = "王芳（人事）", "027-87654321", "学生处"
    row.state, row.by_staff = "filled", True
    row.sources = dict.fromkeys(("destination_code", "employer_name"), "staff")
    for n, kind in enumerate(("all", "online", "offline", "destination")):
        student, who = (cast.classmate, cast.neighbour)[n % 2], make.actor(cast.officer)
        set_ = restrict(student, who, '=学费,未缴"清"', kind=kind, since=clock.today())
        if kind == "destination":
            RESTRICTIONS.perform("release", set_.id, who, reason="已缴清")
        if kind == "offline":  # over
            set_.since, set_.until = (
                clock.today() - timedelta(days=9),
                clock.today() - timedelta(days=1),
            )
        if kind == "online":
            set_.until = clock.today()
    db.session.commit()


def come_back(app, cast, data, name, sheet):
    with app.test_request_context():
        who = make.actor(cast.officer)
        record, _fresh = imports.bring(who, imports.sheet_for(who, sheet), data, name)
        import_tasks.check(record.id)
    return db.session.get(Import, record.id, populate_existing=True)


def said_of(found):
    rows = db.session.query(ImportRow).filter_by(import_id=found.id)
    return [(r.line, r.status, r.problems, r.values, r.old) for r in rows if r.status != "same"]


@pytest.mark.rule("BLK-08", "BLK-01")
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("view", VIEWS)
def test_it_comes_back_as_it_was_in_every_format(app, cast, ask, content, world, view, language):
    """Whoever brings it back reads Chinese; numbers that the list masks are known as such."""
    for form in ("xlsx", "csv", "dbf", "xlsx-pivot"):
        cast.officer.locale = language
        db.session.commit()
        record = ask(form, view, "tab=all" if view not in ("CollegesView", "MajorsView") else "")
        assert record.state == "ready", (form, record.details)
        data = content(record)
        cast.officer.locale = "zh"
        db.session.commit()
        found = come_back(app, cast, data, f"a.{Format(form).ending}", SHEET_OF[view])
        assert found.state == "checked", (form, found.details)
        assert (found.new, found.changed, found.faulty) == (0, 0, 0), (form, said_of(found))
        assert found.same == record.counted > 0, form
