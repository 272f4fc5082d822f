"""Whole numbers as people type them, and the field for them: a line of text, which no wheel can turn.

A browser's own field for numbers changes its value under a mouse wheel or an arrow key, without a sign
of it, and gives nothing at all for «６５００» or «6,500». So every number is read here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.widgets import TextInput

WHOLE = _l("Please enter a whole number.")
MONEY = ("元", "元整", "元/月", "元每月", "/月")  # never a year's: the letter says a month's
DAYS = ("天", "日")
YEARS = ("年", "届")
_LONGEST = 40  # characters that are looked at
_NUMBER = re.compile(r"[¥+]?(-?)([0-9]{1,12}|[0-9]{1,3}(?:[,'’][0-9]{3}){1,3})(?:\.0*)?", re.ASCII)


def whole(text: str, units: tuple[str, ...] = ()) -> int | None:
    """The number that was typed, None for anything else.

    Full-width digits, blanks, separators of thousands, «.00» and the field's own unit are what
    people mean by it: «６，５００ 元» is 6500. Half a yuan, «6.5千», another unit are not a whole number.
    """
    folded = unicodedata.normalize("NFKC", text[:_LONGEST]).replace("−", "-")
    bare = "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc", "Zs"))
    bare = bare.rstrip("。；、;.")  # a Chinese keyboard's full stop
    for unit in sorted(units, key=len, reverse=True):
        if bare.endswith(unit):
            bare = bare.removesuffix(unit)
            break
    found = _NUMBER.fullmatch(bare)
    if found is None or len(text) > _LONGEST:
        return None
    sign, digits = found.groups()
    return int(sign + re.sub(r"[,'’]", "", digits))


class WholeField(IntegerField):
    """A whole number typed as text; `units` are what may stand behind it."""

    widget = TextInput()

    def __init__(
        self, label: object, validators: object = None, units: tuple[str, ...] = (), **more: Any
    ) -> None:
        keys = {
            "inputmode": "numeric",
            "autocomplete": "off",
            **(more.pop("render_kw", None) or {}),
        }
        more.setdefault("invalid_value_message", WHOLE)
        super().__init__(label, validators, render_kw=keys, **more)
        self.units = units

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError with our sentence."""
        if not valuelist:
            return
        self.data = whole(valuelist[0], self.units)
        if self.data is None:
            raise ValueError(self.invalid_value_message)
