"""Measured data: find, verify, parse, cut.

One module per data set, each with ``FILES`` (what is registered) and a frozen dataclass whose
``load()`` returns a documented `xarray.Dataset`. A new data set is one new module in this folder;
``python -m catalogs list|fetch|verify`` finds it by itself. Nothing here uses the network except
``fetch``, and nothing is cut that was not asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catalogs.download import fetch
    from catalogs.errors import DataError
    from catalogs.files import DataFile, find, verify

__all__ = ["DataError", "DataFile", "fetch", "find", "verify"]

_HOMES = {
    "DataError": "catalogs.errors",
    "DataFile": "catalogs.files",
    "find": "catalogs.files",
    "verify": "catalogs.files",
    "fetch": "catalogs.download",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'catalogs' has no attribute {name!r}")
