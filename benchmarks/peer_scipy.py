"""scipy's differential evolution on the same rotation curves, one galaxy after the other."""

import time
from typing import Any

import numpy as np
from scipy import optimize

from benchmarks.rotation import N_COMPARED, N_GALAXIES, models, sample
from benchmarks.timing import report
from solvers.galaxies.metrics import chi2


def collect() -> dict[str, Any]:
    """Seconds for all galaxies, from those of a few, and the minima of these."""
    curves, rows, found = sample(), [], {}
    for name, (model, box) in models().items():
        start, minima = time.perf_counter(), []
        for i in range(N_COMPARED):
            one = curves.rows(curves.galaxy == i)

            def function(x: np.ndarray, one=one, model=model, box=box) -> float:
                theta = {key: r.value(u, np) for (key, r), u in zip(box.items(), x, strict=True)}
                return float(chi2(one, model.velocity(one, **theta))[0])

            best = optimize.differential_evolution(function, [(0.0, 1.0)] * len(box), maxiter=200, seed=42, polish=True)
            minima.append(float(best.fun))
        seconds = (time.perf_counter() - start) * N_GALAXIES / N_COMPARED
        rows.append({"who": "scipy", "what": f"{name}, {N_GALAXIES} galaxies (of {N_COMPARED})", "seconds": seconds})
        found[name] = minima
    return {"rows": rows, "chi2": found}


if __name__ == "__main__":
    report(collect)
