"""From what the child has sent to a frame. Runs in the worker only: it imports pandas.

Nothing of the answer is trusted: a file may have taken the child over.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd


def opened(answer: bytes) -> tuple[dict[str, Any], pd.DataFrame]:
    """What `tables.packed` says of the table, and its rows. Raises ValueError where it is none."""
    head, _, body = answer.partition(b"\n")
    meta = json.loads(head)
    names = ["sheet", "line", "hidden", *range(len(meta["heads"]))]
    columns, at, rows = {}, 0, int(meta["rows"])
    for name, size in zip(names, meta["sizes"], strict=True):
        values = json.loads(body[at : at + size])
        codes = np.frombuffer(body, "<i4", rows, at + size)
        if len(codes) and not 0 <= codes.min() <= codes.max() < len(values):
            raise ValueError(name)
        read = _number if isinstance(name, str) else _cell
        kept = np.fromiter(map(read, values), object, len(values))
        columns[name] = pd.Series(kept[codes], dtype=object)
        at += size + codes.nbytes
    frame = pd.DataFrame(columns)
    frame[["sheet", "line"]] = frame[["sheet", "line"]].astype(int)
    if len(frame) and not 0 <= frame["sheet"].min() <= frame["sheet"].max() < len(meta["sheets"]):
        raise ValueError("sheet")
    return meta, frame.assign(hidden=frame["hidden"].astype(bool))


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(type(value))
    return value


def _cell(value: object) -> object:
    if isinstance(value, list):
        if value[:1] == ["d"] and len(value) == 2 and isinstance(value[1], str):
            return ("d", value[1])
        return ("e", value[1]) if value in (["e", "f"], ["e", "m"]) else ("e",)
    if not isinstance(value, str | int | float):
        raise ValueError(type(value))
    return value
