"""`python -m tests.browser.month [FOLDER]`: the month, on a demo of its own; files and pictures go into the folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core import postgres
from tests.browser.conftest import FLAGS, ROOT, SLOW, Running, free_port, healthy
from tests.browser.get_chromium import found
from tests.browser.month import adding, books, matching, mending, reporting
from tests.browser.month.hand import Hand
from tests.databases import make_database

STORY = (
    adding.add,
    adding.add_rest,
    adding.approve,
    matching.match,
    mending.run,
    mending.mend,
    reporting.check,
    reporting.report,
    reporting.change,
    books.official,
    books.analysis,
)


@contextmanager
def product(folder: Path) -> Iterator[Running]:
    """`python run.py` in demo mode, with a database server of its own."""
    server = postgres.start(folder / "postgres", durable=False)
    database, port = make_database(server, "month"), free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith("QINGQIAN_")}
    env |= {
        "DATABASE_URL": database,
        "PORT": str(port),
        "QINGQIAN_INSTANCE": str(folder / "instance"),
        "QINGQIAN_MODE": "demo",
        "QINGQIAN_WEB_PROCESSES": "1",
    }
    (folder / "instance").mkdir()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "run.py"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
    try:
        it, until = Running(f"http://127.0.0.1:{port}", database, folder), time.monotonic() + SLOW
        while not healthy(it.url):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit((folder / "log").read_text())
            time.sleep(0.5)
        yield it
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(SLOW)
        postgres.stop(folder / "postgres")


def main(shots: Path) -> None:
    """Play it; the table of steps is printed, and every page that took longer than a person waits."""
    from playwright.sync_api import sync_playwright

    shots.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="qingqian-month-"))
    folder.chmod(0o755)
    try:
        with product(folder) as it, sync_playwright() as tools:
            browser = tools.chromium.launch(executable_path=found(), args=FLAGS)
            context = browser.new_context(
                viewport={"width": 1366, "height": 768},
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                base_url=it.url,
                accept_downloads=True,
            )
            hand = Hand(context.new_page(), it, shots)
            hand.enter("school")
            for part in STORY:
                part(hand)
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{'all':<28} {sum(s.seconds for s in hand.steps):6.1f} s {sum(s.clicks for s in hand.steps):3d} clicks"
    )
    for seconds, page in sorted(hand.slow, reverse=True):
        print(f"slow: {seconds:.1f} s {page}")


if __name__ == "__main__":
    main(
        Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="qingqian-month-shots-"))
    )
