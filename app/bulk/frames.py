"""From what the child has sent to a frame. Runs in the worker only: it imports pandas."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd


def of_lines(lines: Sequence[bytes], width: int, hidden: frozenset[int]) -> pd.DataFrame:
    """See `intake.Reading`."""
    rows, numbers = [], []
    for line in filter(None, lines):
        number, *cells = json.loads(line)
        cells += [""] * (width - len(cells))
        rows.append([tuple(c) if isinstance(c, list) else c for c in cells[:width]])
        numbers.append(number)
    frame = pd.DataFrame(rows, columns=range(width), dtype=object)
    return frame.assign(sheet=0, line=numbers, hidden=[n in hidden for n in numbers])
