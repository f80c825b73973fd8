"""Likelihood of the exponent p of the power-law kernel, galaxy by galaxy. km/s, kpc.

For the published sample take curves with `unsigned` squares, without the first nine galaxies of Table 1, and of these
`curves.rows(SELECTION.points(curves))`.

References
----------
SI §14.2 (kernel), §14.3 (classes); cuts, errors and bounds are those of the scripts behind it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.curves import Curves
from solvers.galaxies.metrics import PooledCut
from solvers.galaxies.power_law_kernel import GatedPowerLaw

SELECTION = PooledCut(radius=0.5, v_bar=1.0, v_obs=0.0, min_points=10)
"""Points and galaxies of the published sample: 116 galaxies, or 120 with the nine that it misses."""

EXPONENTS = np.linspace(0.1, 3.0, 1161)
"""Values of p at which likelihoods are tabulated, in steps of 0.0025."""

ERRORS = ("fraction", "tabulated")
"""What the error of V_obs is: a tenth of it, or that of the catalogue; at least `ERROR_FLOOR`."""

ERROR_FRACTION, ERROR_FLOOR = 0.1, 1.0


@dataclass(frozen=True, eq=False)
class ExponentTable:
    """Likelihoods of single galaxies over p.

    Parameters
    ----------
    names : tuple of str
        Galaxies.
    exponents : ndarray
        p, increasing, shape (n_p,).
    log_likelihood : ndarray
        −χ²/2, shape (n_galaxies, n_p).
    """

    names: tuple[str, ...]
    exponents: np.ndarray
    log_likelihood: np.ndarray


def exponent_table(
    curves: Curves,
    *,
    errors: str = "fraction",
    model: EnhancementModel | None = None,
    exponents: np.ndarray = EXPONENTS,
) -> ExponentTable:
    """Gaussian likelihoods in V of every galaxy of `curves` for each p.

    Parameters
    ----------
    curves : Curves
        Data, `curves.rows(SELECTION.points(curves))` for the published sample; arrays of another module are copied.
    errors : {"fraction", "tabulated"}
        0.1 V_obs or the errors of the catalogue, both at least 1 km/s.
    model : EnhancementModel, optional
        With a parameter `p`; None: `GatedPowerLaw(k_max=100)` with its published values.
    exponents : ndarray
        p, increasing, shape (n_p,).

    Raises
    ------
    InvalidInput
        An unknown word, or values of p that do not increase.

    References
    ----------
    SI §14.2; errors and bounds are those of the scripts behind it.
    """
    if errors not in ERRORS:
        raise InvalidInput(f"errors={errors!r}: must be one of {', '.join(ERRORS)}")
    p = np.asarray(exponents, dtype=float)
    if p.ndim != 1 or p.size < 2 or not np.all(np.diff(p) > 0):
        raise InvalidInput(f"exponents: {p.size} of them, must be at least two increasing numbers")
    curves, model = curves.on(np), model or GatedPowerLaw(k_max=100.0)
    error = np.maximum(ERROR_FRACTION * curves.v_obs if errors == "fraction" else curves.v_obs_err, ERROR_FLOOR)
    velocity = model.velocity(curves, p=np.broadcast_to(p[:, None], (p.size, curves.n_galaxies)))
    chi2 = curves.sum_by_galaxy(((velocity - curves.v_obs) / error) ** 2)
    return ExponentTable(curves.names, p, -0.5 * chi2.T)


def standardised(classes: Any) -> np.ndarray:
    """z = (code − mean)/standard deviation (ddof 0) over the sample, shape (n_galaxies,).

    Raises
    ------
    InvalidInput
        All codes are equal.
    """
    codes = np.asarray(classes, dtype=float)
    if not np.ptp(codes) > 0:
        raise InvalidInput("classes: all are equal, there is no slope to find")
    return (codes - codes.mean()) / codes.std()
