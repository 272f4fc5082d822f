"""Texts: collect the message ids, bring the Chinese catalogue up to date, fail on an untranslated one.

`python -m app.messages`. English stands in the code; Chinese in translations/zh, which office staff can
correct without touching code. The catalogue of Flask-AppBuilder lies beneath ours.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2),
            "pgettext": ((1, "c"), 2)}  # fmt: skip


def collected() -> Catalog:
    """Every message id of code and templates."""
    found = Catalog()
    for folder, methods in (("app", [("**.py", "python")]), ("templates", [("**.html", "jinja2")])):
        options = {"**.html": {"silent": "false", "encoding": "utf-8"}}
        for name, line, ids, comments, context in extract_from_dir(
            ROOT / folder, methods, options, keywords=KEYWORDS
        ):
            found.add(
                ids, None, [(f"{folder}/{name}", line)], auto_comments=comments, context=context
            )
    return found


def catalogue() -> Catalog:
    """The Chinese texts as they stand."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh")


def missing(texts: Catalog) -> list[str]:
    """Message ids without Chinese, or with a doubtful one."""
    return [str(m.id) for m in texts if m.id and (m.fuzzy or not _whole(m.string))]


def _whole(text: object) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def main() -> int:
    """Update, write, compile; 1 when something lacks a translation."""
    texts = catalogue()
    texts.update(collected(), no_fuzzy_matching=True)
    texts.obsolete.clear()
    with CATALOGUE.open("wb") as file:
        write_po(file, texts, width=100, sort_output=True, omit_header=False, include_lineno=False)
    with CATALOGUE.with_suffix(".mo").open("wb") as file:
        write_mo(file, texts)
    for text in missing(texts):
        sys.stderr.write(f"untranslated: {text!r}\n")
    return 1 if missing(texts) else 0


if __name__ == "__main__":
    sys.exit(main())
