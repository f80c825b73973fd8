"""What is published of the grid over the parameters of pairing, and of the calibration of roughness."""

from collections.abc import Mapping

from solvers.microphysics.pairing import Pairing
from solvers.microphysics.roughness import Roughness

PARAMETERS: Mapping[type, Mapping[str, float]] = {
    Pairing: {"amplitude": 5.0, "sigma_c": 15.0, "gamma_sigma": 3.0, "ell_pair": 20.0, "p": 1.5},
    Roughness: {"K0": 0.774, "gamma": 0.1, "beta_sigma": 1.5},
}
"""Adopted numbers by kind of mechanism (`microphysics.md` §3)."""

GRID: Mapping[type, Mapping[str, tuple[float, ...]]] = {
    Pairing: {
        "amplitude": (0.5, 1.0, 2.0, 3.0, 4.0, 5.0),
        "sigma_c": (15.0, 20.0, 25.0, 30.0, 40.0),
        "gamma_sigma": (1.5, 2.0, 2.5, 3.0),
        "ell_pair": (2.0, 5.0, 10.0, 20.0),
        "p": (0.5, 1.0, 1.5, 2.0, 3.0),
    }
}
"""Values of the parameters (`microphysics.md` §3)."""

LIMIT = 1e-10
"""Of K at the source's 1 AU."""

COUNTS: Mapping[type, Mapping[str, int]] = {Pairing: {"n": 2400, "safe": 1446, "improved": 1337, "both": 845}}
"""Points of the grid, those with K(1 AU) < 1e-10, those better than GR, and both."""

BEST_IMPROVEMENT = 15.889
"""Of the mean RMS [%], without a constraint."""

ROUGHNESS: Mapping[str, float] = {"K0": 0.77375, "gamma": 0.1}
"""Calibration of roughness, on 1000 points of the Milky Way, which are not public, and the means of galaxies."""

N_MILKY_WAY = 1000
