"""Made-up galaxies, SPARC as the source takes it, an independent implementation's numbers, and functions in mpmath."""

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import mpmath
import numpy as np
import pytest

from solvers.galaxies.curves import PUBLISHED_KPC_M, Curves


@pytest.fixture(scope="session")
def galaxies() -> Curves:
    """Three galaxies of 12, 5 and 7 points, with bulges and photometric masses."""
    sizes = (12, 5, 7)
    rng = np.random.default_rng(11)
    n = sum(sizes)
    v_bar = rng.uniform(10.0, 180.0, n)
    return Curves(
        names=("a", "b", "c"),
        galaxy=np.repeat(np.arange(3), sizes),
        radius=np.concatenate(
            [np.sort(rng.uniform(0.3, last, size)) for size, last in zip(sizes, (25, 4, 9), strict=True)]
        ),
        v_obs=rng.uniform(20.0, 220.0, n),
        v_obs_err=np.full(n, 3.0),
        v_bar_squared=v_bar**2,
        v_bulge_squared=rng.uniform(0.0, 0.6, n) * v_bar**2,
        r_disk=np.array([3.0, 0.8, 2.0]),
        kpc=PUBLISHED_KPC_M,
        baryonic_mass=np.array([4e10, 2e8, 5e9]),
    )


@pytest.fixture(scope="session")
def sparc() -> Callable[[int], Curves]:
    """SPARC's curves with so many points or more: M/L = 1, squares of V without their signs."""
    data = os.environ.get("SIGMA_DATA_DIR")
    folder = Path(data or ".") / "sparc"
    if data is None or not (folder / "table1.dat").is_file() or not (folder / "rotmod").is_dir():
        message = f"table1.dat and rotmod/ are not in $SIGMA_DATA_DIR/sparc (SIGMA_DATA_DIR is {data or 'not set'})"
        if os.environ.get("SIGMA_REQUIRE_DATA") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    table = {words[0]: words for words in map(str.split, (folder / "table1.dat").read_text("ascii").splitlines())}

    @cache
    def _sparc(min_points: int) -> Curves:
        points = {name: np.loadtxt(folder / "rotmod" / f"{name}_rotmod.dat") for name in sorted(table)}
        points = {name: rows for name, rows in points.items() if len(rows) >= min_points}
        radius, v_obs, v_obs_err, v_gas, v_disk, v_bulge = np.concatenate(list(points.values())).T[:6]
        of_table = {column: np.array([float(table[name][column]) for name in points]) for column in (7, 11, 13)}
        return Curves(
            names=tuple(points),
            galaxy=np.repeat(np.arange(len(points)), [len(rows) for rows in points.values()]),
            radius=radius,
            v_obs=v_obs,
            v_obs_err=v_obs_err,
            v_bar_squared=v_gas**2 + v_disk**2 + v_bulge**2,
            v_bulge_squared=v_bulge**2,
            r_disk=of_table[11],
            kpc=PUBLISHED_KPC_M,
            baryonic_mass=1e9 * (0.5 * of_table[7] + 1.33 * of_table[13]),
        )

    return _sparc


@pytest.fixture(scope="session")
def reference() -> dict:
    """Values of an independent implementation (see the file's `about`)."""
    return json.loads(Path(__file__).with_name("micro_reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def exact_burr() -> Callable[..., mpmath.mpf]:
    """1 − [1 + (R/ℓ)^p]^−n at 40 digits."""

    def _burr(radius, length, p=0.757, n_coh=0.5):
        with mpmath.workdps(40):
            radius, length, p, n_coh = map(mpmath.mpf, (radius, length, p, n_coh))
            return 1 - (1 + (radius / length) ** p) ** -n_coh

    return _burr
