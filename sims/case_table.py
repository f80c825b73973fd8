"""Tables of rows that differ in several names at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable


def case_table(rows: Sequence[tuple[Any, ...]], words: Sequence[tuple[str, str, str]]) -> xr.Dataset:
    """Rows as a table along `case`; of each column the name, the unit and the words."""
    columns = zip(words, zip(*rows, strict=True), strict=True)
    found = {key: variable("case", list(values), unit, text) for (key, unit, text), values in columns}
    return xr.Dataset({"case": variable("case", np.arange(len(rows)), "", "case"), **found})
