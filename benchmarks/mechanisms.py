"""Our side of the mechanisms: the whole harness, and pairing on the published grid. No data are needed."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from hydra import compose, initialize_config_dir

from benchmarks.timing import report
from outputs.request import prepare
from sims.galaxies.sample import curves_of
from sims.galaxies.synthetic import SyntheticSample
from solvers.galaxies.baryons import Baryons
from solvers.microphysics.improvement import Improvement
from solvers.microphysics.pairing import Pairing

N_GALAXIES = 165
CONF = Path(__file__).resolve().parents[1] / "conf"
GRID = {
    "amplitude": (0.5, 1.0, 2.0, 3.0, 4.0, 5.0),
    "sigma_c": (15.0, 20.0, 25.0, 30.0, 40.0),
    "gamma_sigma": (1.5, 2.0, 2.5, 3.0),
    "ell_pair": (2.0, 5.0, 10.0, 20.0),
    "p": (0.5, 1.0, 1.5, 2.0, 3.0),
}


def collect() -> dict[str, Any]:
    """Seconds of the harness with all its models and of a grid of 2,400 points, on synthetic galaxies."""
    overrides = ["+experiment=microphysics", "catalog=sparc_synthetic", f"catalog.n_galaxies={N_GALAXIES}"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        request = prepare(compose("config", overrides))
    what = f"harness, {len(request.arguments['models'])} models, {N_GALAXIES} galaxies"
    rows = [{"who": "ours", "what": what, "seconds": _seconds(lambda: request.sim(**request.arguments))}]
    curves = curves_of(SyntheticSample(n_galaxies=N_GALAXIES).load(), Baryons(squares="unsigned"))[0]
    points = {name: axis.ravel() for name, axis in zip(GRID, np.meshgrid(*GRID.values()), strict=True)}
    score = _seconds(lambda: Improvement(curves).score(Pairing(), points))
    rows.append({"who": "ours", "what": f"pairing, grid of {points['p'].size:,} points", "seconds": score})
    return {"rows": rows}


def _seconds(work: Any) -> float:
    """Of the second time."""
    work()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    report(collect)
