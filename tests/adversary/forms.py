"""Pages as a browser without JavaScript has them: the forms of an answer, filled by who sits before it."""

from __future__ import annotations

import random
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from tests.conftest import Browser as OneRequest


@dataclass
class Form:
    """One form: where it goes, its fields as they stand, what else its buttons do."""

    url: str
    method: str
    fields: dict[str, list[str]]  # name → values offered, the first stands in it
    boxes: dict[str, str] = field(default_factory=dict)  # check boxes and radio buttons
    asks: tuple[str, ...] = ()  # addresses that send a code for this form
    files: tuple[str, ...] = ()


class Browser:
    """One device with its cookies; whoever sits at it."""

    def __init__(self, app: Any, name: str) -> None:
        self.app, self.name = app, name
        self.client = OneRequest(app)
        number = zlib.crc32(name.encode())  # an address of its own
        self.client.environ_base["HTTP_USER_AGENT"] = f"Device/{name}"
        self.client.environ_base["REMOTE_ADDR"] = (
            f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        )

    def get(self, url: str) -> Any:
        """The page at that address, redirects followed."""
        return self.client.get(url, follow_redirects=True)

    def post(self, url: str, data: Mapping[str, Any], **more: Any) -> Any:
        """The answer to a form, redirects followed."""
        return self.client.post(url, data=data, follow_redirects=True, **more)

    def user_id(self) -> int | None:
        """Who is signed in here, as far as the cookie says."""
        with self.client.session_transaction() as kept:
            found = kept.get("_user_id")
        return int(found) if found else None


def forms_of(answer: Any) -> list[Form]:
    """The forms of a page, those inside <noscript> too."""
    if "html" not in (answer.content_type or "") or not answer.data:
        return []
    tree = html.fromstring(answer.get_data(as_text=True))
    here = answer.request.path if answer.request else "/"
    found = [_form(one, here) for one in tree.iter("form")]
    # the empty dialog that the page's script fills is no form of its own
    return [
        f
        for f in found
        if f.method != "dialog" and not {"batch", "reason", "code"} <= set(f.fields)
    ]


def _form(found: Any, here: str) -> Form:
    form = Form(_path(found.get("action") or here), (found.get("method") or "get").lower(), {})
    asks, files = [], []
    for node in found.iter("input", "select", "textarea", "button"):
        if node.get("formaction") or node.get("data-qq-code-url"):
            asks.append(_path(node.get("data-qq-code-url") or node.get("formaction")))
        name, kind = node.get("name"), node.get("type", "")
        if not name or node.get("disabled") is not None:
            continue
        if kind == "file":
            files.append(name)
        elif kind in ("checkbox", "radio"):
            form.boxes.setdefault(name, node.get("value") or "on")
            if kind == "radio":
                form.fields.setdefault(name, []).append(node.get("value") or "on")
        elif node.tag == "select":
            options = [o.get("value", "") for o in node.iter("option")]
            chosen = [
                o.get("value", "") for o in node.iter("option") if o.get("selected") is not None
            ]
            form.fields[name] = [*chosen, *options] or [""]
        elif node.tag != "button" or name:
            form.fields.setdefault(name, []).append(node.get("value") or node.text or "")
    form.asks, form.files = tuple(dict.fromkeys(asks)), tuple(files)
    return form


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


class Filler:
    """What somebody types into a form: what the field's name asks for, from what he knows and owns."""

    def __init__(self, rng: random.Random, knows: Mapping[str, list[str]]) -> None:
        self.rng, self.knows = rng, knows

    def fill(self, form: Form, **sure: str) -> dict[str, str]:
        """Values for the form; `sure` ones are taken as they are."""
        values = {name: self._value(name, offered) for name, offered in form.fields.items()}
        values |= {
            name: value
            for name, value in form.boxes.items()
            if name not in form.fields and self.rng.random() < 0.9
        }
        return values | {name: text for name, text in sure.items() if name in form.fields}

    def _value(self, name: str, offered: list[str]) -> str:
        stands = offered[0]
        if name.startswith(("csrf", "_")):
            return stands
        pool = next((self.knows[key] for key in self.knows if key in name), None)
        if pool and (not stands or self.rng.random() < 0.6) and len(offered) == 1:
            return self.rng.choice(pool)
        if len(offered) > 1:
            real = [text for text in offered if text not in ("", "0")] or offered
            return stands if stands in real or self.rng.random() < 0.1 else self.rng.choice(real)
        return stands or ("测试" if self.rng.random() < 0.2 else "")
