"""A snapshot of plain data as texts: what is printed, and what its places are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeAlias

from flask_babel import force_locale

from app.core import clock
from app.core.printable import marked, mended, missing

Nest: TypeAlias = Any  # dicts and lists of texts, numbers, dates and None


def printable(value: Nest) -> Nest:
    """Copy the nest of dicts and lists with every leaf a text; None becomes the empty text.

    Moments are printed as they are: give them in Asia/Shanghai time.
    """
    if isinstance(value, Mapping):
        return {str(key): printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable(item) for item in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return "" if value is None else str(value)


def in_chinese(label: object) -> str:
    """A label as documents print it, whatever language the page speaks."""
    with force_locale("zh"):
        return str(label)


def day(moment: datetime) -> str:
    """The day of a moment in Asia/Shanghai, as documents print it: 2027-06-30."""
    return clock.local(moment).strftime("%Y-%m-%d")


def texts(value: Nest, place: str = "") -> Iterator[tuple[str, str]]:
    """List every text of the nest with its place, such as ``student.name`` or ``trace.2.note``."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(item, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from texts(item, f"{place}.{number}")


def mended_all(value: Nest) -> Nest:
    """The nest with old private characters made standard in every text: what is printed and digested."""
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, Mapping):
        return {key: mended_all(item) for key, item in value.items()}
    return [mended_all(item) for item in value] if isinstance(value, list) else value


def traces_marked(data: dict[str, Any]) -> dict[str, Any]:
    """An emoji in somebody's reason keeps no document from being made; the record has it in full."""
    if "reason" in data:
        data["reason"] = marked(data["reason"])
    for step in data.get("trace", ()):
        step |= {"note": marked(step["note"]), "who": marked(step["who"])}
    return data


def unprintable(data: Nest) -> list[tuple[str, str]]:
    """Each (place, character) of the data that no document can show, traces left out."""
    agreed = {name: value for name, value in data.items() if name not in ("reason", "trace")}
    return missing(dict(texts(printable(agreed))))


def unit(value: str, name: str) -> str:
    """«3,500» → «3,500 元/月»; what is empty or not a number stays as it is."""
    number = value.replace(",", "").replace(".", "", 1)
    return f"{value} {name}" if number.isdecimal() else value


def chinese(number: int) -> str:
    """1 → 一, 12 → 十二, 20 → 二十; up to 99."""
    digits = "一二三四五六七八九"
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{digits[tens - 1]}十"
    return head + (digits[ones - 1] if ones else "")
