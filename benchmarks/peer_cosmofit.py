"""cosmofit's Pantheon+ likelihood, bare and in a log-posterior with its native background."""

from types import SimpleNamespace
from typing import Any

import numpy as np
from cosmofit.core.model import get_model
from cosmofit.likelihoods.pantheon import PantheonLikelihood

from benchmarks.supernovae import N_POINTS, OMEGA_M
from benchmarks.timing import measure, report


def build(radiation: bool) -> Any:
    """A cosmofit model of flat ΛCDM and `sn.pantheonplus`; without radiation it is the ΛCDM that ours has."""
    return get_model(
        {
            "theory": {"background": {"radiation": radiation}},
            "likelihood": {"sn.pantheonplus": {}},
            "params": {"Omega_m": {"prior": {"min": 0.01, "max": 0.99}}, "Omega_b": 0.005, "H0": 70.0},
        }
    )


def collect() -> dict[str, Any]:
    """Times of the bare likelihood and of whole log-posteriors, and χ² where ours is compared."""
    matter, with_radiation = build(radiation=False), build(radiation=True)
    chi2 = -2.0 * matter.loglike([OMEGA_M])

    probe = PantheonLikelihood(SimpleNamespace())
    fixed = matter.provider.get_DM(probe.data.z_hd)
    probe.cosmology.distance = SimpleNamespace(DM=lambda z: fixed)

    points = np.linspace(0.2, 0.4, N_POINTS)[:, np.newaxis]
    timings = {
        ("PantheonLikelihood, distances fixed", "none"): measure(lambda _: probe.log_likelihood(), [None]),
        ("logposterior, native background, no radiation", "ΛCDM"): measure(matter, points),
        ("logposterior, native background", "ΛCDM"): measure(with_radiation, points),
    }
    rows = [
        {"who": "cosmofit", "what": what, "distances": distances, **timing}
        for (what, distances), timing in timings.items()
    ]
    return {"rows": rows, "n_data": int(probe.n_data), "chi2": {"lcdm": chi2}}


if __name__ == "__main__":
    report(collect)
