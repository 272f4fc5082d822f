"""Who presses: every account of the demo and two that have nothing yet; the report."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.buttons import walk, words
from tests.browser.buttons.press import Person
from tests.browser.conftest import signed_in
from tests.browser.get_chromium import found

ROOT = Path(__file__).resolve().parents[3]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
STARTS = ["/", "/notices/", "/password/change", "/my/sign-ins/"]
OUTSIDE = ["/login/", "/register", "/password/forgotten", "/v/", "/messages/", "/audit/roots"]
WIDTHS = {"student": (1366, 390), "employer": (1366,), "": (1366, 390)}
MOST = 400  # pages of a role
# who has signed in and begun nothing yet: name, and which account becomes that person's
NEW_PEOPLE = {
    "employer-new": """SELECT min(u.id) FROM ab_user u WHERE u.role = 'employer' AND u.active
      AND u.username NOT LIKE 'employer_'
      AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.employer_id = u.employer_id)
      AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.employer_id = u.employer_id)""",
    "student-new": """SELECT min(u.id) FROM ab_user u JOIN student s ON s.id = u.student_id WHERE u.active
      AND u.username NOT LIKE 'student%' AND s.origin_state = 'approved' AND s.training_mode = '1'
      AND s.verified_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.student_id = s.id)
      AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.student_id = s.id)""",
}


def newcomers() -> None:
    """Let them sign in by these names, with the demo's password; runs in the demo's environment."""
    from sqlalchemy import select, text

    from app import create_app
    from app.accounts.identifiers import identify
    from app.accounts.models import AppUser
    from app.core.db import db

    with create_app().app_context():
        known = db.session.scalars(select(AppUser).where(AppUser.username == "employer1")).one()
        for name, which in NEW_PEOPLE.items():
            user = db.session.get_one(AppUser, db.session.scalar(text(which)))
            user.username, user.password = name, known.password
            identify(user, "username", name)
        db.session.commit()


@contextmanager
def steady_server(database: str, folder: Path) -> Iterator[str]:
    """The demo on that database, served out of one transaction; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {k: v for k, v in os.environ.items() if not k.startswith("QINGQIAN_")}
    env |= {"DATABASE_URL": database, "QINGQIAN_MODE": "demo", "QINGQIAN_INSTANCE": str(folder)}
    with (folder / "steady.log").open("w") as log:
        command = [sys.executable, "-m", "tests.browser.buttons.steady", str(port)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        if process.stdout.readline() != "ready\n":
            raise SystemExit((folder / "steady.log").read_text())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


class Round:
    """One role at one width, with or without script: its pages, its buttons, what was found."""

    def __init__(
        self, browser, url: str, who: str, width: int, script: bool, lang: str = "zh"
    ) -> None:
        self.who, self.width, self.script, self.lang = who, width, script, lang
        size = {"width": width, "height": 844 if width < 500 else 768}
        self.context = browser.new_context(
            viewport=size,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=url,
            java_script_enabled=script,
            has_touch=width < 500,
        )
        self.person = Person(self.context, url, lang, script)
        self.faults, self.pages, self.presses, self.unseen = [], 0, 0, []

    def sign_in(self) -> None:
        self.person.ask("back")
        if self.who:
            signed_in(self.context.request, self.who)
        if self.lang != "zh":
            self.context.request.get(f"/lang/{self.lang}")
        self.person.keep()
        self.person.texts = "\n".join(self.person.ask("texts"))  # with what the sign-in has written

    def run(
        self,
        fresh: walk.Fresh,
        spoiled: walk.Fresh,
        most: int = MOST,
        press: bool = True,
        starts: tuple[str, ...] = (),
    ) -> None:
        """Walk, judge every page, press what is new in it; `starts` are where, and then all."""
        self.sign_in()
        begin = list(starts) or (STARTS if self.who else OUTSIDE)
        for page in walk.walk(self.person.get, begin, len(starts) or most):
            self.pages += 1
            if page.status >= 500 or page.status == 0:
                self.fault(
                    page.address,
                    "(page)",
                    [("status", f"{page.status} {page.source[:200] if page.status == 0 else ''}")],
                )
            if not page.source:
                continue
            data_only = page.address.startswith(("/notices/", "/messages/"))
            self.fault(
                page.address,
                "(page)",
                words.judge(page.source, self.lang, self.person.texts, data_only=data_only),
            )
            if not press and self.lang == "zh":
                self.fault(page.address, "(page)", self.person.looked_at(page.address))
            for button in walk.buttons(page, self.script) if press else []:
                if fresh(button):
                    self.press(page, button, spoil=False)
                if not self.script and button.post and button.typed and spoiled(button):
                    self.press(page, button, spoil=True)
        self.person.back()
        self.context.close()

    def press(self, page, button, *, spoil: bool) -> None:
        outcome = self.person.press(page.address, button, spoil)
        self.person.back()
        self.presses += outcome.pressed
        if not outcome.pressed and not spoil:
            self.unseen.append((page.address, button.label))
        self.fault(
            page.address,
            f"{button.label} → {button.action or '-'}{' (spoilt)' if spoil else ''} ⇒ {outcome.address}",
            outcome.faults,
        )

    def fault(self, address: str, button: str, found) -> None:
        self.faults += [
            (
                self.who or "nobody",
                self.width,
                "script" if self.script else "plain",
                self.lang,
                address,
                button,
                *f,
            )
            for f in found
        ]


def whole(names: list[str]) -> int:
    """All of it, on a demo of its own; the figures and the faults are printed."""
    from playwright.sync_api import sync_playwright

    with (
        demo() as (database, folder),
        steady_server(database, folder) as url,
        sync_playwright() as tools,
    ):
        browser = tools.chromium.launch(executable_path=found(), args=FLAGS)
        known: dict[tuple, walk.Fresh] = {}
        faults = [fault for one in rounds(names) for fault in played(browser, url, known, *one)]
        browser.close()
    once = {(f[0], walk.shape(f[4]), f[5], f[6], f[7]): f for f in faults}
    print(Counter(f[6] for f in once.values()))
    return int(bool(once))


def rounds(names: list[str]) -> Iterator[tuple[str, int, bool, str, bool]]:
    """Role, width, script, language, and whether buttons are pressed or pages only looked at."""
    from app.demo import ACCOUNTS

    people = names or ["", *(name for name, *_more in ACCOUNTS), "employer-new", "student-new"]
    for who in people:
        who = who.replace("nobody", "")
        widths = WIDTHS.get(who.rstrip("0123456789").removesuffix("-new"), (1366,))
        for width in widths:
            yield who, width, True, "zh", True
        if 390 not in widths:  # a page is looked at on a phone also where few work on one
            yield who, 390, True, "zh", False
        yield who, 1366, False, "zh", True
        yield who, 1366, True, "en", False


def played(browser, url, known, who, width, script, lang, press):
    """One round, told at once; a button that another person of the same kind has pressed is not pressed again."""
    begun, one = time.monotonic(), Round(browser, url, who, width, script, lang)
    fresh, spoiled = (
        known.setdefault(
            (who.rstrip("0123456789").removesuffix("-new"), width, script, spoil), walk.Fresh()
        )
        for spoil in (False, True)
    )
    one.run(fresh, spoiled, press=press)
    print(
        f"{who or 'nobody':<13}{width:>5} {'script' if script else 'plain '} {lang} {one.pages:>4} pages {one.presses:>4} presses "
        f"{len(one.faults):>3} faults {time.monotonic() - begun:6.0f} s  not shown: {one.unseen[:4]}",
        flush=True,
    )
    for fault in one.faults:
        print(json.dumps(fault, ensure_ascii=False), flush=True)
    return one.faults


@contextmanager
def demo() -> Iterator[tuple[str, Path]]:
    """A demo school on a server of its own."""

    from app.core import postgres
    from tests.databases import make_database

    folder = Path(tempfile.mkdtemp(prefix="qingqian-buttons-"))
    folder.chmod(0o755)
    server = postgres.start(folder / "postgres", durable=False)
    try:
        database = make_database(server, "buttons")
        env = {k: v for k, v in os.environ.items() if not k.startswith("QINGQIAN_")}
        env |= {"DATABASE_URL": database, "QINGQIAN_MODE": "demo", "QINGQIAN_INSTANCE": str(folder)}
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "run", "release"],
            cwd=ROOT,
            env=env,
            check=True,
        )
        told = "from tests.browser.buttons.edition import newcomers; newcomers()"
        subprocess.run([sys.executable, "-c", told], cwd=ROOT, env=env, check=True)
        yield database, folder
    finally:
        postgres.stop(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)
