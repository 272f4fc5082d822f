"""A column's cells asked by their distinct values: each once, and what is said of it for every row again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def mapped(column: pd.Series, act: Callable[[Any], object]) -> pd.Series:
    """What `act` gives for each cell, asked once for each distinct one."""
    codes, values = factorized(column)
    return spread([act(value) for value in values], codes, column.index)


def factorized(column: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Which of the distinct values each row has, and these; pandas makes NaN of None."""
    codes, values = pd.factorize(column.to_numpy(dtype=object), use_na_sentinel=False)
    return codes, [None if value != value else value for value in values]


def spread(found: list[Any], codes: np.ndarray, index: pd.Index) -> pd.Series:
    """What was found of each distinct value, for each row again."""
    each = np.fromiter(found, object, len(found))
    return pd.Series(each[codes], index=index, dtype=object)
