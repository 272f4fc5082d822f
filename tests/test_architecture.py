"""Guards over the whole tree: what must stay true however it grows."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from app import roles
from app.wiring import RELATIONS, WORKFLOWS
from app.workflow.actor import PARTIES
from app.workflow.diagram import diagram
from app.workflow.steps import Reason
from tests import arrows, rooms, rules

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
# below the domain, or the demo: their files are tools, each named for what it does
TOOLS = (
    "core",
    "workflow",
    "fab",
    "accounts",
    "demo",
    "files/imports",
    "files/exports",
    "files/documents",
)
FEATURES = [
    file.parent
    for file in sorted(APP.glob("*/**/__init__.py"))
    if not str(file.relative_to(APP)).startswith(TOOLS)
]
FILES = {
    "__init__.py",
    "models.py",
    "workflow.py",
    "queries.py",
    "sheets.py",
    "forms.py",
    "notices.py",
    "tasks.py",
    "api.py",
    "search.py",  # what the one search of the frame finds
    "shared_lists.py",  # what the staff of a school share of its lists
    "person.py",  # all that is kept of one person
    "views.py",
    "effects.py",  # what follows the steps, where the table and its guards fill workflow.py
    "guards.py",  # where they are many: the guards of the table, beside it
    "evidence.py",  # terminations: the files that belong to it
    "checks.py",  # destinations: what a proof has to say
    "detail.py",  # placements: one record as the desk shows it
    "sync.py",  # plan: table against table: found, locked, read, written
    "deciding.py",  # plan: what becomes of its rows, over frames
    "differing.py",  # comparison, official: what a file says otherwise, over frames
    "layouts.py",  # plan: the official layout as it goes out
    "commands.py",  # staff: what is done from the shell of the server
    "code_forms.py",  # plan: the administrators' forms
    "editions.py",  # plan: formulas, and what codes count as
    "narrowing.py",  # plan: what lists of graduates are narrowed by; employers in their search
    "outside.py",  # plan: whom a figure counts, and who is outside it and why
    "snapshots.py",  # plan: immutable copies and their comparison
    "making.py",  # made: asked for, made, kept
    "choosing.py",  # comparison: a file beside the plan, and what was chosen
    "importing.py",  # comparison: the rows of a file into the plan
    "matching.py",  # comparison: whose the rows of a file are
    "workbook.py",  # official: a workbook, filled
    "heads.py",  # audit: the head of the chain, signed, outside the database
    "filling.py",  # official: the child that reads and fills it
    "spelling.py",  # official: what a workbook's headers mean, how it writes codes
    "sheet_xml.py",  # official: texts into a worksheet's XML
    "words.py",  # settings: values, days and changes in words
    "calendar.py",  # settings: when signing is open, which days a school works
    "shipped.py",  # codes: the tables that come with the platform
    "regions.py",  # codes: regions by their six digits
    "days.py",  # audit: the verifier over the roots of days and the head outside
    "record_chains.py",  # audit: the verifier over each record's own chain
    "letters.py",  # letters: numbered, printed, tracked; notices: the words for one receiver
    "fates.py",  # notices: how far an event has come to a receiver
    "resending.py",  # notices: a text once more, to the address of today
    "reminding.py",  # notices: before deadlines
    "account.py",  # employers: what one signs in by
    "accounts.py",  # merging: which account stays, who is told
    "employers.py",  # merging: of one employer; plan: rows by their employer
    "joining.py",  # merging: at once, or once the person behind both has said so
    "moving.py",  # merging: what leads to the second record
    "graduates.py",  # official: whom the numbers of a workbook mean
    "decided.py",  # plan: what becomes of its rows, as frames
    "reconciling.py",  # plan: all rows of a year made to follow their placements
    "fills.py",  # plan: which of our values fills which official column
    "placing.py",  # destinations: the placement that a draft becomes
    "copying.py",  # destinations: a draft from one that was not approved
    "field_types.py",  # destinations: what a field of a kind can ask for
    "links.py",  # disputes: «this was not me»; offline: the employer's upload
    "candidates.py",  # invitations: an employer's send list
    "deadlines.py",  # invitations: which end soon, are over, reached nobody
    "levels.py",  # placements: where a review begins, goes on and ends
    "may_sign.py",  # placements: who may sign, with whom, when
    "printing.py",  # placements: what the agreement prints
    "applying.py",  # terminations: one begins
    "chances.py",  # terminations: how often a student may
    "page.py",  # terminations: what both parties' page shows
    "rules.py",
    "year_rules.py",
    "signs.py",  # checks: the table of rules
    "guesses.py",  # invitations: wrong numbers that employers tried, counted for form and file alike
    "flow.py",
    "flow_detail.py",  # reports: the flow of work, beside the rates
    "pivots.py",
    "asking.py",  # reports: what an address asks of them
    "charts.py",  # reports: their pictures, as figures
    "crossing.py",  # reports: two dimensions, counted by the database
    "figures.py",  # reports: the tables of where graduates go, of two dimensions, of the trend
    "trend.py",  # reports: over snapshots, and since the last one
    "pages.py",  # reports: each by its name
    "questions.py",  # reports: those that are kept
    "cuts.py",  # reports: any two dimensions, by pandas; what they are called
    "sentences.py",  # checks: a finding in words
    "requests.py",  # merging: the person behind two records confirms that they are one
    "file_ways.py",  # students: ways in changed by a file
    "reached.py",  # notices: whom an event reached, and whom not
    "ways_in.py",  # students: phones and mails changed by staff
    "first_sign_in.py",  # students: the code that proves the contact
    "registration.py",  # employers: one registers itself
    "fields.py",  # students: the declared fields of the origin record
    "documents.py",  # students: documents of identity as files bring them
    "register.py",  # employers: the register as staff keep it
    "keys.py",
    "content.py",
    "marks.py",  # audit: what is digested of a row, with which key, when
    "seals.py",
    "roots.py",  # audit: the chain, and what goes outside
    "verifying.py",
    "walking.py",
    "guarding.py",
    "findings.py",  # audit: the verifier
    "retention.py",  # audit: how long what is no record is kept
    "own_record.py",  # home: what a student reads of what is recorded about it
    "student_waits.py",  # home: everything of a student that waits, by one question
    "comparing.py",  # invitations: the open letters side by side
    "own_copy.py",  # home: a student's copy of everything about it
    "labels.py",  # codes: their names as pages show them, in English where the page is
    "tables",  # codes: the shipped tables
    "__pycache__",
}
SOURCES = sorted(APP.rglob("*.py"))
SQL = sorted(APP.rglob("*.sql"))


# the rules themselves; what states mean for everybody else is declared on the models, by `StateIs`
RULES_OF_STATES = {"workflow.py", "guards.py", "effects.py", "levels.py"}
STATES_ELSEWHERE = {
    "app/signing/nudges/queries.py": 1,  # walks the trail back to where the record's own state began
}


def compared_states(tree):
    """The comparisons of a record's `.state`; conditions of SQL begin with a model, so with a capital."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if isinstance(side, ast.Attribute) and side.attr == "state":
                    owner = ast.unparse(side.value)
                    if not owner[0].isupper():
                        yield node.lineno


