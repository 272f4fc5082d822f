"""Bad data, a table a sheet: what is spoiled in a right file, and exactly what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

AS_NUMBER = "此单元格为数字或日期格式，可能已丢失位数或前导零。请选中该列，点“数据→分列”，在最后一步选“文本”；号码已不完整的，请从原系统重新导出。"
MISSING = "请填写此项。"
NOT_LISTED = "“{}”不在该列的可选范围内。"
ERROR = "此单元格显示错误值（如 #N/A），请更正公式或直接填写内容。"
NO_DAY = "日期不正确，请按 2026-07-01 的格式填写。"
NO_NAME = "此处应填姓名。"
NOT_WHOLE = "此处应填整数。"
LONG = "最多 {} 个字。"
SAME_AS = "“{}”与本文件第 {} 行重复。"
DATED = "此单元格为日期格式，请设为文本格式后重新填写。"
NA = ("formula", "=NA()", "#N/A")

Spoiled = dict[str, Any]  # header → value, or a function of the cast
Said = dict[int, list[tuple[str, str]]]  # Excel row → field and sentence
Case = (
    tuple[Spoiled, str, str]
    | tuple[Spoiled, Said]
    | tuple[Spoiled, str, str, Callable[[Any], None]]
)


@dataclass(frozen=True)
class Table:
    """Rows 2 to 4 are right; row 3 is spoiled by each case, and said to be so.

    `mended` are spoiled rows that are right all the same: what is kept of them, and which cells are
    reported as mended.
    """

    sheet: str
    heads: list[str]
    good: Callable[[Any, int], dict[str, Any]]  # of the cast, for n = 0, 1, 2
    cases: dict[str, Case]
    mended: dict[str, tuple[Spoiled, dict[str, Any], dict[str, int]]]
    user: str = "officer"
    before: Callable[[Any], None] = lambda _cast: None


def filled(spoiled: Spoiled, cast: Any) -> dict[str, Any]:
    """The spoiled cells with what only the cast knows."""
    return {head: value(cast) if callable(value) else value for head, value in spoiled.items()}
