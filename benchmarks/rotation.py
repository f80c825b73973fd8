"""Our side of the rotation rows: all galaxies fitted at once, and one model on many points. No data are needed."""

import time
from typing import Any

import numpy as np

from benchmarks.timing import measure, report
from sims.galaxies.sample import curves_of
from sims.galaxies.synthetic import SyntheticSample
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.batched_fit import BatchedFit, Range
from solvers.galaxies.curves import Curves
from solvers.galaxies.law_rotation import LawRotation, ScaleRotation
from solvers.galaxies.nfw import NfwHalo

N_GALAXIES = 174
N_STARS = 144_000
SIGMA_BOX = {"amplitude": Range(low=0.01, high=5.0, log=True), "xi": Range(low=0.1, high=50.0, log=True)}
NFW_BOX = {"log10_m200": Range(low=6.0, high=14.0), "c": Range(low=1.0, high=50.0)}
N_COMPARED = 6
"""Galaxies of which scipy's differential evolution seeks the same minima."""


def sample() -> Curves:
    """As many synthetic galaxies as SPARC's sample has."""
    data = SyntheticSample(n_galaxies=N_GALAXIES).load()
    return curves_of(data, Baryons(upsilon_disk=0.5, upsilon_bulge=0.7))[0]


def models() -> dict[str, tuple[Any, dict[str, Range]]]:
    """The two models of `sparc_fits` with their ranges."""
    return {
        "Σ": (ScaleRotation(params={"amplitude": 1.0, "xi": 1.0}), SIGMA_BOX),
        "NFW": (NfwHalo(params={"log10_m200": 11.0, "c": 10.0}), NFW_BOX),
    }


def collect() -> dict[str, Any]:
    """Seconds of the fits, and of one model on as many points as there are Gaia stars."""
    curves, fit, rows = sample(), BatchedFit(), []
    chi2 = {}
    for name, (model, box) in models().items():
        fit.fit(model, curves, box)
        start = time.perf_counter()
        found = fit.fit(model, curves, box)
        seconds = time.perf_counter() - start
        chi2[name] = found.chi2[:N_COMPARED].tolist()
        rows.append({"who": "ours", "what": f"{name}, {N_GALAXIES} galaxies", "seconds": seconds})
    stars = _stars()
    timed = measure(lambda _: LawRotation().velocity(stars), [None])
    rows.append({"who": "ours", "what": f"Σ, {N_STARS:,} stars", "seconds": 1e-6 * timed["time_us"]})
    return {"rows": rows, "chi2": chi2}


def _stars() -> Curves:
    radius = np.random.default_rng(0).uniform(4.0, 14.0, N_STARS)
    ones = np.ones(N_STARS)
    return Curves(
        names=("stars",),
        galaxy=np.zeros(N_STARS, dtype=int),
        radius=radius,
        v_obs=220.0 * ones,
        v_obs_err=ones,
        v_bar_squared=190.0**2 * np.sqrt(8.0 / radius),
        v_bulge_squared=0.0 * ones,
        r_disk=np.array([2.6]),
    )


if __name__ == "__main__":
    report(collect)