def test_what_a_state_means_is_asked_of_the_record():
    planted = ast.parse("a = x.state == 1\nb = c.record.state not in (1,)\nd = X.state == 1")
    assert list(compared_states(planted)) == [1, 2]
    found = {
        str(file.relative_to(ROOT)): len(lines)
        for file in SOURCES
        if file.name not in RULES_OF_STATES
        and file.parent.name != "workflow"
        and (lines := list(compared_states(ast.parse(file.read_text()))))
    }
    assert found == STATES_ELSEWHERE


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
        str(path.relative_to(APP))
        for feature in FEATURES
        for path in feature.iterdir()
        if path.name not in FILES
        and not (path / "__init__.py").exists()
        and not path.name.endswith(("_views.py", "_sheets.py", "_forms.py", "_models.py"))
        and not (path.suffix == ".sql" and path.with_suffix(".py").exists())
    ]
    assert not strange


@pytest.mark.parametrize("package", ["files/imports", "files/exports"])
def test_a_large_package_says_where_what_happens(package):
    """Its docstring names every module once, in the order in which a file comes through."""
    said = ast.get_docstring(ast.parse((APP / package / "__init__.py").read_text("utf-8"))) or ""
    table = [line for line in said.splitlines() if line.startswith("    ")]
    named = re.findall(r"[a-z_]+", re.sub(r"\([^)]*\)", "", "\n".join(table)))
    modules = {p.stem for p in (APP / package).glob("*.py")} - {"__init__"}
    assert modules <= set(named)
    assert sorted(n for n in named if n in modules) == sorted(modules)


def test_no_two_classes_have_one_name():
    named = defaultdict(list)
    for path in SOURCES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named[node.name].append(str(path.relative_to(APP)))
    assert not {name: places for name, places in named.items() if len(places) > 1}


# words that our field uses for something else, or for nothing (specification, false friends)
BANNED = re.compile(
    r"(?<![a-z])(feedback|dissolve|dossier|faculty|signee|invitee|examiner)(?![a-z])", re.I
)


