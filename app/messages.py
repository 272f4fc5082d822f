"""Texts: collect the message ids, bring the Chinese catalogue up to date, fail on a gap in it.

`python -m app.messages`. English stands in the code; Chinese in translations/zh, which office
staff can correct without touching code: new texts in its *.txt files, standing ones in the
catalogue, which wins over the files. The catalogue of Flask-AppBuilder lies beneath ours.
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
WRITTEN = ROOT / "translations" / "zh"
CATALOGUE = WRITTEN / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2),
            "pgettext": ((1, "c"), 2), "lazy_pgettext": ((1, "c"), 2)}  # fmt: skip
PLACE = re.compile(r"%(?:%|\(\w+\)[a-z]?)?")  # a bare or broken % counts: it would fail when shown


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


def written() -> dict[str, str]:
    r"""Singular id → Chinese, from translations/zh/*.txt; of two files the first by name wins.

    Lines are msgid<TAB>msgstr, or singular|||plural<TAB>msgstr; a newline is written \n. A text with a
    context (`pgettext`) is written [context]msgid: one English word for two things. Blank lines and
    lines that start with # say nothing. ValueError names a line that is none of these.
    """
    words: dict[str, str] = {}
    for path in sorted(WRITTEN.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            msgid, _tab, text = line.replace("\\n", "\n").partition("\t")
            if not msgid or not text.strip() or "\t" in text:
                raise ValueError(f"{path.name}:{number}: not msgid<TAB>msgstr")
            words.setdefault(msgid.split("|||")[0], text)
    return words


def fill(texts: Catalog, words: dict[str, str]) -> None:
    """Put the words where the catalogue has none.

    Ids that no code of ours has are added too: Flask-AppBuilder leaves texts without Chinese.
    """
    for message in texts:
        name = _forms(message.id)[0]
        text = words.get(f"[{message.context}]{name}") or words.get(name)
        if text and _open(message):
            message.string = (text,) if message.pluralizable else text
            message.flags.discard("fuzzy")
    ours = {_forms(message.id)[0] for message in texts}
    for msgid, text in words.items():
        if msgid not in ours and not msgid.startswith("["):
            texts.add(msgid, text)


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
    fill(texts, written())
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
