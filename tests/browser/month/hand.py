"""A person at the page: clicks are counted, pages timed, each step of the month is one line of the table."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.browser.conftest import SLOW, Running, sign_in

PATIENT = 3.0  # seconds a person waits for a page without asking why
TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".dbf": "application/octet-stream",
}


@dataclass
class Step:
    """One line of the table."""

    name: str
    seconds: float = 0.0
    clicks: int = 0
    said: list[str] = field(default_factory=list)


@dataclass
class Hand:
    """One person's browser page, with what it did."""

    page: Any
    it: Running
    shots: Path
    steps: list[Step] = field(default_factory=list)
    slow: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(SLOW * 1000 / 15)
        self.page.on("requestfinished", self._timed)

    def _timed(self, request: Any) -> None:
        seconds = request.timing["responseEnd"] / 1000
        if request.resource_type == "document" and seconds > PATIENT:
            self.slow.append((seconds, f"{request.method} {request.url.removeprefix(self.it.url)}"))

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """A station of the month; its line is printed when it is done."""
        self.steps.append(Step(name))
        begun, now = time.monotonic(), self.steps[-1]
        yield now
        now.seconds = time.monotonic() - begun
        print(
            f"{now.name:<28} {now.seconds:6.1f} s {now.clicks:3d} clicks  {'; '.join(now.said)}",
            flush=True,
        )

    def say(self, text: str) -> None:
        """A figure of the step."""
        self.steps[-1].said.append(text)

    def same(self, what: str, *figures: object) -> None:
        """Page, file and database say the same number."""
        assert len(set(map(str, figures))) == 1, (what, figures)
        self.say(f"{what} {figures[0]}")

    def enter(self, who: str) -> None:
        """Sign in; whoever sat here before is gone."""
        self.page.context.clear_cookies()
        sign_in(self.page, who)

    def go(self, path: str) -> None:
        """An entry of the menu, or the way back to a list."""
        self._count()
        self.page.goto(path)

    def click(self, what: Any) -> None:
        """A link or button, by its text or as found."""
        self._count()
        if isinstance(what, str):
            what = (
                self.page.locator("main")
                .get_by_role("button", name=what, exact=True)
                .or_(self.page.locator("main").get_by_role("link", name=what, exact=True))
                .first
            )
        what.click()
        self.page.wait_for_load_state()

    def pick(self, select: Any, label: str) -> None:
        """A choice of a select that was found."""
        self._count()
        select.select_option(label=label)

    def tick(self, box: Any) -> None:
        self._count()
        box.check()

    def tab(self, name: str) -> None:
        """A tab of the list; its count stands beside its name."""
        self.click(self.page.get_by_role("link", name=re.compile(f"^{name}")).first)

    def file(self, data: bytes, name: str, where: str = "#file") -> None:
        """Choose a file."""
        self._count()
        kind = TYPES[Path(name).suffix]
        self.page.set_input_files(where, [{"name": name, "mimeType": kind, "buffer": data}])

    def act(self, action: str) -> None:
        """A button of the action bar, and its question."""
        button = self.page.locator(f"[data-qq-action={action}]").first
        button.wait_for(state="attached")  # the page may still be on its way
        if not button.is_visible():
            self._count()
            self.page.locator("details.qq-more summary").first.click()
        self._count()
        button.click()
        self.confirm()

    def confirm(self) -> None:
        """Yes, and yes again where the question is asked twice."""
        self._count()
        self.page.click("#qq-dialog button[type=submit]")
        if self.page.locator("#qq-dialog[open] #qq-dialog-confirm:visible").count():
            self._count()
            self.page.click("#qq-dialog button[type=submit]")
        self.page.wait_for_load_state()

    def everything(self, action: str) -> None:
        """All that the list finds, by one button below it."""
        self.tick(self.page.locator("[data-qq-all]"))
        every = self.page.locator("input[name=all]")
        if every.count():
            self.tick(every)
        self.act(action)

    def fetch(self, link: Any, name: str) -> Path:
        """Download under a name of ours."""
        self._count()
        with self.page.expect_download() as waiting:
            link.click()
        waiting.value.save_as(self.shots / name)
        return self.shots / name

    def made(self, name: str) -> Path:
        """The file of the page, once the worker has made it."""
        button = self.page.get_by_role("link", name="下载", exact=True)
        button.wait_for(timeout=SLOW * 1000)
        return self.fetch(button, name)

    def finished(self) -> None:
        """Wait until the worker has done with everything that was selected."""
        self.page.wait_for_url("**/batches/**")
        self.patiently(
            "() => { const bar = document.querySelector('progress'); return !bar || bar.value === bar.max }"
        )

    def patiently(self, condition: str) -> None:
        """Wait for the worker: until the page, which reloads itself, says so."""
        self.page.wait_for_function(condition, timeout=SLOW * 1000)

    def listed(self) -> int:
        """How many rows the list below has, as it says so itself."""
        found = re.search(r"共 ([\d,]+) 条", self.page.inner_text("main"))
        return int(found[1].replace(",", "")) if found else 0

    def until_database(self, sql: str, wanted: object) -> None:
        """Wait for the worker."""
        until = time.monotonic() + SLOW
        while self.it.ask(sql) != wanted:
            assert time.monotonic() < until, sql
            time.sleep(0.5)

    def until(self, text: str) -> None:
        """Wait for a sentence of the page."""
        self.page.get_by_text(text).first.wait_for(timeout=SLOW * 1000)

    def figures(self) -> dict[str, int]:
        """The figures of a preview or comparison, once it is there."""
        self.patiently(
            "() => document.querySelector('.qq-stats') && !document.querySelector('progress')"
        )
        boxes = [
            box.inner_text().split("\n") for box in self.page.locator(".qq-stats .qq-stat").all()
        ]
        return {line[0]: int(line[1].replace(",", "")) for line in boxes}

    def shot(self, name: str, *widths: int) -> None:
        """The page as a picture; on a phone nothing may be cut off."""
        for width in widths or (1366,):
            self.page.set_viewport_size({"width": width, "height": 844 if width < 500 else 768})
            self.page.screenshot(path=self.shots / f"{name}-{width}.png", full_page=True)
            assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                name,
                width,
            )
        self.page.set_viewport_size({"width": 1366, "height": 768})

    def _count(self) -> None:
        self.steps[-1].clicks += 1