MOST_ANY = 0.18  # of all functions; the rest stands at the borders of untyped libraries


def test_few_functions_say_any():
    """A type that says nothing is not checked: who calls it learns nothing (style §4, 12)."""
    found = [
        any(
            isinstance(part, ast.Name) and part.id == "Any"
            for said in (*(arg.annotation for arg in _arguments_of(node)), node.returns)
            if said is not None
            for part in ast.walk(said)
        )
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert sum(found) / len(found) <= MOST_ANY


def _arguments_of(function):
    args = function.args
    every = (*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg)
    return [arg for arg in every if arg is not None]


def test_no_module_makes_an_alias_of_a_model_while_it_is_imported():
    """It configures all models, which fails where not every one is imported yet; those of `models` see to it."""
    found = [
        f"{path.relative_to(APP)}: {line}"
        for path in SOURCES
        if path.name != "models.py"
        for line in re.findall(r"^\w.* = .*\baliased\(.*", path.read_text(encoding="utf-8"), re.M)
    ]
    assert not found


def test_false_friends_are_no_names():
    found = [
        f"{path.relative_to(APP)}: {name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (
            name := getattr(node, "name", None)
            or getattr(node, "id", None)
            or getattr(node, "arg", None)
        )
        and BANNED.search(str(name).replace("_", " "))
    ]
    assert not found


def test_imports_go_down_only():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_files_and_functions_stay_small():
    long_files = [
        f"{p.relative_to(ROOT)}: {n}"
        for p in (*SOURCES, *SQL)
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
        for p in APP.rglob("*.py")
        if p.name in RULES_OF_STATES
        and p.parent.name != "workflow"
        and banned.search(p.read_text(encoding="utf-8"))
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
    [
        ("", "[]"),
        (
            "from app.core.patience import PatientWorker; PatientWorker.setup()",
            "['numpy', 'pandas']",
        ),
    ],
    ids=["the application", "the web server before it forks"],
)
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
        str(p.relative_to(ROOT))
        for p in (*SOURCES, *SQL)
        if pattern.search(p.read_text(encoding="utf-8"))
    ]
    assert offenders == ["app/workflow/trail.py"]


def test_only_the_engine_writes_a_state():
    """The exceptions write in SQL: open and filled rows follow their placements, findings the data."""
    pattern = re.compile(r"\.state\s*(?:,[^=\n]*)?=(?!=)")
    allowed = {
        APP / "workflow" / "engine.py",
        APP / "plan" / "rows" / "sync.py",
        APP / "plan" / "comparison" / "importing.py",
        APP / "plan" / "checks" / "sync.py",
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


def test_the_page_of_rooms_is_not_stale():
    assert rooms.PAGE.read_text(encoding="utf-8") == rooms.page()


def test_every_path_that_the_documents_name_is_there():
    """README and docs send a newcomer nowhere; the change log speaks of what once was."""
    pages = [
        ROOT / "README.md",
        *(p for p in (ROOT / "docs").glob("*.md") if p.name != "CHANGELOG.md"),
    ]
    path = re.compile(
        r"`((?:app|docs|templates|tests|bench|migrations|translations|deploy)/[\w./-]+)`"
    )
    missing = [
        f"{page.name}: {name}"
        for page in pages
        for name in path.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / name).exists()
    ]
    assert not missing


def test_every_module_that_the_documents_name_is_there():
    """Also where they give no whole path: the change log speaks of what once was."""
    there = {f"/{path.relative_to(ROOT)}" for path in ROOT.rglob("*.py")}
    missing = [
        f"{page.name}: {name}"
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        if page.name != "CHANGELOG.md"
        for name in re.findall(r"`([\w/]+\.py)`", page.read_text(encoding="utf-8"))
        if not any(path.endswith(f"/{name}") for path in there)
    ]
    assert not missing


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
            foreign = ("procrastinate_", "fabtest_", "clock_shift", "steady")
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


def test_migrations_run_in_the_order_of_their_numbers():
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(ROOT / "migrations"))
    order = [one.revision for one in script.walk_revisions()][::-1]
    assert [int(name[:4]) for name in order] == list(range(1, len(order) + 1))


def test_a_database_that_ran_migrations_by_their_former_names_goes_on(server, tmp_path):
    from alembic.runtime.migration import MigrationContext
    from flask_migrate import upgrade

    from app import create_app
    from app.core.db import db
    from tests.databases import make_database, settings_for

    application = create_app(settings_for(make_database(server, "former"), tmp_path))
    with application.app_context():
        upgrade(revision="0009_destinations")
        with db.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE alembic_version SET version_num = '0008_destinations'"
            )
        upgrade()
        with db.engine.connect() as connection:
            assert MigrationContext.configure(connection).get_current_revision() == _head()
        db.engine.dispose()


