"""Our side of the sampling row: 200,000 evaluations of Σ + baryons by emcee, the full covariance in each."""

import time
from typing import Any

import numpy as np

from benchmarks.supernovae import likelihood
from benchmarks.timing import report
from solvers.backgrounds import SigmaBaryons
from solvers.inference.emcee_sampler import Emcee
from solvers.inference.minimize import Minimize
from solvers.supernovae.problem import confront

N_EVALUATIONS = 200_000
N_WALKERS = 32
_PRIORS = {"omega_b": {"prior": {"min": 0.01, "max": 0.2}}, "a_cos": {"prior": {"min": 0.1, "max": 1e6}}}


def collect() -> dict[str, Any]:
    """Seconds of one chain of fixed length, start included, convergence not asked for."""
    problem = confront(SigmaBaryons(params=_PRIORS), likelihood())
    fit = Minimize().fit(problem.function(problem.space.names), problem.space.free)
    steps = N_EVALUATIONS // N_WALKERS
    sampler = Emcee(n_walkers=N_WALKERS, block=steps, max_steps=steps, n_autocorrelation=1e9)
    start = time.perf_counter()
    posterior = sampler.sample(problem, fit, np.random.default_rng(0))
    seconds = time.perf_counter() - start
    n_evaluations = posterior.diagnostics["n_evaluations"]
    return {
        "rows": [
            {
                "who": "ours",
                "what": f"emcee, {N_WALKERS} walkers, {n_evaluations:,.0f} evaluations",
                "distances": "Σ",
                "seconds": seconds,
                "time_us": 1e6 * seconds / n_evaluations,
            }
        ],
        "n_evaluations": n_evaluations,
    }


if __name__ == "__main__":
    report(collect)
