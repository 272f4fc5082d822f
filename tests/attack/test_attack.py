"""The small edition of `make attack`: every role, pages and forms bent in every way, never a bug page."""

from __future__ import annotations

import io
import os
from urllib.parse import unquote_to_bytes

import pytest
from werkzeug.test import run_wsgi_app

from tests.attack.pages import Found, walk
from tests.attack.shots import Range, Shot
from tests.depth import times
from tests.test_matrix import ROLES, people, records

SHOTS = int(os.environ.get("SHOTS", "0")) or times(80, 220)  # of each of the eight roles
PAGES = times(15, 30)
STARTS = ["/", "/login/", "/messages/", "/verify/"]


class Gun:
    """Sends requests into the application without a server between."""

    def __init__(self, app, sign_in) -> None:
        self.app, self.sign_in = app, sign_in
        self.cookie = sign_in()

    def __call__(self, shot: Shot) -> tuple[int, str, str]:
        path, _mark, query = shot.target.partition("?")
        environ = {
            "REQUEST_METHOD": shot.method,
            "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": self.cookie,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(shot.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(shot.body) if shot.length is None else shot.length),
        }
        for name, value in shot.headers:
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        parts, status, headers = run_wsgi_app(self.app, environ)
        if "Location" in headers:
            if headers["Location"].startswith("/login/"):
                self.cookie = self.sign_in()  # a bent form may have ended the session
            return int(status.split()[0]), "", headers["Location"]
        text = b"".join(parts).decode("utf-8", "replace")
        return int(status.split()[0]), headers.get("Content-Type", ""), text

    def get(self, address: str) -> tuple[int, str, str]:
        return self(Shot("", "", "", "GET", address, []))


def cookie_of(client) -> str:
    found = client.get_cookie("session")
    return f"session={found.value}" if found else ""


@pytest.mark.rule("ACC-02")
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # half an upload is never closed
@pytest.mark.parametrize("role", ROLES)
def test_no_bent_request_of_any_role_ends_in_a_bug(app, cast, visit, client, role):
    ids = [key for pair in records(cast).values() for key in pair]
    who = people(cast).get(role)
    gun = Gun(app, lambda: cookie_of(visit(who)) if who else "")
    found = walk(gun.get, STARTS, PAGES)
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
    shots = Range(rules, {role: found}, ids, [], seed=20260711 + ROLES.index(role)).shots([role])
    app.config["PROPAGATE_EXCEPTIONS"] = False
    seen, bugs = {}, []
    try:
        for _n in range(SHOTS):
            shot = next(shots)
            status, _kind, _text = gun(shot)
            seen[status] = seen.get(status, 0) + 1
            if status >= 500 and shot.rule != "/healthz":
                bugs.append(
                    (
                        status,
                        shot.kind,
                        shot.method,
                        shot.target[:200],
                        shot.headers,
                        shot.body[:300],
                    )
                )
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = None
    print(seen)
    assert not bugs
    assert found.addresses
    assert sum(seen.values()) == SHOTS
    assert seen.get(400, 0) + seen.get(404, 0) >= SHOTS // 20, seen  # the door was asked at all


def test_the_same_seed_gives_the_same_requests(app):
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
    first, second = (Range(rules, {"nobody": Found()}, [1], [], 7).shots(["nobody"]) for _n in "ab")
    for _n in range(300):
        one, two = next(first), next(second)
        assert (one.target, one.method, one.headers) == (two.target, two.method, two.headers)
