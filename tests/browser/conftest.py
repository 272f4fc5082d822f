"""The product as it really runs: web and worker on a database of their own, and a Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.browser.get_chromium import found
from tests.databases import make_database

ROOT = Path(__file__).resolve().parents[2]
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


@pytest.fixture(scope="package")
def running(server, tmp_path_factory):
    """`python run.py` in demo mode: release, demo school, web and worker."""
    folder = tmp_path_factory.mktemp("running")
    database, port = make_database(server, "running"), free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith("QINGQIAN_")}
    env |= {
        "DATABASE_URL": database,
        "PORT": str(port),
        "QINGQIAN_INSTANCE": str(folder),
        "QINGQIAN_MODE": "demo",
        "QINGQIAN_WEB_PROCESSES": "1",
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "run.py"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
    it = Running(f"http://127.0.0.1:{port}", database, folder)
    try:
        until = time.monotonic() + SLOW
        while not healthy(it.url):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.5)
        yield it
    finally:
        process.send_signal(signal.SIGINT)
        ended = process.wait(SLOW)
    assert ended == 0, (folder / "log").read_text()


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

    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


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


def sign_in(page, who: str, password: str = "Demo-2026!", school: str = "") -> None:
    """Through the sign-in page, as a person."""
    page.goto("/login/")
    page.fill("#who", who)
    page.fill("#password", password)
    if school:
        page.select_option("#school", school)
    page.click("main button[type=submit]")
    page.wait_for_load_state()


def drawn_by_worker(page, url: str) -> bytes:
    """A preview, once the worker has drawn it; the page that waits says when to look again."""
    until = time.monotonic() + SLOW / 15
    while (answer := page.request.get(url)).status == 202:
        assert time.monotonic() < until, url
        time.sleep(int(answer.headers["retry-after"]))
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
