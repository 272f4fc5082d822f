"""The code tables that come with the platform: files, editions, words for codes (PLN-11)."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from flask_babel import lazy_gettext as _l

SHIPPED = Path(__file__).parent / "tables"


# file of the shipped tables → (table, edition); the legacy edition of 毕业去向 counts before 2021
FILES = {
    "byqx_2021": ("byqx", "2021"),
    "byqx_legacy": ("byqx", "legacy"),
    "byqx_legacy_provincial_extras": ("byqx", "legacy"),
    "dwxz": ("dwxz", ""),
    "dwhy": ("dwhy", ""),
    "gzzwlb": ("gzzwlb", ""),
    "pyfs": ("pyfs", ""),
    "xb": ("xb", ""),
    "mz": ("mz", ""),
    "zzmm": ("zzmm", ""),
    "xl": ("xl", ""),
    "knslb": ("knslb", ""),
    "sfslb": ("sfslb", ""),
    "cxsy_project": ("cxsy", ""),
    "sf_project": ("sf", ""),
    "dajs_project": ("dajs", ""),
    "hkjs_project": ("hkjs", ""),
    "other_destination_project": ("qtqx", ""),
}
TABLES = {
    "byqx": _l("Destination"),
    "dwxz": _l("Nature of the employer"),
    "dwhy": _l("Industry"),
    "gzzwlb": _l("Kind of position"),
    "pyfs": _l("Training mode"),
    "xl": _l("Level of education"),
    "xb": _l("Sex"),
    "mz": _l("Nationality"),
    "zzmm": _l("Political status"),
    "knslb": _l("Kind of hardship"),
    "sfslb": _l("Teacher training"),
    "cxsy": _l("Town or country"),
    "sf": _l("Yes or no"),
    "dajs": _l("Receipt of the archive"),
    "hkjs": _l("Receipt of the household registration"),
    "qtqx": _l("Other destinations"),
}
CONFIRMED_2021 = {
    "10",
    "11",
    "12",
    "271",
    "46",
    "502",
    "503",
    "512",
    "519",
    "76",
    "801",
    "802",
    "85",
}
UNCONFIRMED = {("xl", "49"), ("xl", "61"), ("dwxz", "33")}
SHIPPED_EDITIONS = {"byqx": [(0, "legacy"), (2021, "2021")]}


@cache
def words(table: str) -> dict[str, tuple[str, bool]]:
    """Words that people write for a code of a table: word → code, whether it can mean nothing else."""
    rows = (row for row in read_shipped("words") if row["table"] == table)
    return {row["word"].casefold(): (row["code"], row["sure"] == "1") for row in rows}


@cache
def former_regions() -> dict[str, tuple[str, int]]:
    """Regions that are no more: code → full name, the year until which it was called so."""
    return {
        row["code"]: (row["full_name"], int(row["until"])) for row in read_shipped("xzqh_former")
    }


def read_shipped(file: str) -> list[dict[str, str]]:
    """The lines of a table as it is shipped."""
    with open(SHIPPED / f"{file}.csv", encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))
