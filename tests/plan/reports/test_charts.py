"""The pictures' figures: nothing is drawn that the table does not say (RPT-01…03)."""

from __future__ import annotations

import re

import pytest

from app.codes import regions
from app.plan.reports import charts


@pytest.mark.rule("RPT-01")
def test_a_line_of_bars_is_as_long_as_its_parts():
    drawn = charts.bars([("甲", [1, 0, 3], "4"), ("乙", [2, 2, 4], "8")], ["a", "b", "c"])
    assert [line.name for line in drawn.lines] == ["甲", "乙"]
    assert drawn.lines[0].segments == [(1, "0.00", "12.50"), (3, "12.50", "37.50")]
    assert sum(float(width) for _n, _start, width in drawn.lines[1].segments) == 100
    assert drawn.legend == [(1, "a"), (2, "b"), (3, "c")]
    whole = charts.bars([("甲", [1, 3], ""), ("零", [0, 0], "—")], ["a", "b"], whole=True)
    assert sum(float(width) for _n, _start, width in whole.lines[0].segments) == 100
    assert whole.lines[1].segments == []


def test_of_nothing_or_too_much_there_is_no_picture():
    assert charts.bars([]) is None
    assert charts.bars([("甲", [0], "0")]) is None
    assert charts.bars([(str(n), [1], "") for n in range(charts.MOST_LINES + 1)]) is None
    assert charts.curves(["2026-01-01"], {"a": [1]}) is None
    assert charts.curves(["1", "2"], {"a": [None, None]}) is None


@pytest.mark.rule("RPT-02")
def test_curves_break_where_nothing_is_known_and_end_at_a_round_number():
    drawn = charts.curves(["1", "2", "3", "4", "5"], {"a": [0, 7, None, 14, 14], "b": [None] * 5})
    [curve] = drawn.curves
    assert re.findall("[ML]", curve.path) == ["M", "L", "M", "L"]
    assert (drawn.top, drawn.half, drawn.marks) == ("15", "7.5", ["1", "3", "5"])
    assert curve.points.count("M") == 4
    assert charts.curves(["1", "2"], {"a": [50.0, 100.0]}, percent=True).top == "100%"
    ys = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", curve.path)]
    assert min(ys) >= 0
    assert max(ys) == 100


@pytest.mark.rule("RPT-03")
def test_every_province_has_a_place_of_its_own(session):
    assert set(charts.PLACES) == set(regions.provinces())
    assert len(set(charts.PLACES.values())) == len(charts.PLACES)
    assert {charts.heat(n, 100) for n in range(101)} == {0, 1, 2, 3, 4}
    assert (charts.heat(0, 0), charts.heat(1, 1)) == (0, 4)
