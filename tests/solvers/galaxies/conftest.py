"""SPARC's 175 galaxies as curves, by the choices of the published analyses, and what Table 1 says of them."""

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from solvers.constants import C_M_S, KM_PER_MPC
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.curves import PUBLISHED_KPC_M, Curves
from solvers.laws import CriticalAcceleration

ROUNDED_H0 = 2.998e8 * 2.27e-18 / C_M_S * KM_PER_MPC
"""Hubble constant [km/s/Mpc] with which c H0 is that of the scripts behind the tables."""


@pytest.fixture(scope="session")
def sparc_folder() -> Path:
    """Table 1 and the rotation curves; absent, the test skips and says where they belong."""
    data = os.environ.get("SIGMA_DATA_DIR")
    folder = Path(data or ".") / "sparc"
    if data is None or not (folder / "table1.dat").is_file() or not (folder / "rotmod").is_dir():
        message = f"table1.dat and rotmod/ are not in $SIGMA_DATA_DIR/sparc (SIGMA_DATA_DIR is {data or 'not set'})"
        if os.environ.get("SIGMA_REQUIRE_DATA") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def table1(sparc_folder) -> pd.DataFrame:
    """By name and in the order of the file: table_row, hubble_type, inclination [deg], r_disk [kpc].

    `table1.loc[list(curves.names)]` are the rows of curves.
    """
    rows = [line.split() for line in (sparc_folder / "table1.dat").read_text(encoding="ascii").splitlines()]
    return pd.DataFrame(
        {
            "table_row": np.arange(len(rows)),
            "hubble_type": [int(row[1]) for row in rows],
            "inclination": [float(row[5]) for row in rows],
            "r_disk": [float(row[11]) for row in rows],
        },
        index=[row[0] for row in rows],
    )


@pytest.fixture(scope="session")
def curves(sparc_folder, table1) -> Callable[..., Curves]:
    """Curves in the order of the sorted file names; the published choices are the defaults."""
    suffix = "_rotmod.dat"
    points = {
        path.name.removesuffix(suffix): np.loadtxt(path) for path in sorted(sparc_folder.glob(f"rotmod/*{suffix}"))
    }

    @cache
    def _curves(
        upsilon_disk: float = 1.0,
        upsilon_bulge: float = 1.0,
        squares: str = "signed",
        negative: str = "drop_galaxy",
        drop_first: int = 0,
        min_points: int = 3,
    ) -> Curves:
        there = set(table1.index[drop_first:])
        names = [name for name, rows in points.items() if name in there and len(rows) >= min_points]
        radius, v_obs, v_obs_err, v_gas, v_disk, v_bulge = np.concatenate([points[name] for name in names]).T[:6]
        baryons = Baryons(upsilon_disk=upsilon_disk, upsilon_bulge=upsilon_bulge, squares=squares, negative=negative)
        v_bar_squared = baryons.v_squared(v_gas, v_disk, v_bulge)
        galaxy = np.repeat(np.arange(len(names)), [len(points[name]) for name in names])
        kept = baryons.kept(v_bar_squared, galaxy)
        left, galaxy = np.unique(galaxy[kept], return_inverse=True)
        return Curves(
            names=tuple(names[i] for i in left),
            galaxy=galaxy,
            radius=radius[kept],
            v_obs=v_obs[kept],
            v_obs_err=v_obs_err[kept],
            v_bar_squared=np.maximum(v_bar_squared[kept], 0.0) if negative == "clip" else v_bar_squared[kept],
            v_bulge_squared=upsilon_bulge * v_bulge[kept] ** 2,
            r_disk=table1["r_disk"].loc[[names[i] for i in left]].to_numpy(),
            kpc=PUBLISHED_KPC_M,
        )

    return _curves


@pytest.fixture(scope="session")
def rounded_g_dagger() -> Callable[[str], CriticalAcceleration]:
    """g† of a form with the rounded H0 of the published tables."""
    return lambda form="4sqrtpi": CriticalAcceleration(form=form, H0=ROUNDED_H0)


@pytest.fixture(scope="session")
def reference() -> dict:
    """Values of an independent implementation, and how they are laid out (see the file's `about`)."""
    path = Path(__file__).with_name("sparc_reference.json")
    return json.loads(path.read_text(encoding="utf-8"))
