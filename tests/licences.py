"""What is installed in production, and under which licence, as each package says of itself (S-21)."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN_LOCK = ROOT / "requirements.lock"

# families that a product under Apache-2.0 can be delivered with; LGPL and MPL: unchanged, as libraries
GOOD = (
    "mit",
    "bsd",
    "apache",
    "isc",
    "psf",
    "python software foundation",
    "mozilla public license 2",
    "mpl-2.0",
    "lgpl",
    "lesser general public",
    "unlicense",
    "zlib",
    "0bsd",
    "cc0",
)
# packages whose metadata say nothing, or too little: read in their source
KNOWN = {"waitress": "ZPL-2.1"}  # on Windows only; as permissive as BSD


def locked() -> dict[str, str]:
    """Name and version of every package of the run lock."""
    lines = RUN_LOCK.read_text(encoding="utf-8").split("\n")
    pairs = (re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", line) for line in lines)
    return {found.group(1).lower(): found.group(2) for found in pairs if found}


def licence(name: str) -> str:
    """What the package says; empty where it says nothing."""
    if name in KNOWN:
        return KNOWN[name]
    try:
        data = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    said = data.get("License-Expression")
    if said:
        return str(said)
    groups = [
        c.rpartition(" :: ")[2]
        for c in data.get_all("Classifier") or []
        if c.startswith("License ::")
    ]
    if groups:
        return " OR ".join(groups)
    return (data.get("License") or "").split("\n")[0][:80]


def lives_with_ours(said: str) -> bool:
    """Whether one choice of an OR is good in all its parts."""
    choices = [re.split(r" AND ", choice) for choice in re.split(r" OR ", said)]
    return any(all(_good(part) for part in parts) for parts in choices)


def _good(part: str) -> bool:
    text = part.strip(" ()").lower()
    strong = re.search(r"\b(a?gpl|gnu general|gnu affero|sspl|busl|commercial|proprietary)", text)
    weak = "lgpl" in text or "lesser" in text
    return (not strong or weak) and (text.startswith("zpl") or any(word in text for word in GOOD))


def table() -> str:
    """THIRD-PARTY.md: every package with its licence."""
    rows = "\n".join(f"| {name} | {licence(name)} |" for name in sorted(locked()))
    return f"{HEAD}\n| package | licence |\n|---|---|\n{rows}\n"


HEAD = """# Third-party software and fonts

青签 is delivered under the Apache License 2.0 (`LICENSE`). It is installed together with the packages below, unchanged, as
their own licences allow; `make sbom` lists them with versions and hashes. Packages under LGPL or MPL are libraries
that anybody may replace by another version. Written by `python -m tests.licences`.

The fonts in `app/files/documents/fonts` are Noto Sans SC and two cut out of Noto Sans and Hanazono (`python -m tests.fonts`),
all under the SIL Open Font License 1.1; its text lies beside them (`OFL.txt`). Bootstrap (MIT), jQuery (MIT), select2 (MIT), bootstrap-datepicker (Apache-2.0) and Font Awesome Free (icons
CC BY 4.0, fonts OFL 1.1, code MIT) come with Flask-AppBuilder.
"""


if __name__ == "__main__":
    (ROOT / "THIRD-PARTY.md").write_text(table(), encoding="utf-8")
