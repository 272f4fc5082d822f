"""Guards over the whole tree: what must stay true however it grows."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app import roles
from app.cli import WORKFLOWS
from app.workflow.actor import PARTIES
from app.workflow.diagram import diagram
from app.workflow.steps import Reason
from tests import rules

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
FEATURES = (
    "audit", "batches", "checks", "codes", "desk", "destinations", "disputes", "forwarding", "home", "invitations",
    "notices", "objections", "official", "offline", "origin", "papers", "people", "placements",
    "plan", "planfiles", "reports", "settings", "staff", "termination", "terms", "verification",
)  # fmt: skip
FILES = {
    "__init__.py", "models.py", "workflow.py", "queries.py", "sheets.py", "forms.py", "notices.py",
    "tasks.py", "api.py", "views.py",
    "effects.py",  # what follows the steps, where the table and its guards fill workflow.py
    "guards.py",  # where they are many: the guards of the table, beside it
    "evidence.py",  # termination: the files that belong to it
    "checks.py",  # people: pure checks of numbers, for forms and files alike
    "detail.py",  # placements: one record as the desk shows it
    "sync.py",  # plan: table against table: found, locked, read, written
    "deciding.py",  # plan: what becomes of its rows, over frames
    "differing.py",  # planfiles, official: what a file says otherwise, over frames
    "layouts.py",  # plan: the official layout as it goes out
    "hooks.py",  # plan: what the packages above say of it
    "commands.py",  # staff: what is done from the shell of the server
    "code_forms.py",  # plan: the administrators' forms
    "editions.py",  # plan: formulas, and what codes count as
    "narrowing.py",  # plan: what lists of graduates are narrowed by; employers in their search
    "outside.py",  # plan: whom a figure counts, and who is outside it and why
    "snapshots.py",  # plan: immutable copies and their comparison
    "making.py",  # papers: asked for, made, kept
    "beside.py",  # planfiles: a file beside the plan, and what was chosen
    "importing.py",  # planfiles: the rows of a file into the plan
    "matching.py",  # planfiles: whose the rows of a file are
    "workbook.py",  # official: a workbook, filled
    "heads.py",  # audit: the head of the chain, signed, outside the database
    "filling.py",  # official: the child that reads and fills it
    "spelling.py",  # official: what a workbook's headers mean, how it writes codes
    "splicing.py",  # official: texts into a worksheet's XML
    "letters.py",  # forwarding: numbered, printed, tracked
    "rules.py", "year_rules.py", "signs.py",  # checks: the table of rules
    "guesses.py",  # invitations: wrong numbers that employers tried, counted for form and file alike
    "flow.py", "flow_detail.py",  # reports: the flow of work, beside the rates
    "pivots.py", "cuts.py",  # reports: any two dimensions, by pandas; what they are called
    "sentences.py",  # checks: a finding in words
    "merging.py",  # people: two records of students or employers become one
    "merge_requests.py",  # people: the person behind two records confirms that they are one
    "parts.py",  # people: the rules of colleges and majors, which have no states
    "own_contacts.py",  # people: a person's own mail and telephone
    "file_ways.py",  # people: ways in changed by a file
    "reached.py",  # notices: whom an event reached, and whom not
    "ways_in.py",  # people: changed phones and mails, their undoing
    "registration.py",  # people: an employer registers itself
    "fields.py",  # people: the declared fields of the origin record
    "documents.py",  # people: documents of identity as files bring them
    "register.py",  # people: the register of employers as staff keep it
    "naming.py",  # people: present and former names, as all searches find them
    "students.py",  # people: the table of a student's record, beside that of employers
    "keys.py", "content.py", "marks.py",  # audit: what is digested of a row, with which key, when
    "seals.py", "roots.py",  # audit: the chain, and what goes outside
    "verifying.py", "walking.py", "guarding.py", "findings.py",  # audit: the verifier
    "retention.py",  # audit: how long what is no record is kept
    "own_copy.py",  # home: a student's copy of everything about it
    "tables",  # codes: the shipped tables
    "__pycache__",
}  # fmt: skip
SOURCES = sorted(APP.rglob("*.py"))


# kind → the states that are an end
FINAL = {
    "invitation": {"accepted", "declined", "expired", "withdrawn"},
    "placement": {"given_up", "replaced"},  # every other end can be undone within seconds
    "termination": {"closed"},
    "objection": {"upheld", "dismissed"},
    "dispute": {"cleared"},
    "employer": {"approved", "merged"},
    "student": set(),
    "correction": {"accepted", "refused", "withdrawn"},
    "restriction": {"released"},
    "import_file": {"failed", "undone", "discarded"},
    "export_file": {"failed", "expired"},
    "plan_entry": set(),
    "finding": set(),
    "staff_request": {"done", "refused", "withdrawn", "expired"},
    "change_request": {"applied", "dropped", "overtaken"},
}


def functions(file: Path):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_feature_packages_hold_only_the_allowed_files():
    strange = [
        f"{feature}/{path.name}"
        for feature in FEATURES
        for path in (APP / feature).iterdir()
        if path.name not in FILES
        and not path.name.endswith(("_views.py", "_sheets.py", "_forms.py"))
    ]
    assert not strange


def test_imports_go_down_only():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_files_and_functions_stay_small():
    long_files = [
        f"{p.relative_to(ROOT)}: {n}"
        for p in SOURCES
        if (n := len(p.read_text().splitlines())) > 400
    ]
    long_functions = [
        f"{p.relative_to(ROOT)}:{f.name} {f.end_lineno - f.lineno}"
        for p in SOURCES
        for f in functions(p)
        if f.end_lineno - f.lineno > 50
    ]
    assert not long_files + long_functions


def test_rules_import_no_web_and_no_frames():
    banned = re.compile(
        r"^\s*(?:from|import) (flask(?!_babel)|flask_appbuilder|wtforms|pandas)\b", re.M
    )
    offenders = [
        str(p.relative_to(ROOT))
        for p in APP.rglob("workflow.py")
        if p.parent.name != "workflow" and banned.search(p.read_text(encoding="utf-8"))
    ]
    assert not offenders


WHO_HAS_PANDAS = """
import sys
{before}
from app import create_app
create_app()
import app.menu
print(sorted({{name.partition(".")[0] for name in sys.modules}} & {{"pandas", "numpy", "openpyxl"}}))
"""


@pytest.mark.parametrize(
    ("before", "expected"),
    [("", "[]"), ("from app.core.patience import PatientWorker; PatientWorker.setup()", "['numpy', 'pandas']")],
    ids=["the application", "the web server before it forks"],
)  # fmt: skip
def test_pandas_is_loaded_before_the_fork_or_when_it_is_needed(server, tmp_path, before, expected):
    """A web process that loads it for itself takes 0.3 s in a request and 50 MB of its own (docs/plan.md)."""
    env = {
        **os.environ,
        "QINGQIAN_MODE": "test",
        "DATABASE_URL": server,
        "QINGQIAN_INSTANCE": str(tmp_path),
    }
    code = WHO_HAS_PANDAS.format(before=before)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == expected, done.stderr[-2000:]


def test_views_and_templates_compare_no_state():
    files = [*APP.rglob("*views.py"), *(ROOT / "templates").rglob("*.html")]
    pattern = re.compile(r"\.state\s*(==|!=|\bin\b|\bnot in\b)")
    assert not [
        str(p.relative_to(ROOT)) for p in files if pattern.search(p.read_text(encoding="utf-8"))
    ]


def test_only_the_clock_asks_what_time_it_is():
    pattern = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time)\(")
    offenders = [
        str(p.relative_to(ROOT))
        for p in SOURCES
        if p != APP / "core" / "clock.py" and pattern.search(p.read_text(encoding="utf-8"))
    ]
    assert not offenders


def test_the_trail_has_one_writer():
    pattern = re.compile(r"\bTrail\(\s|INTO trail\b", re.I)
    offenders = [
        str(p.relative_to(ROOT)) for p in SOURCES if pattern.search(p.read_text(encoding="utf-8"))
    ]
    assert offenders == ["app/workflow/trail.py"]


def test_only_the_engine_writes_a_state():
    """The exceptions write in SQL: open and filled rows follow their placements, findings the data."""
    pattern = re.compile(r"\.state\s*(?:,[^=\n]*)?=(?!=)")
    allowed = {
        APP / "workflow" / "engine.py",
        APP / "plan" / "sync.py",
        APP / "planfiles" / "importing.py",
        APP / "checks" / "sync.py",
    }
    offenders = [
        str(p.relative_to(ROOT))
        for p in SOURCES
        if p not in allowed and pattern.search(p.read_text(encoding="utf-8"))
    ]
    assert not offenders


@pytest.mark.parametrize("flow", WORKFLOWS, ids=lambda flow: flow.kind)
def test_every_state_is_reached_and_left_or_final(flow):
    reached = {state for step in flow.steps for state in step.reaches}
    left = {state for step in flow.steps for state in step.sources}
    states = set(flow.labels)
    assert states <= reached
    assert states - left <= FINAL[flow.kind]


@pytest.mark.rule("AGR-05", "INV-19")
@pytest.mark.parametrize("flow", WORKFLOWS, ids=lambda flow: flow.kind)
def test_every_step_has_a_label_and_every_guard_says_its_rule(flow):
    for step in flow.steps:
        assert str(step.label)
        for guard in (*flow.always, *step.when):
            assert guard.__doc__, f"{guard.__name__} cites no rule"
    refusing = [s for s in flow.steps if s.name.startswith(("refuse", "reject"))]
    assert all(s.reason is Reason.REQUIRED for s in refusing)


@pytest.mark.rule("NTF-01")
@pytest.mark.parametrize("flow", WORKFLOWS, ids=lambda flow: flow.kind)
def test_every_step_declares_whom_it_tells(flow):
    import importlib

    module = importlib.import_module(_notices(flow))
    silent = getattr(module, "SILENT", ())
    untold = [s.name for s in flow.steps if s.name not in module.LETTERS and s.name not in silent]
    assert not untold


def _notices(flow) -> str:
    package = flow.model.__module__.rsplit(".", 1)[0]
    return f"{package}.notices"


@pytest.mark.rule("ACC-10")
def test_no_staff_role_takes_a_partys_step():
    """A step is a party's or the office's, never both; which ask a code: tests/accounts/test_acts.py."""
    for flow in WORKFLOWS:
        for step in flow.steps:
            roles = set(step.roles)
            assert roles <= PARTIES or not roles & PARTIES, f"{flow.kind}: {step.name}"


def test_generated_documents_are_not_stale(app):
    with app.test_request_context("/?_l_=en"), _english():
        assert (ROOT / "docs" / "workflows.md").read_text(encoding="utf-8") == diagram(WORKFLOWS)
    assert (ROOT / "docs" / "roles.md").read_text(encoding="utf-8") == roles.as_table()


def _english():
    from flask_babel import force_locale

    return force_locale("en")


def test_every_rule_marked_in_a_test_is_known():
    assert set(rules.proved()) <= set(rules.known())


def test_migrations_have_one_head_and_equal_the_models(app):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from app.core.db import db

    script = ScriptDirectory(str(ROOT / "migrations"))
    assert len(script.get_heads()) == 1
    with app.app_context(), db.engine.connect() as connection:

        def ours(thing, name, kind, reflected, other):
            foreign = ("procrastinate_", "fabtest_", "clock_shift")
            return not (kind == "table" and name.startswith(foreign))

        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_type": True}
        )
        assert compare_metadata(context, db.metadata) == []


def test_migrations_go_down_and_up_again(server, tmp_path):
    from flask_migrate import downgrade, upgrade

    from app import create_app
    from app.core.db import db
    from tests.databases import make_database, settings_for

    application = create_app(settings_for(make_database(server, "down_and_up"), tmp_path))
    with application.app_context():
        upgrade()
        downgrade(revision="base")
        upgrade()
        db.engine.dispose()


def test_starting_asks_the_database_nothing(server, tmp_path):
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from app import create_app
    from tests.databases import settings_for

    asked = []
    event.listen(Engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    create_app(settings_for(server.replace("/postgres?", "/nowhere?"), tmp_path))
    assert asked == []


@pytest.mark.rule("LNG-01")
def test_nothing_is_untranslated():
    from app import messages

    texts = messages.catalogue()
    used = messages.collected()
    assert not [m.id for m in used if m.id and not messages._whole(_text(texts, m))]
    assert not [m.id for m in texts if m.id and used.get(m.id, m.context) is None]  # said nowhere


def _text(texts, message):
    found = texts.get(message.id, message.context)
    return found.string if found else ""


# the columns of people's and organisations' names; schools' own parts are named by nobody but the school
NAMED = {
    "student": ("name",), "employer": ("name", "contact_name", "archive_to", "archive_contact"),
    "placement": ("employer_name",), "plan_entry": ("employer_name",),
    "objection": ("employer_name",),
}  # fmt: skip
NAMES = {"name", "employer_name", "contact_name"}
OWNERS = {"Student", "Employer", "Placement", "PlanEntry", "Objection", "student", "employer", "keep",
          "gone", "one", "other", "placement", "entry", "objection"}  # fmt: skip


@pytest.mark.rule("INV-01")
def test_whatever_is_bound_to_a_column_of_names_is_folded():
    from app.core.db import db
    from app.core.named import ContactName, PersonName, Title

    tables = db.metadata.tables
    columns = [tables[table].c[name] for table, names in NAMED.items() for name in names]
    plain = [str(c) for c in columns if not isinstance(c.type, ContactName | PersonName | Title)]
    assert not plain


def _name_of_somebody(node) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in NAMES
        and isinstance(node.value, ast.Name)
        and node.value.id in OWNERS
    )


@pytest.mark.rule("INV-01")
def test_no_name_is_compared_as_it_was_typed():
    """In Python by `same_name` and the like, in SQL without case: else «John» is not JOHN."""
    found = [
        f"{p.relative_to(ROOT)}:{node.lineno}"
        for p in SOURCES
        for node in ast.walk(ast.parse(p.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        and any(isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for op in node.ops)
        and any(map(_name_of_somebody, (node.left, *node.comparators)))
    ]
    calls = re.compile(
        r"\b(?:Student|Employer)\.name\.(?:in_|like|ilike|contains|icontains|startswith)\("
    )
    bare = re.compile(
        r"(?<!lower\()\b(?:s|e|t|p)\.(?:employer_)?name (?:=|<>|!=|LIKE|ILIKE) (?:r\.|:)"
    )
    for p in SOURCES:
        text = p.read_text(encoding="utf-8")
        found += [f"{p.relative_to(ROOT)}: {m[0]}" for e in (calls, bare) for m in e.finditer(text)]
    assert not found
