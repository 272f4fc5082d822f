"""The product as it really runs: web and worker on a database of their own, and a Chromium."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from app.demo.maker import PASSWORD
from tests.browser.demo import DEMO, ROOT, environment, fill_once, renew
from tests.browser.get_chromium import found
from tests.databases import make_database

SLOW = 900  # seconds a busy machine may take to start; a page a fifteenth of it
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
    "--no-first-run",
    "--disable-quic",
]


@dataclass
class Running:
    """Where it runs, and its database for moving the clock."""

    url: str
    database: str
    folder: Path

    def pass_hours(self, hours: float) -> None:
        """Let time go on for everybody."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute("UPDATE clock_shift SET seconds = seconds + %s", [hours * 3600])

    def do(self, sql: str, *values: object) -> None:
        """Change something of the demo that no page can."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(sql, values)

    def ask(self, sql: str, *values: object) -> object:
        """One value from the database."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            row = connection.execute(sql, values).fetchone()
            return row and row[0]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pytest_collection_modifyitems(config, items):
    """By the seed the files change places; the stories of a file are told in their order."""
    if config.seed:
        items.sort(key=lambda item: sha256(f"{config.seed} {item.path.name}".encode()).digest())


@pytest.fixture(scope="package")
def installation(server, chromium, tmp_path_factory):
    """`python run.py` in demo mode on a copy of the demo: one for all stories of this process."""
    base = tmp_path_factory.getbasetemp()
    kept = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / DEMO
    fill_once(server, kept)
    folder = shutil.copytree(kept, tmp_path_factory.mktemp("running"), dirs_exist_ok=True)
    database, port = make_database(server, "running", DEMO), free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "run.py"],
            cwd=ROOT,
            env=environment(database, folder, PORT=str(port), QINGQIAN_WEB_PROCESSES="1"),
            stdout=log,
            stderr=log,
        )
    it = Running(f"http://127.0.0.1:{port}", database, folder)
    try:
        until = time.monotonic() + SLOW
        while not healthy(it.url):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.2)
        yield it
    finally:
        process.send_signal(signal.SIGINT)
        ended = process.wait(SLOW)
    assert ended == 0, (folder / "log").read_text()


@pytest.fixture(scope="module")
def running(installation):
    """The product with the demo as it was filled: the stories of a file build on no other file."""
    renew(installation.database, installation.folder)
    return installation


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            return answer.status == 200
    except (OSError, urllib.error.HTTPError):
        return False


@pytest.fixture(scope="package")
def chromium():
    """A browser; without one these tests are skipped, and the set-up step has said why."""
    path = found()
    if path is None:
        pytest.skip("no Chromium on this machine: install the package chromium, then make test")
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as environ:  # without a network its workers have none, too
        environ.setenv("PW_EXPERIMENTAL_SERVICE_WORKER_NETWORK_EVENTS", "1")
        tools = sync_playwright().start()
    browser = tools.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    browser.close()
    tools.stop()


@pytest.fixture
def open_page(running, chromium):
    """`open_page(width)` gives a page of a fresh browser; a request to another host fails the test."""
    contexts, strangers = [], []
    ours = (running.url, running.url.replace("127.0.0.1", "localhost"), "data:", "blob:")

    def opened(width: int = 1366, height: int = 768, **more):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=running.url,
            accept_downloads=True,
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SLOW * 1000 / 15)
        page.on(
            "request",
            lambda r: r.url.startswith(ours) or strangers.append(r.url),
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not strangers


def sign_in(page, who: str, password: str = PASSWORD, school: str = "", at: str = "") -> None:
    """As one of the demo's people, then to `at` or where that leads; else through the page, as a person."""
    if (password, school) == (PASSWORD, ""):
        led = signed_in(page.request, who)
        page.goto(at or led)
        return
    page.goto("/login/")
    page.fill("#who", who)
    page.fill("#password", password)
    if school:
        page.select_option("#school", school)
    page.click("main button[type=submit]")
    page.wait_for_load_state()


def signed_in(request, who: str) -> str:
    """Send what the sign-in page sends, and draw nothing; where it leads."""
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', request.get("/login/").text())
    assert token is not None, "somebody is signed in"
    form = {"csrf_token": token[1], "who": who, "password": PASSWORD}
    answer = request.post("/login/", form=form, max_redirects=0)
    assert answer.status == 302, (who, answer.status)
    return answer.headers["location"]


def drawn_by_worker(page, url: str) -> bytes:
    """A preview, once the worker has drawn it; the page that waits says when to look again."""
    until = time.monotonic() + SLOW / 15
    while (answer := page.request.get(url)).status == 202:
        assert time.monotonic() < until, url
        time.sleep(min(0.3, int(answer.headers["retry-after"])))
    assert answer.status == 200
    return answer.body()


def text_of(pdf: Path) -> str:
    """What pdftotext finds, or pypdf where it is not installed."""
    if shutil.which("pdftotext"):
        return subprocess.run(
            ["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True
        ).stdout
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(pdf).pages)
