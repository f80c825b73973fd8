"""What a run says of the catalogues that it has read."""

import json
from typing import Any

import xarray as xr


def source_of(data: xr.Dataset) -> dict[str, Any]:
    """What the file's `datasets` attribute says of a catalogue."""
    return {
        "name": data.attrs["name"],
        "sha256": json.loads(data.attrs["sha256"]),
        "rows": int(data.attrs["n_rows"]),
        "cuts": json.loads(data.attrs["cuts"]),
    }
