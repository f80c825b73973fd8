"""Our side of the Pantheon+ row: χ² with the Σ-Friedmann solve and the distances included, in four forms."""

from typing import Any

import numpy as np

from benchmarks.timing import measure, report
from catalogs.pantheon_plus import PantheonPlus
from solvers.backgrounds import DarkEnergy, SigmaBaryons
from solvers.supernovae import DenseLikelihood
from solvers.supernovae.compiled import compile_chi2
from solvers.supernovae.problem import confront

N_POINTS = 64
N_ARRAY = 4096
OMEGA_M = 0.3
A_COS = 8.83
OMEGA_B = 0.05
NAMES = ("omega_b", "a_cos")
_RANGES = {"omega_b": (0.01, 0.2), "a_cos": (0.1, 1e6)}


def sigma_points(n: int, seed: int = 1) -> np.ndarray:
    """Random parameters in the order of `NAMES`, uniform in the logarithm, shape (n, 2)."""
    logs = np.log(list(_RANGES.values()))
    draws = np.random.default_rng(seed).uniform(logs[:, 0], logs[:, 1], (n, len(NAMES)))
    return np.exp(draws)


def likelihood() -> DenseLikelihood:
    """Pantheon+ above z = 0.01, full covariance."""
    data = PantheonPlus().load()
    names = ("magnitude", "z", "z_prefactor", "covariance")
    return DenseLikelihood.from_covariance(*(data[name].values for name in names))


def collect() -> dict[str, Any]:
    """Times of the four forms, how far they are from the dense one, and χ² where the peers are checked."""
    dense = likelihood()
    priors = {name: {"prior": {"min": low, "max": high}} for name, (low, high) in _RANGES.items()}
    background = SigmaBaryons(params=priors)
    problem = confront(background, dense)
    compiled = compile_chi2(problem.projected, background, NAMES)
    assert compiled is not None

    points = sigma_points(N_POINTS)
    values = points.tolist()
    thetas = [dict(zip(NAMES, point, strict=True)) for point in values]
    columns = dict(zip(NAMES, sigma_points(N_ARRAY, seed=2).T, strict=True))
    exact = np.array([dense.evaluate(background, **theta)[0] for theta in thetas])
    answers = {
        "compiled": np.array([compiled(point) for point in values]),
        "NumPy, one model a call": np.array([float(problem.chi2(**theta)) for theta in thetas]),
        f"NumPy, {N_ARRAY} models a call": problem.chi2(**dict(zip(NAMES, points.T, strict=True))),
        "dense 1590 x 1590": exact,
    }
    times = (
        measure(compiled, values),
        measure(lambda theta: problem.chi2(**theta), thetas),
        measure(lambda theta: problem.chi2(**theta), [columns], items=N_ARRAY),
        measure(lambda theta: dense.evaluate(background, **theta), thetas[:4]),
    )
    rows = [
        {
            "who": "ours",
            "what": what,
            "distances": "Σ",
            **timing,
            "abs_delta_chi2": None if chi2 is exact else float(np.max(np.abs(chi2 - exact))),
        }
        for (what, chi2), timing in zip(answers.items(), times, strict=True)
    ]
    lcdm, sigma = DarkEnergy(params={"omega_m": OMEGA_M}), {"omega_b": OMEGA_B, "a_cos": A_COS}
    return {
        "rows": rows,
        "n_data": dense.n_data,
        "n_nodes": len(problem.projected.u_nodes),
        "n_points_checked": N_POINTS,
        "chi2": {"lcdm": dense.evaluate(lcdm)[0], "sigma": dense.evaluate(background, **sigma)[0]},
    }


if __name__ == "__main__":
    report(collect)
