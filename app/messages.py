"""Texts: collect the message ids, bring the Chinese catalogue up to date, fail on a gap in it.

`make messages`. English stands in the code; Chinese in the catalogue and nowhere else: it lists what is new,
and whoever wrote it (or office staff, who need no code for it) puts the Chinese there. The catalogue of
Flask-AppBuilder lies beneath ours.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
}
# what Flask-AppBuilder says without Chinese of its own
OF_FAB = (
    "Add",
    "Add Group",
    "Are you sure you want to delete this item?",
    "Contains (insensitive)",
    "Database Error",
    "Edit Group",
    "Edit User Information",
    "Either select a role or a group",
    "Groups",
    "In",
    "List Groups",
    "Not In",
    "Not a valid choice.",
    "OK",
    "Show Group",
    "Sign In with ",
    "The user's password for authentication",
    "User information changed",
    "User(s) exists in the group, cannot delete",
    "User(s) exists in the role, cannot delete",
)
PLACE = re.compile(r"%(?:%|\(\w+\)[a-z]?)?")  # a bare or broken % counts: it would fail when shown


def collected() -> Catalog:
    """Every message id of code and templates, and what Flask-AppBuilder leaves to us."""
    found = Catalog()
    for msgid in OF_FAB:
        found.add(msgid)
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
    return [str(m.id) for m in texts if m.id and _open(m)]


def misplaced(texts: Catalog) -> list[str]:
    """Message ids whose Chinese has not exactly the named places of the id (of its plural)."""
    return [str(m.id) for m in texts if m.id and not _open(m) and not _fits(m)]


def _fits(message: Message) -> bool:
    places = _places(_forms(message.id)[-1])
    return all(_places(text) == places for text in _forms(message.string))


def _open(message: Message) -> bool:
    return message.fuzzy or not _whole(message.string)


def _whole(text: object) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def _forms(text: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def _places(text: str) -> set[str]:
    return set(PLACE.findall(text))


def main() -> int:
    """Update, write, compile; 1 when a translation is lacking or has other named places."""
    texts = catalogue()
    texts.update(collected(), no_fuzzy_matching=True)
    texts.obsolete.clear()
    with CATALOGUE.open("wb") as file:
        write_po(file, texts, width=100, sort_output=True, omit_header=False, include_lineno=False)
    with CATALOGUE.with_suffix(".mo").open("wb") as file:
        write_mo(file, texts)
    problems = [f"untranslated: {text!r}\n" for text in missing(texts)]
    problems += [f"other places: {text!r}\n" for text in misplaced(texts)]
    sys.stderr.writelines(problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
