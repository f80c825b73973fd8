"""TG-τ, the static redshift law of SI §9, and its exact fit to a Hubble diagram. Mpc, km/s/Mpc, mag.

Light loses energy on its way through a space that does not expand: D = (c/H_Σ) ln(1+z), and a source looks
fainter by (1+z)^α_SB on top:

    D_L = D (1+z)^α_SB,   μ = 5 log10(c/H_Σ) + 5 log10 ln(1+z) + α_SB · 5 log10(1+z) + 25

so μ is linear in (−5 log10 H_Σ, α_SB) and the best fit is one linear least squares. D takes the redshift
of the Hubble diagram, the whole factor (1+z)^α_SB that of the prefactor: all of it is what happens to the
light as it is observed. There is no E(z), so this is no `Background`.

References
----------
SI §9; SI §16.2 for ξ.
"""

import math
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from solvers.constants import C_KM_S
from solvers.errors import InvalidInput
from solvers.linear_fit import LinearFit, linear_fit
from solvers.supernovae.dense import DenseLikelihood

UNITS = MappingProxyType({"H_sigma": "km / (Mpc s)", "alpha_SB": "", "offset": "mag"})
"""Units of the parameters."""

_MAG_PER_RELATIVE = 5.0 / math.log(10.0)
"""Change of 5 log10 x for a relative change of x [mag]."""


@dataclass(frozen=True, kw_only=True)
class TGTau:
    """What of the law is given; None is fitted.

    Parameters
    ----------
    H_sigma : float, optional
        H_Σ [km/s/Mpc], > 0.
    alpha_SB : float, optional
        Exponent of the dimming: 1 for the loss of energy, 4 is the source's value for Tolman's.
    cell : float
        Length ℓ of a coherence cell [Mpc], > 0.
    coherence : float
        K, the coherence that divides the loss in a cell, > 0.

    Raises
    ------
    ValueError
        A number out of its range.
    """

    H_sigma: float | None = None
    alpha_SB: float | None = None
    cell: float = 0.2
    coherence: float = 1.0

    def __post_init__(self) -> None:
        for name in ("H_sigma", "cell", "coherence"):
            value = getattr(self, name)
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{name}={value}: must be a positive number")
        if self.alpha_SB is not None and not math.isfinite(self.alpha_SB):
            raise ValueError(f"alpha_SB={self.alpha_SB}: must be a finite number, or null to fit it")


