"""Regions as people write them: 湖北省/武汉市/洪山区, 湖北武汉洪山, or as they were called once. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.files.imports.cells import folded
from app.files.imports.guess import Guess

_NOT = re.compile(r"[^0-9a-z\u3400-\u9fff]")  # whatever stands between province, city and county
_NATIONS = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|"
    "达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|普米|塔吉克|怒|鄂温克|裕固|保安|独龙|鄂伦春|各"
)
_END = re.compile(
    rf"(?:特别行政区|(?:维吾尔|壮族|回族)?自治区|(?:(?:{_NATIONS})族?)+自治[州县旗]|地区|[省市区县盟旗州])$"
)
_EMPTY = ("市辖区", "自治区直辖县级行政区划", "省直辖县级行政区划")  # levels that are no places


def packed(text: str) -> str:
    """A chain of names without anything between them."""
    return _NOT.sub("", folded(text))


def short(name: str) -> str:
    """洪山区 → 洪山; a name of two signs stays whole, and so does what would lose all but one."""
    found = _END.sub("", name)
    return found if len(found) > 1 else name


@dataclass
class Regions:
    """The regions of today, (code, name, full name, level), and what a text may mean of them."""

    rows: Sequence[tuple[str, str, str, int]]
    means: dict[str, set[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        names = {code: name for code, name, _full, _level in self.rows}
        for code, name, full, level in self.rows:
            above = [names.get(code[:2] + "0000", "")] if level > 1 else []
            city = names.get(code[:4] + "00", "") if level > 2 else ""
            if city and city not in _EMPTY:
                above.append(city)
            self._add(full, code)
            for chain in _chains([*above, name]):
                self._add(chain, code)

    def _add(self, text: str, code: str) -> None:
        self.means.setdefault(packed(text), set()).add(code)

    def guess(self, text: str) -> Guess:
        """The region that is meant; sure where only one is called so and more than its county is named."""
        key = packed(text)
        for level in _EMPTY:
            key = key.replace(level, "", 1) if not key.endswith(level) else key
        codes = self.means.get(key, set())
        return Guess(min(codes), len(key) >= 4) if len(codes) == 1 else Guess(None)


def _chains(parts: list[str]) -> set[str]:
    """Full and short spellings, from the province on or from a lower level on."""
    found = set()
    for first in range(len(parts)):
        tail = parts[first:]
        found |= {"".join(tail), "".join(map(short, tail))}
        found.add("".join([*map(short, tail[:-1]), tail[-1]]))
        if tail[-1].endswith("自治州"):  # 恩施州
            found.add("".join(map(short, tail)) + "州")
    return found
