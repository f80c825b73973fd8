"""The events of O1 to O4a after the published cut, with both labels of their run."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

RELEASES = {"GWTC-1": "O1+O2", "GWTC-2": "O3a", "GWTC-3": "O3b", "GWTC-4": "O4a"}
GPS = {
    "O1": (1126051217, 1137254417),
    "O2": (1164556817, 1187733618),
    "O3a": (1238166018, 1253977218),
    "O3b": (1256655618, 1269363618),
    "O4a": (1368975618, 1389456018),
}


@pytest.fixture(scope="session")
def gwtc() -> pd.DataFrame:
    """GWOSC's cumulative list, one row per event; absent, the test skips and says where it belongs."""
    folder = os.environ.get("SIGMA_DATA_DIR")
    path = Path(folder or ".") / "gwtc" / "GWTC_all_events.csv"
    if folder is None or not path.is_file():
        message = f"GWTC_all_events.csv is not in $SIGMA_DATA_DIR/gwtc/ (SIGMA_DATA_DIR is {folder or 'not set'})"
        if os.environ.get("SIGMA_REQUIRE_DATA") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return pd.read_csv(path)


@pytest.fixture(scope="session")
def events(gwtc) -> Callable[..., pd.DataFrame]:
    """Events with finite mass and distance and SNR > 8: all of them, or `events("by_gps", "O3a")` of a run."""
    finite = np.isfinite(gwtc["total_mass_source"]) & np.isfinite(gwtc["luminosity_distance"])
    kept = gwtc[finite & (gwtc["network_matched_filter_snr"] > 8)].copy()
    kept["by_catalog"] = [RELEASES[name[:6]] for name in kept["catalog.shortName"]]
    kept["by_gps"] = [next((run for run, (a, b) in GPS.items() if a <= t < b), "") for t in kept["GPS"]]

    def _events(label: str | None = None, run: str | None = None) -> pd.DataFrame:
        return kept if label is None else kept[kept[label] == run]

    return _events
