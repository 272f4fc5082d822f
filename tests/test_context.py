"""Every value that a template names is supplied: nothing undefined behind a default, nothing empty (F-24)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import before_render_template
from jinja2 import Undefined
from jinja2.filters import do_default
from jinja2.utils import missing

from tests.test_matrix import may_open, pages, people, records

# filled by app.js or session.js when they are shown; empty means «none» there, never «not supplied»
MAY_BE_EMPTY = {
    "data-qq-text",
    "data-qq-code-url",
    "data-qq-code",
    "data-value",
    "data-waits",
    "data-qq-bulk",
}


class Watch:
    """Stands in for the filter `default`: which names had no value; beside it what the views supply."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.supplied: set[str] = set()

    def __call__(self, value, default_value="", boolean=False):
        if isinstance(value, Undefined) and value._undefined_obj is missing:  # a name, no key
            self.missing.add(str(value._undefined_name))
        return do_default(value, default_value, boolean)

    def rendering(self, _app, template, context, **_more):
        self.supplied |= set(context)


@pytest.fixture
def watch(app, monkeypatch):
    watching = Watch()
    monkeypatch.setitem(app.jinja_env.filters, "default", watching)
    monkeypatch.setitem(app.jinja_env.filters, "d", watching)
    with before_render_template.connected_to(watching.rendering, app):
        yield watching


def set_by_pages() -> set[str]:
    """The variables that a page sets for its frame."""
    texts = (p.read_text(encoding="utf-8") for p in Path("templates").rglob("*.html"))
    return {name for text in texts for name in re.findall(r"{%-? set (\w+)", text)}


def faults(body: str) -> set[str]:
    empty = set(re.findall(r'\b(data-[\w-]+)=""', body)) - MAY_BE_EMPTY
    stale = {
        url
        for url in re.findall(r'(?:src|href)="(/static/[^"]+)"', body)
        if not re.search(r"\?v=[0-9a-f]{8}(?:#|$)", url)
    }
    return empty | stale | set(re.findall(r'\?v=(?:"|&)|type="number"|Undefined', body))


def details(cast) -> dict[str, list[str]]:
    kinds = records(cast)
    placement, invitation = kinds["placement"][0], kinds["invitation"][0]
    return {
        "school": [
            f"/desk/show/{placement}",
            f"/students/show/{cast.student.id}",
            f"/invitations/show/{invitation}",
            f"/students/edit/{cast.student.id}",
            "/desk/show/999999",
        ],
        "college": [f"/desk/show/{placement}"],
        "student": [f"/my/signings/show/{placement}", f"/my/invitations/show/{invitation}"],
        "employer": [f"/employer/invitations/show/{invitation}"],
    }


@pytest.mark.rule("ACC-14", "INV-10")
def test_no_page_of_any_role_has_a_value_that_is_undefined_or_empty(
    app, cast, visit, client, watch
):
    wrong, seen = {}, 0
    more = details(cast)
    browsers = {role: visit(user) for role, user in people(cast).items()} | {"nobody": client}
    for role, browser in browsers.items():
        paths = [rule.rule for rule in pages(app) if may_open(app, role, rule)]
        refused = [rule.rule for rule in pages(app) if not may_open(app, role, rule)][:3]
        for path in (
            *paths,
            *refused,
            "/login/",
            "/register",
            "/password/forgotten",
            *more.get(role, ()),
        ):
            page = browser.get(path)
            if page.mimetype == "text/html" and page.status_code != 302:
                seen += 1
                found = faults(page.get_data(as_text=True))
                if found:
                    wrong[role, path] = found
    never = watch.missing - watch.supplied - set_by_pages()
    assert (wrong, never, seen > 150) == ({}, set(), True)


@pytest.mark.rule("INV-10")
def test_the_servers_time_is_said_in_every_frame_and_on_error_pages(client, cast, visit):
    for page in (client.get("/login/"), client.get("/nope"), visit(cast.officer).get("/nope")):
        assert re.search(
            r'data-now="\d{4}-\d\d-\d\dT[\d:.]+\+\d\d:\d\d"', page.get_data(as_text=True)
        )


def cached(client, url) -> str:
    with client.get(url) as page:
        return page.headers["Cache-Control"]


def test_a_static_file_is_kept_for_a_year_and_asked_anew_when_it_changed(client):
    body = client.get("/login/").get_data(as_text=True)
    url = re.search(r'href="(/static/app\.css\?v=[0-9a-f]{8})"', body)[1]
    assert cached(client, url) == "public, max-age=31536000, immutable"
    for old in ("/static/app.css?v=000000000000", "/static/app.css"):
        assert cached(client, old) == "no-cache"
    fab = re.search(r'href="(/static/appbuilder/[^"]+\?v=[0-9a-f]{8})"', body)[1]
    assert "immutable" in cached(client, fab)


def test_the_version_of_a_file_is_that_of_its_content(app, tmp_path, monkeypatch):
    from app.core import assets

    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    file = tmp_path / "a.css"
    with app.test_request_context("/"):
        file.write_text("one")
        one = assets.version("static", "a.css")
        file.write_text("another")
        assert one != assets.version("static", "a.css")
        file.write_text("one")
        assert assets.version("static", "a.css") == one
        assert assets.version("static", "none.css") == ""
        assert assets.version("static", "../../etc/passwd") == ""
