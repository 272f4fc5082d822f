"""A person at a page: fills the fields, presses one button to the end of its dialog, and looks what became of it."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Error, TimeoutError

from tests.browser.buttons import values, walk, words

CONTROLS = """(at) => { const e = at; const form = e.form || e.closest('form'); if (!form) return [];
  const all = Array.from(document.querySelectorAll('input, select, textarea')); const shown = (i) => !i.disabled && !i.readOnly &&
    i.type !== 'hidden' && !i.closest('[hidden]') && !(i.closest('fieldset') || {}).disabled;
  return Array.from(form.elements).filter((i) => i.matches('input, select, textarea') && shown(i)).map((i) => ({
    at: all.indexOf(i), tag: i.tagName.toLowerCase(), type: i.type, name: i.name, value: i.value, checked: i.checked, required: i.required,
    label: Array.from(i.labels || []).map((l) => l.textContent).join(' ').trim().slice(0, 60), min: i.min || '', max: i.max || '', accept: i.accept || '',
    region: 'qqRegion' in i.dataset, options: i.tagName === 'SELECT' ? Array.from(i.options).filter((o) => !o.disabled).map((o) => o.value) : [] })); }"""
TYPED = """() => Object.fromEntries(Array.from(document.querySelectorAll('textarea, input')).filter((i) => i.name && !i.disabled &&
  (i.tagName === 'TEXTAREA' || ['text', 'email', 'tel', 'search', 'url', 'number', 'date', 'month', 'datetime-local'].includes(i.type)) && i.name !== 'code')
  .map((i) => [(i.closest('.qq-confirm, dialog') ? 'asked ' : '') + (i.form ? i.form.getAttribute('action') || '' : '') + ' ' + i.name, i.value]))"""
ERRORS = """() => Array.from(document.querySelectorAll('.qq-error, .qq-problems, .qq-flash-danger, .qq-flash-warn, .qq-note-danger, [aria-invalid=true]'))
  .filter((e) => e.offsetParent && e.textContent.trim()).map((e) => e.textContent.trim().slice(0, 120))"""
DONE = """() => Array.from(document.querySelectorAll('.qq-flash-done, .qq-flash-info, .qq-note-done')).filter((e) => e.offsetParent).map((e) => e.textContent.trim().slice(0, 120))"""
STANDS = """() => document.documentElement.outerHTML + Array.from(document.querySelectorAll('dialog, details')).map((e) => e.open).join()
  + Array.from(document.querySelectorAll('input')).map((i) => i.checked + i.value).join()"""
OVER = """() => { const edge = document.documentElement.clientWidth; if (document.documentElement.scrollWidth <= edge) return [];
  const inside = (e) => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
  return Array.from(document.body.querySelectorAll('*')).filter((e) => e.getBoundingClientRect().right > edge + 1 && !inside(e))
    .slice(-2).map((e) => e.outerHTML.slice(0, 120)); }"""
ALONE = """() => Array.from(document.querySelectorAll('td[data-label], td.l')).filter((e) => e.offsetParent && !e.textContent.trim() &&
  !e.querySelector('input, select, button, a, img, svg') && getComputedStyle(e, '::before').content.includes(e.dataset.label || '：'))
  .map((e) => e.dataset.label || getComputedStyle(e, '::before').content)"""
REVEAL = """(e) => { for (let d = e.parentElement; d; d = d.parentElement) if (d.tagName === 'DETAILS') d.open = true;
  const bar = e.closest('[data-qq-bulk]'), box = document.querySelector('[name=rowid]'); if (bar && bar.hidden && box) box.click();
  const keys = e.closest('#qq-keys'); if (keys && !keys.open) keys.showModal(); }"""
PATIENCE = 15_000  # milliseconds
# what Chromium itself says of a status or of a page left while it loads; pages of ours say more
NOISE = re.compile(r"Failed to load resource|net::ERR_ABORTED|status of (?:4\d\d|202)")


@dataclass
class Outcome:
    """What became of a press."""

    said: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""
    pressed: bool = True


class Person:
    """One browser of one role at one width, with or without script."""

    def __init__(self, context, steady: str, lang: str, script: bool) -> None:
        self.context, self.steady, self.lang, self.script = context, steady, lang, script
        self.texts = ""
        self.cookies, self.page = [], None
        self.faults: list[tuple[str, str]] = []
        self.open_requests = self.asked = 0

    # -- the server ------------------------------------------------------------------------------

    def ask(self, name: str):
        return self.context.request.get(f"{self.steady}/steady/{name}").json()

    def get(self, address: str) -> walk.Page:
        """A page by its source alone."""
        self.ask("seen")
        try:
            answer = self.context.request.get(address, timeout=PATIENCE * 4)
        except Error as error:
            return walk.Page(address, 0, str(error), [])
        kind = answer.headers.get("content-type", "")
        source = answer.text() if kind.startswith("text/html") else ""
        path = urlsplit(answer.url)
        return walk.Page(
            path.path + (f"?{path.query}" if path.query else ""),
            answer.status,
            source,
            self.ask("seen")["templates"],
        )

    def keep(self) -> None:
        """The state every press begins with."""
        self.ask("mark")
        self.cookies = self.context.cookies()

    def back(self) -> None:
        if self.page is not None:
            self.page.close(run_before_unload=False)
            self.page = None
        for page in self.context.pages:
            page.close()
        self.ask("back")
        self.context.clear_cookies()
        self.context.add_cookies(self.cookies)

    # -- a page ----------------------------------------------------------------------------------

    def open(self, address: str):
        self.faults = []
        self.open_requests = 0
        page = self.page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        self.watch(page)
        page.goto(address, wait_until="load")
        return page

    def looked_at(self, address: str) -> list[tuple[str, str]]:
        """What is wrong with a page before anything is pressed: what it says by itself, what hangs over the edge."""
        page = self.open(address)
        self.settle()
        found = [*self.faults, *over(page)]
        self.back()
        return found

    def watch(self, page) -> None:
        page.on("pageerror", lambda e: self.faults.append(("script error", str(e)[:300])))
        page.on("console", self.console)
        page.on("dialog", lambda d: d.accept())
        page.on("request", lambda _r: self.count(1, asked=1))
        page.on("requestfinished", lambda _r: self.count(-1))
        page.on("requestfailed", lambda _r: self.count(-1))
        page.on(
            "response",
            lambda r: (
                r.status >= 500
                and self.faults.append(
                    ("status", f"{r.status} {r.request.method} {urlsplit(r.url).path}")
                )
            ),
        )

    def console(self, message) -> None:
        if message.type == "error" and not NOISE.search(message.text):
            self.faults.append(("console", message.text[:300]))

    def count(self, n: int, asked: int = 0) -> None:
        self.open_requests += n
        self.asked += asked

    def settle(self) -> None:
        """Until nothing was asked for during a tenth of a second, and at most as long as patience goes."""
        until, quiet = time.monotonic() + PATIENCE / 1000, 0
        while quiet < 3 and time.monotonic() < until:
            self.page.wait_for_timeout(40)
            quiet = quiet + 1 if self.open_requests <= 0 else 0
        self.open_requests = 0
        if not self.page.is_closed():
            self.page.wait_for_load_state("load", timeout=PATIENCE)

    # -- a press ---------------------------------------------------------------------------------

    def press(self, address: str, button: walk.Button, spoil: bool = False) -> Outcome:
        """Open the page, fill the form, press; `spoil` breaks one field, so that the server refuses."""
        outcome = Outcome()
        self.ask("seen")
        page = self.open(address)
        try:
            self._press(page, button, spoil, outcome)
        except TimeoutError as error:
            outcome.faults.append(("cannot be pressed", str(error).split("Call log")[0][:200]))
        except Error as error:
            outcome.faults.append(("browser", str(error)[:200]))
        outcome.faults += self.faults
        outcome.faults += [("bug", text[-1500:]) for text in self.ask("seen")["bugs"]]
        return outcome

    def _press(self, page, button, spoil, outcome) -> None:
        target = page.locator(walk.PRESSED).nth(button.at)
        handle = target.element_handle()
        handle.evaluate(REVEAL)
        if not handle.is_visible() and button.key[2].partition(":")[0] != "input":
            outcome.pressed = False
            return
        if button.key[2].startswith("tr") and not handle.get_attribute("data-href"):
            outcome.pressed = False  # a row that leads nowhere; rows.js says where the others lead
            return
        upload = handle.get_attribute("type") == "file"
        if not upload:
            fields = handle.evaluate(CONTROLS)
            self.fill(page, fields)
            if self.codes(page, handle):  # asking for it has sent the page: the rest is filled anew
                handle = target.element_handle()
                fields = handle.evaluate(CONTROLS)
                self.fill(page, fields)
            if spoil and not self.spoil(page, fields, handle):
                outcome.pressed = False
                return
        if handle.get_attribute("data-qq-rows") is not None:
            # the rules are asked what fits the ticked rows
            page.locator("[data-qq-bulk][aria-busy]").wait_for(state="detached")
            if not handle.is_visible() or not handle.is_enabled():
                outcome.pressed = False
                return
        before, typed = len(self.context.pages), page.evaluate(TYPED)
        asked, stood = self.asked, page.evaluate(STANDS)
        elsewhere = (
            handle.get_attribute("formtarget") if button.key[2].startswith("button") else None
        )
        if upload:
            handle.set_input_files(
                values.file_for(
                    handle.get_attribute("name") or "", handle.get_attribute("accept") or ""
                )
            )
        elif button.key[2].startswith("tr"):
            handle.dblclick()
        else:
            handle.click()
        self.settle()
        same = self.asked == asked and len(self.context.pages) == before and not elsewhere
        if same and not page.is_closed() and page.evaluate(STANDS) == stood:
            outcome.pressed = False
            if valid(handle):
                outcome.faults.append(("nothing happens", button.label))
        self.dialog(page, spoil)
        self.look(page, button, typed, outcome)
        for extra in self.context.pages[before:]:
            extra.close()

    def dialog(self, page, spoil: bool) -> None:
        """The question of a dialog is answered to its end."""
        if not self.script or not page.locator("#qq-dialog[open]").count():
            return
        submit = page.locator("#qq-dialog [type=submit]").element_handle()
        self.fill(page, submit.evaluate(CONTROLS))
        if not spoil:
            self.codes(page, submit)
        for _step in (1, 2):
            if page.locator("#qq-dialog[open]").count():
                page.locator("#qq-dialog [type=submit]").click()
                self.settle()

    def fill(self, page, fields) -> None:
        everything = page.locator("input, select, textarea")
        chosen = {f["name"] for f in fields if f["type"] == "radio" and f["checked"]}
        for f in fields:
            control = everything.nth(f["at"])
            if not control.is_visible() or not control.is_enabled() or f["name"] == "code":
                continue
            if f["type"] == "file":
                control.set_input_files(values.file_for(f["name"], f["accept"]))
            elif f["type"] == "checkbox":
                if (f["required"] or f["name"] in ("agreed", "sure")) and not f["checked"]:
                    control.check(force=True)
            elif f["type"] == "radio":
                if f["name"] not in chosen:
                    control.check(force=True)
                    chosen.add(f["name"])
            elif f["tag"] == "select":
                options = [o for o in f["options"] if o]
                if not f["value"] and options:
                    control.select_option(options[0])
            elif not f["value"] and f["type"] not in ("submit", "button", "image", "reset"):
                self.write(page, control, f)

    def write(self, page, control, f) -> None:
        kind = "textarea" if f["tag"] == "textarea" else f["type"]
        control.fill(
            "武汉"
            if f["region"]
            else values.value_for(kind, f["name"], f["label"], f["min"], f["max"])
        )
        if f["region"] and self.script:
            option = page.locator(".qq-options:not([hidden]) li").first
            option.wait_for(timeout=3000)
            option.dispatch_event("mousedown")

    def codes(self, page, handle) -> bool:
        """A code that the form asks for is sent, read and typed; whether the page was sent for it."""
        scope = handle.evaluate_handle(
            "e => e.form || e.closest('form') || document.body"
        ).as_element()
        field = scope.query_selector("input[name=code]:not([disabled])")
        if (
            field is None
            or not field.is_visible()
            or handle.get_attribute("data-qq-code-url")
            or handle.get_attribute("formaction")
        ):
            return False
        sender = scope.query_selector("[data-qq-code-url], button[formaction*=code]")
        if sender is not None and sender.is_visible():
            if self.script:
                sender.click()
                self.settle()
            else:
                action = sender.get_attribute("formaction") or sender.get_attribute(
                    "data-qq-code-url"
                )
                token = page.locator("meta[name=csrf-token]").get_attribute("content")
                self.context.request.post(
                    action, form={"csrf_token": token}, headers={"Accept": "application/json"}
                )
            self.ask("work")
        sent = not scope.is_visible()
        scope = page if sent else scope
        field = scope.query_selector("input[name=code]:not([disabled])")
        answer = self.context.request.get("/messages/").text()
        found = re.search(r"(?:验证码|code)[^0-9]{0,40}(\d{6})\b", re.sub(r"<[^>]+>", " ", answer))
        field.fill(found.group(1) if found else "000000")
        return sent

    def spoil(self, page, fields, handle) -> bool:
        """Break one field that the server checks; whether there is one."""
        handle.evaluate("e => { if (e.form) e.form.noValidate = true }")
        everything = page.locator("input, select, textarea")
        order = ("email", "date", "number", "tel", "select-one", "text")
        for kind in order:
            for f in fields:
                control = everything.nth(f["at"])
                if f["type"] != kind or not control.is_visible() or not f["name"]:
                    continue
                if kind == "select-one":
                    if "" in f["options"] and f["required"]:
                        control.select_option("")
                        return True
                elif kind in ("email", "tel") or "mail" in f["name"]:
                    control.fill("不是这样写的")
                    return True
                elif f["required"] or kind == "number":
                    control.fill("")
                    return True
        return False

    # -- what became of it -------------------------------------------------------------------------

    def look(self, page, button, typed, outcome) -> None:
        if page.is_closed():
            return
        if page.locator("meta[http-equiv=refresh]").count():
            self.ask("work")
            with contextlib.suppress(Error):  # the page may be looking again by itself
                page.goto(page.url, wait_until="load")
            self.settle()
        outcome.address = page.url.replace(self.steady, "")
        outcome.refused, outcome.said = page.evaluate(ERRORS), page.evaluate(DONE)
        now = page.evaluate(TYPED)
        gone = [
            name
            for name, value in typed.items()
            if value.strip()
            and name in now
            and folded(now[name]) != folded(value)
            # a question that was refused with a sentence is asked anew: its reason is a line
            and not (outcome.refused and name.startswith("asked "))
        ]
        if (
            gone
            and (outcome.refused or not outcome.said)
            and button.key[2].partition(":")[0] != "tr"
        ):
            kind = "lost text" if outcome.refused or button.post else "lost search"
            outcome.faults.append(
                (
                    kind,
                    f"{[(n, typed[n][:20], now[n][:20]) for n in gone][:6]} said: {outcome.refused[:2]}",
                )
            )
        source = page.content()
        if "<html" in source and page.locator("body").count():
            data_only = urlsplit(page.url).path.startswith(("/notices/", "/messages/"))
            found = words.judge(source, self.lang, self.texts, data_only=data_only)
            # the browser writes every attribute without a value as an empty one
            outcome.faults += [one for one in found if one[0] != "empty attribute"]
            outcome.faults += over(page)


def over(page) -> list[tuple[str, str]]:
    """What makes the whole page wider than the window; labels of a card with nothing behind them."""
    found = [("over the edge", what) for what in page.evaluate(OVER)]
    return found + [("label without a value", what) for what in set(page.evaluate(ALONE))]


def valid(handle) -> bool:
    """Whether the browser itself would send the form: what it says of a field stands in no page."""
    return bool(
        handle.evaluate(
            "e => { const f = e.form || e.closest('form'); return !f || f.noValidate || f.checkValidity() }"
        )
    )


def folded(text: str) -> str:
    """What a server may make of a text without the person's losing a word."""
    import unicodedata

    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()
