"""What every list of the product keeps: order, search, filters, tabs, pages, scope; wrong arguments (AGR-01)."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.fab.arguments import MAX_SIZE, MAX_TEXT
from app.files.exports import tasks
from tests.files.exports.test_lists import life, lists_of  # noqa: F401 (a fixture)
from tests.test_matrix import people

# each list is tried by the first that may open it; who may open which is the matter of test_matrix.py
ROLES = (
    "school",
    "province",
    "college",
    "data",
    "admin",
    "security",
    "audit",
    "employer",
    "student",
)
SHARED = {"EmployersView"}  # whoever registered with one school invites students of any
ODD = (
    "%",
    "_",
    "\\",
    "'",
    '"',
    "黄",
    "10",
    "张 三",
    "<b>",
    "9" * 18,
    "%\\_'",
    "𠮷",
    "x" * MAX_TEXT,
)
MOST_OPTIONS = 8  # of a filter are tried: the first and the last ones


def opened(app, role: str) -> list:
    """The lists that the role may open."""
    manager = app.extensions["appbuilder"].sm
    return [
        v for v in lists_of(app) if manager.role_allows(role, "can_list", v.class_permission_name)
    ]


def mine(app, role: str) -> list:
    """The lists that the role is the first to open."""
    before = [view for other in ROLES[: ROLES.index(role)] for view in opened(app, other)]
    return [view for view in opened(app, role) if view not in before]


def keys(view, **args: str) -> set:
    """The keys of all that the list finds."""
    query = view.narrowed(view.reader.read(args)).with_only_columns(view.datamodel.key)
    return set(db.session.scalars(query.order_by(None)))


def first_page(view, **args: str) -> list[str]:
    """The keys of the longest first page."""
    wanted = {f"psize_{type(view).__name__}": str(MAX_SIZE), **args}
    return [row.pk for row in view.list_page(view.reader.read(wanted)).rows]


def narrowing(view) -> list[tuple[str, str, str]]:
    """(tab, name, value) of the filters' values that are tried, in the first and the last tab."""
    tabs = [tab.name for tab in view.tabs] or [""]
    return [
        (tab, f"f_{declared.name}", value)
        for tab in dict.fromkeys((tabs[0], tabs[-1]))
        for declared in view.reader.filters
        for value in tried(declared)
    ]


def tried(declared) -> list[str]:
    if declared.options is None:
        return ["黄河水", "%", "'"]
    values = [value for value, _label in declared.options()]
    return list(dict.fromkeys(values[: MOST_OPTIONS // 2] + values[-MOST_OPTIONS // 2 :]))


@pytest.fixture(params=ROLES)
def role(request):
    return request.param


@pytest.fixture
def person(role, cast, life):  # noqa: F811
    """The role's account, with something in every list."""
    return people(cast)[role]


@pytest.mark.rule("AGR-01", "AGR-03")
def test_any_order_shows_the_same_rows_and_the_other_way_round(app, person, role):
    wrong = []
    with tasks.as_person(person.id):
        for view in mine(app, role):
            name, tab = type(view).__name__, view.tabs[-1].name if view.tabs else ""
            at = {"tab": tab} if tab else {}
            plain = sorted(first_page(view, **at))
            for column in view.reader.order_columns:
                for way in ("asc", "desc"):
                    rows = first_page(view, **at, **{f"_oc_{name}": column, f"_od_{name}": way})
                    same = sorted(rows) == plain or len(plain) == MAX_SIZE  # the first of more
                    if not same or (len(set(rows)), len(rows)) != (len(plain), len(plain)):
                        wrong.append((name, column, way, len(rows), len(plain)))
    assert not wrong


@pytest.mark.rule("AGR-01")
def test_a_filter_a_tab_and_a_search_only_narrow(app, person, role):
    wrong = []
    with tasks.as_person(person.id):
        for view in mine(app, role):
            name = type(view).__name__
            whole = {tab.name: keys(view, tab=tab.name) for tab in view.tabs} or {"": keys(view)}
            for tab, key, value in narrowing(view):
                at = {"tab": tab} if tab else {}
                if not keys(view, **at, **{key: value}) <= whole[tab]:
                    wrong.append((name, tab, key, value))
            for text in ODD if view.reader.searched else ():
                first = next(iter(whole))
                asked = view.search_args(text) | ({"tab": first} if first else {})
                if not keys(view, **asked) <= whole[first]:
                    wrong.append((name, "search", text))
    assert not wrong


@pytest.mark.rule("AGR-01")
def test_every_list_and_tab_opens_and_wrong_arguments_are_a_400(app, person, role, visit):
    browser, wrong = visit(person), []
    for view in mine(app, role):
        name = type(view).__name__
        with app.test_request_context():
            path = view.url("list")
        good = [f"tab={tab.name}" for tab in view.tabs] or [""]
        bad = [
            f"psize_{name}=0",
            f"psize_{name}={MAX_SIZE + 1}",
            f"page_{name}=-1",
            f"page_{name}=1e3",
            f"_oc_{name}=password",
            f"_oc_{name}=id;--",
            f"_oc_{name}={view.list_columns[0]}.x",
            f"_od_{name}=sideways",
            "tab=none",
            "f_nothing=1",
            "_flt_0_id=1",
            "after=zzz",
            "q=a%00b",
            f"q={'x' * (MAX_TEXT + 1)}",
        ]
        bad += [f"f_{f.name}=no-such-value" for f in view.reader.filters if f.options]
        if not view.tabs:
            bad.remove(
                "tab=none"
            )  # without tabs the word means nothing, and nothing is done with it
        for query, expected in [*((q, 200) for q in good), *((q, 400) for q in bad)]:
            status = browser.get(f"{path}?{query}").status_code
            if status != expected:
                wrong.append((name, query, status))
    assert not wrong


@pytest.mark.rule("AGR-01", "ACC-02")
def test_no_list_shows_or_opens_a_record_of_another_school(app, cast, life, visit):  # noqa: F811
    """Whoever belongs to one school finds none of the other's, whatever the list and its tab."""
    wrong = []
    theirs = {"school": cast.school.id, "college": cast.school.id, "data": cast.school.id}
    for role, school in theirs.items():
        person = people(cast)[role]
        with tasks.as_person(person.id):
            for view in opened(app, role):
                if type(view).__name__ in SHARED or not hasattr(view.datamodel.obj, "school_id"):
                    continue
                for tab in [tab.name for tab in view.tabs] or [""]:
                    args = view.reader.read({"tab": tab} if tab else {})
                    query = view.narrowed(args).with_only_columns(view.datamodel.obj.school_id)
                    found_in = set(db.session.scalars(query.order_by(None)))
                    if not found_in <= {school, None}:
                        wrong.append((role, type(view).__name__, tab, found_in))
    assert not wrong