@dataclass(frozen=True, eq=False)
class StaticFit:
    """Best fit of TG-τ to one Hubble diagram; reads as a `BestFit`.

    Parameters
    ----------
    names : tuple of str
        Free parameters: of H_sigma (offset, where magnitudes are no moduli) and alpha_SB.
    values, covariance : ndarray
        Shape (k,) and (k, k), in the parameters' own units.
    offset : float
        −5 log10 H_Σ, or the free offset [mag].
    alpha_SB : float
        The exponent.
    chi2 : float
        χ² there.
    residual : ndarray
        Data minus law [mag], shape (n,).
    """

    names: tuple[str, ...]
    values: np.ndarray
    covariance: np.ndarray
    offset: float
    alpha_SB: float
    chi2: float
    residual: np.ndarray
    lower: None = None
    upper: None = None

    @property
    def H_sigma(self) -> float:
        """H_Σ [km/s/Mpc] if the offset is −5 log10 H_Σ."""
        return float(hubble_parameter(self.offset))

    @property
    def sigma(self) -> np.ndarray:
        """Standard deviations, shape (k,)."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def at_bound(self) -> np.ndarray:
        """Never: the fit has no bounds."""
        return np.zeros(len(self.names), dtype=bool)

    @property
    def is_flat(self) -> np.ndarray:
        """Never: a design without full rank is refused."""
        return np.zeros(len(self.names), dtype=bool)


def design(likelihood: DenseLikelihood) -> tuple[np.ndarray, np.ndarray]:
    """Columns (1, 5 log10(1+z_pre)), shape (n, 2), and what of μ has no parameter, shape (n,) [mag].

    Raises
    ------
    InvalidInput
        A redshift that is not above 0.
    """
    if not (np.all(likelihood.z > 0) and np.all(likelihood.z_prefactor > -1)):
        raise InvalidInput("z: TG-tau needs redshifts > 0")
    dimming = 5.0 * np.log10(1.0 + likelihood.z_prefactor)
    known = 5.0 * np.log10(C_KM_S * np.log1p(likelihood.z)) + 25.0
    return np.column_stack((np.ones(likelihood.n_data), dimming)), known


def full_fit(likelihood: DenseLikelihood) -> LinearFit:
    """The exact fit in (−5 log10 H_Σ [mag], α_SB), both free."""
    columns, known = design(likelihood)
    return linear_fit(likelihood.whiten, columns, likelihood.magnitude - known)


def fit(law: TGTau, likelihood: DenseLikelihood, anchored: bool = True) -> StaticFit:
    """Fit what a law leaves free.

    Parameters
    ----------
    law : TGTau
        What is given and what is fitted.
    likelihood : DenseLikelihood
        The Hubble diagram.
    anchored : bool
        Magnitudes are distance moduli. Else an unknown absolute magnitude joins H_Σ in one free offset, and
        `law.H_sigma` says nothing about them.

    Returns
    -------
    StaticFit

    Raises
    ------
    InvalidInput
        Redshifts that the law does not have, or too few for the free parameters.
    """
    columns, known = design(likelihood)
    data = likelihood.magnitude - known
    given = (hubble_offset(law.H_sigma) if anchored and law.H_sigma is not None else None, law.alpha_SB)
    free = np.array([value is None for value in given])
    line = np.array([0.0 if value is None else value for value in given])
    covariance = np.zeros((0, 0))
    if free.any():
        found = linear_fit(likelihood.whiten, columns[:, free], data - columns @ line)
        line[free], covariance = found.values, found.covariance
    names, values, slope = _physical(line, anchored)
    residual = data - columns @ line
    white = likelihood.whiten(residual)
    return StaticFit(
        names=tuple(np.array(names)[free].tolist()),
        values=values[free],
        covariance=covariance * np.outer(slope[free], slope[free]),
        offset=float(line[0]),
        alpha_SB=float(line[1]),
        chi2=float(white @ white),
        residual=residual,
    )


def _physical(line: np.ndarray, anchored: bool) -> tuple[tuple[str, str], np.ndarray, np.ndarray]:
    """Names, values and derivatives by the line's coefficients of the two parameters."""
    if not anchored:
        return ("offset", "alpha_SB"), line, np.ones(2)
    H_sigma = hubble_parameter(line[0])
    return ("H_sigma", "alpha_SB"), np.array([H_sigma, line[1]]), np.array([-H_sigma / _MAG_PER_RELATIVE, 1.0])


def hubble_offset(H_sigma):
    """−5 log10 H_Σ [mag]."""
    return -5.0 * np.log10(H_sigma)


def hubble_parameter(offset):
    """H_Σ [km/s/Mpc] of an offset −5 log10 H_Σ [mag]."""
    return 10.0 ** (-0.2 * offset)


def distance_modulus(z, H_sigma, alpha_SB, z_prefactor=None):
    """μ [mag] at redshifts > 0; the prefactor's are the same if not given."""
    seen = z if z_prefactor is None else z_prefactor
    return 5.0 * np.log10(C_KM_S / H_sigma * np.log1p(z)) + alpha_SB * 5.0 * np.log10(1.0 + seen) + 25.0


def duality_expanding(z, alpha_SB):
    """η = D_L/[(1+z)² D_A] = (1+z)^(α−1), as printed: it takes D_A = D/(1+z)."""
    return (1.0 + z) ** (alpha_SB - 1.0)


def duality_static(z, alpha_SB):
    """η = D_L/[(1+z)² D_A] = (1+z)^(α−2), for the D_A = D of a static Euclidean space."""
    return (1.0 + z) ** (alpha_SB - 2.0)


def cell_loss(H_sigma, cell=0.2, coherence=1.0):
    """ξ = (H_Σ/c) ℓ/K, the relative loss of energy in one cell: a pure number."""
    return H_sigma / C_KM_S * cell / coherence
