"""What is registered and what is not; roles in code; ways back; declarations that are refused."""

from types import SimpleNamespace

import pytest
from flask_login import login_user

from app.fab.check import check_view
from app.fab.columns import ListColumn, Panel
from app.fab.declared import Tab
from app.fab.interface import SafeInterface
from app.fab.urls import local_path
from app.fab.views import SafeModelView
from app.fab.widgets import SafeListWidget
from tests.fab import sample
from tests.fab.sample import Letter, LetterView, NoteView


def test_only_our_own_routes_exist(app):
    """An app with one model had 75 routes, 40 of them FAB's security screens (W10)."""
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    note = {f"/noteview/{r}" for r in ("add", "edit/<string:pk>", "delete/<string:pk>")}
    both = {
        f"/{view}/{route}"
        for view in ("letterview", "noteview")
        for route in (
            "list/",
            "show/<string:pk>",
            "search",
            "columns",
            "action/<string:name>/<string:pk>",
            "action_post",
            "confirm",
        )
    }
    rest = {
        "/",
        "/back",
        "/dialogs/<string:spoken>.js",
        "/my/worker/<string:spoken>.js",
        "/lang/<string:locale>",
        "/login/",
        "/login/<name>",
        "/logout/",
        "/static/<path:filename>",
        "/static/appbuilder/<path:filename>",
    }
    assert rules == both | note | rest


def test_names_of_rights_must_match_to_the_end(app):
    manager = app.appbuilder.sm
    assert manager.role_allows("reader", "can_list", "Letters")
    for permission, view in (
        ("can_list_all", "Letters"),
        ("can_list", "LettersOfOthers"),
        ("can_edit", "Letters"),
        ("can_list", "MyLetters"),
    ):
        assert not manager.role_allows("reader", permission, view)
    assert not manager.role_allows("nobody", "can_list", "Letters")


@pytest.mark.parametrize("role", [None, "", 7, "nobody", ["school"]])
def test_a_strange_role_may_do_nothing(app, role):
    with app.test_request_context():
        person = sample.Person("x", role)
        login_user(person)
        assert not app.appbuilder.sm.has_access("can_list", "Letters")
        assert app.appbuilder.sm.get_user_menu_access(["letters-menu"]) == set()


def test_a_stranger_and_an_inactive_person_may_do_nothing(app):
    manager = app.appbuilder.sm
    with app.test_request_context():
        assert not manager.has_access("can_list", "Letters")
        assert manager.get_user_roles(sample.PEOPLE["gone"]) == []
        assert manager.current_user is None
        assert not manager.is_item_public("can_list", "Letters")
        assert manager.get_public_permissions() == []
        login_user(sample.PEOPLE["gone"], force=True)
        assert not manager.has_access("can_list", "Letters")
        odd = SimpleNamespace(is_authenticated=True, is_active=False, role="school")
        assert manager.get_user_roles(odd) == []


def test_limits_of_fab_are_refused_rather_than_forgotten(app):
    class Limited:
        limits = ("2 per second",)

    with pytest.raises(TypeError, match=r"app\.core\.limits"):
        app.appbuilder.sm.add_limit_view(Limited())


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/a/b?c=d", "/a/b?c=d"),
        ("http://localhost/x", "/x"),
        ("http://localhost", "/"),
        ("https://evil.example/x", None),
        ("//evil.example", None),
        ("/\\evil.example", None),
        ("/%5Cx", "/%5Cx"),
        ("javascript:alert(1)", None),
        ("\x01/x", None),
        ("/x\r\nA: b", None),
        ("", None),
        (None, None),
        ("x", None),
        ("http://localhost//evil.example", None),
        ("http://[bad", None),
        ("http:///x", None),
    ],
)
def test_only_paths_of_this_site_are_ways_back(app, url, path):
    with app.test_request_context():
        assert local_path(url) == path


def test_the_language_switch_goes_back_to_the_page_and_nowhere_else(wang):
    answer = wang.get("/lang/zh", headers={"Referer": "http://localhost/letterview/list/?tab=all"})
    assert answer.location == "/letterview/list/?tab=all"
    assert 'lang="zh-CN"' in wang.get("/letterview/list/").text
    assert wang.get("/lang/en", headers={"Referer": "https://evil.example/"}).location == "/"
    assert wang.get("/lang/xx").status_code == 404


def test_back_never_leaves_the_site_and_never_circles(wang):
    for referrer in ("https://evil.example/", "http://localhost/back", "//evil.example"):
        assert wang.get("/back", headers={"Referer": referrer}).location == "/"
    assert wang.get("/back?next=https://evil.example").location == "/"
    assert wang.get("/back", headers={"Referer": "http://localhost/login/"}).location == "/login/"


def test_the_sample_views_are_declared_well():
    assert check_view(LetterView) == []
    assert check_view(NoteView) == []


def variant(**changes):
    return type("Variant", (LetterView,), changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"class_permission_name": ""}, "class_permission_name"),
        ({"columns": ()}, "columns has at least one of the list"),
        ({"columns": (ListColumn("org.name", "x", sorts="org.secret"),)}, "not org.secret"),
        (
            {"columns": (ListColumn("title", "x", sorts=True),)},
            "title sorts by a column of the model",
        ),
        (
            {"columns": (ListColumn("name", "x"), ListColumn("name", "y"))},
            "column name is declared once",
        ),
        ({"columns": (ListColumn("org.nosuch", "x"),)}, "column org.nosuch exists"),
        ({"panels": (Panel(None, "name pay size"),)}, "column size of a panel is declared"),
        ({"search_columns": ["org"]}, "search column org"),
        ({"search_columns": ["pay"]}, "search column pay"),
        ({"list_columns": ["name"]}, "list_columns is made of columns and panels"),
        ({"label_columns": {"name": "x"}}, "label_columns is made of columns and panels"),
        ({"include_route_methods": {"list", "download"}}, "download"),
        ({"include_route_methods": None}, "include_route_methods"),
        ({"include_route_methods": {"list", "edit"}}, "edit_columns"),
        ({"list_template": "appbuilder/general/model/list.html"}, "list_template"),
        ({"list_widget": type("W", (SafeListWidget,), {"template": "appbuilder/"})}, "list_widget"),
        ({"list_title": ""}, "list_title"),
        ({"related_views": [NoteView]}, "related_views"),
        ({"base_filters": [["id", object, 1]]}, "base_filters"),
        ({"base_order": ("org", "asc")}, "base_order"),
        ({"tabs": (Tab("a", "A"), Tab("a", "B"))}, "names of tabs"),
        ({"datamodel": None}, "SafeInterface"),
    ],
)
def test_a_careless_declaration_is_named(changes, said):
    assert said in "; ".join(check_view(variant(**changes)))


def test_a_view_without_a_scope_cannot_be_registered(app):
    class Forgetful(SafeModelView):
        datamodel = SafeInterface(Letter)
        class_permission_name = "Forgetful"

    with app.app_context(), pytest.raises(TypeError, match=r"scoped\(\) is written"):
        Forgetful()


def test_nothing_of_one_view_is_written_into_its_class(app):
    with app.app_context():
        LetterView()
    assert not LetterView.list_columns
    assert not LetterView.label_columns


def test_csrf_protects_every_post(sample_url):
    app = sample.make_app(sample_url, WTF_CSRF_ENABLED=True)
    client = app.test_client()
    for path in ("letterview/search", "letterview/action_post", "letterview/columns"):
        assert client.post(f"/{path}").status_code == 400