def _head():
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(ROOT / "migrations")).get_current_head()


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
    "student": ("name",),
    "employer": ("name", "contact_name", "archive_to", "archive_contact"),
    "placement": ("employer_name",),
    "plan_entry": ("employer_name",),
    "objection": ("employer_name",),
}
NAMES = {"name", "employer_name", "contact_name"}
OWNERS = {
    "Student",
    "Employer",
    "Placement",
    "PlanEntry",
    "Objection",
    "student",
    "employer",
    "keep",
    "gone",
    "one",
    "other",
    "placement",
    "entry",
    "objection",
}


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
    for p in (*SOURCES, *SQL):
        text = p.read_text(encoding="utf-8")
        found += [f"{p.relative_to(ROOT)}: {m[0]}" for e in (calls, bare) for m in e.finditer(text)]
    assert not found


# -- no hidden arrows: what one feature adds to another stands in app/wiring.py ------------------------


def _hidden(find) -> list[str]:
    modules = {arrows.module_of(p): p.read_text(encoding="utf-8") for p in SOURCES}
    return [
        hit for name, text in modules.items() if name != arrows.WIRING for hit in find(text, name)
    ]


def test_only_wiring_adds_to_another_package():
    assert not _hidden(arrows.additions)


def test_nobody_patches_another_packages_class_or_asks_for_what_was_patched():
    related = {name for _model, name, _relation in RELATIONS}
    assert not _hidden(lambda text, name: arrows.patches(text, name, related))


def test_no_sql_names_a_table_or_constraint_of_an_upper_package():
    owned = arrows.owners()
    assert not _hidden(lambda text, name: arrows.upward_sql(text, name, owned))


PLAN_ROW = "from app.plan.rows.models import PlanEntry\n"
PLANTED = {
    "appends": "from app.core import mail\nmail.FATES.append(1)",
    "appends later": "from app.core import mail\ndef init():\n    mail.FATES.append(1)",
    "sets an item": "from app.core.mail import FATES\nFATES['a'] = 1",
    "sets an item later": "from app.core import mail\ndef init():\n    mail.FATES['a'] = 1",
    "empties": "from app.core.mail import FATES\nFATES[:] = []",
    "joins": "from app.core import mail\nmail.FATES |= {'a': 1}",
    "registers": "from app.core import mail\nmail.register('a', 1)",
    "extends a table": "from app.core.mail import TABLE\nTABLE.extend('accept', when=None)",
    "registers itself": "ALL = {}\nclass One:\n    def __init__(self):\n        ALL['a'] = self",
    "appends itself": "ALL = []\nclass One:\n    def __init__(self):\n        ALL.append(self)",
}


@pytest.mark.parametrize("source", PLANTED.values(), ids=PLANTED)
def test_an_addition_elsewhere_is_found(source):
    assert arrows.additions(source, "app.plan.checks.detail")


@pytest.mark.parametrize(
    "source",
    [
        PLAN_ROW + "PlanEntry.sentence = property(str)",
        PLAN_ROW + "def init():\n    PlanEntry.sentence = 1",
        PLAN_ROW + "setattr(PlanEntry, 'sentence', 1)",
        PLAN_ROW + "from sqlalchemy import inspect\ninspect(PlanEntry).add_property('sentence', 1)",
        "def last(placement):\n    return getattr(placement, 'termination', None)",
        "def has(placement):\n    return hasattr(placement, 'termination')",
    ],
)
def test_a_patch_is_found(source):
    assert arrows.patches(source, "app.plan.checks.detail", {"termination"})


@pytest.mark.parametrize(
    "source",
    [
        'A = "SELECT 1 FROM placement"',
        'A = "DELETE FROM student USING placement p"',
        'A = "SELECT 1 FROM student JOIN\\n  placement p ON true"',
        'A = {"uq_placement_slot": "one"}',
        'A = f"UPDATE placement SET x = {1}"',
    ],
)
def test_sql_that_reaches_up_is_found(source):
    owned = arrows.owners()
    assert arrows.upward_sql(source, "app.people.merging.workflow", owned)
    assert not arrows.upward_sql(source, "app.signing.desk.queries", owned)


def test_what_is_ones_own_or_from_a_library_is_no_arrow():
    source = "from flask import g\nMINE = {}\nMINE['a'] = 1\ng.now = 1\nMINE.update(b=2)"
    assert not arrows.additions(source, "app.plan.checks.detail")
    assert not arrows.patches(source, "app.plan.checks.detail", {"termination"})
