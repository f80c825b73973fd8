"""What is published of the unified kernel on rotation curves: numbers of cases by name (`microphysics.md` §8)."""

from collections.abc import Mapping

CASES: Mapping[str, Mapping[str, float]] = {
    "additive": {"mean_rms": 221.56, "n_improved": 13},
    "full": {"mean_rms": 47.52, "n_improved": 99},
    "recommended": {"mean_change": -1.303, "median_change": -4.283, "improved": 0.739},
    "roughness_only": {"mean_change": -1.051, "improved": 0.745},
}
"""RMS and its change in km/s, galaxies with a lower RMS than by general relativity and their fraction."""

PARAMETERS: Mapping[str, Mapping[str, float]] = {
    "additive": {"k_max": 19.5793, "psi0": 7.34107e-8, "gamma": 0.136124, "factor": 1.33286},
    "full": {"extra_amp": 1.0, "f_amp": 1.0, "f_max": 5.0, "gamma_gate": 0.0},
    "recommended": {"extra_amp": 0.25, "f_amp": 1.0, "f_max": 5.0, "gamma_gate": 2.0, "sigma_gate": 20.0},
    "roughness_only": {"extra_amp": 0.0},
}
"""What makes a case; any value of a parameter that is not named here gives the same K."""

SWEEP: Mapping[str, tuple[float, ...]] = {
    "gamma_gate": (0.0, 0.5, 1.0, 1.5, 2.0),
    "f_max": (2.0, 3.0, 4.0, 5.0),
    "extra_amp": (0.1, 0.15, 0.2, 0.25),
    "sigma_gate": (20.0, 25.0, 30.0),
}
"""Values of the published sweep, whose best is `recommended`."""
