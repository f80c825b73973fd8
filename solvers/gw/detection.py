"""What a detector sees of a binary: the published signal-to-noise ratio, and one with a horizon, orientation and noise.

Source-frame masses in Msun, distances in Mpc.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special
from scipy.interpolate import CubicSpline

from solvers.errors import InvalidInput

BNS_CHIRP_MASS = 1.2188
"""Chirp mass of two neutron stars of 1.4 Msun, to which a horizon refers [Msun]."""

HORIZON_SNR = 8.0
"""Signal-to-noise ratio at the horizon."""

HORIZON_PER_RANGE = 2.2648
"""Horizon over the range, the mean over sky and orientation: ⟨Θ³⟩^(−1/3)."""

_ORDER = (56, 32, 32, 56)
"""Nodes in the sky's polar angle and azimuth, in the polarisation angle and in the inclination."""

LARGEST_THRESHOLD = 30.0
"""Above it noise alone has no probability in double precision."""

_BINS = 4096
_ROWS = 513
_LARGEST = 0.999


def published_snr(chirp_mass, luminosity_distance, norm: float, exponent: float):
    """norm · M_c^exponent / d, as published; matched filters follow the power 5/6, and redshifted masses."""
    return norm * chirp_mass**exponent / luminosity_distance


def orientation_factor(cos_theta, phi, psi, cos_iota):
    """Θ = √[(F₊ (1+cos²ι)/2)² + (F_× cos ι)²] of one L-shaped detector, 0 to 1.

    Parameters
    ----------
    cos_theta, phi : array_like
        Sky position in the frame of the arms: cosine of the angle to the zenith, azimuth [rad].
    psi : array_like
        Polarisation angle [rad].
    cos_iota : array_like
        Cosine of the inclination.
    """
    plus = 0.5 * (1.0 + cos_theta * cos_theta) * np.cos(2.0 * phi)
    cross = cos_theta * np.sin(2.0 * phi)
    cosine, sine = np.cos(2.0 * psi), np.sin(2.0 * psi)
    first = (plus * cosine - cross * sine) * 0.5 * (1.0 + cos_iota * cos_iota)
    second = (plus * sine + cross * cosine) * cos_iota
    return np.sqrt(first * first + second * second)


def isotropic_orientation_factor(u: np.ndarray) -> np.ndarray:
    """Θ of random sky positions and orientations from uniform numbers 0 <= u < 1 of shape (4, n); shape (n,)."""
    return orientation_factor(2.0 * u[0] - 1.0, 2.0 * math.pi * u[1], math.pi * u[2], 2.0 * u[3] - 1.0)


@dataclass(frozen=True, kw_only=True)
class HorizonDetector:
    """A detector with a horizon: SNR = optimal SNR · Θ + N(0, 1), detected where it is above the threshold.

    Parameters
    ----------
    d_horizon : float
        Distance at which two neutron stars of 1.4 Msun, best placed and oriented, have SNR 8 [Mpc]; > 0.
    threshold : float
        Threshold of the SNR, > 0.
    loss_mass : float
        Detector-frame mass above which a signal leaves the band [Msun]: the SNR is multiplied by
        (1 + (M_det/loss_mass)²)^(−3/4). Infinite for no loss.
    """

    d_horizon: float
    threshold: float = 8.0
    loss_mass: float = math.inf

    @property
    def scale(self) -> float:
        """SNR · d_L of a chirp mass of 1 Msun in the detector's frame [Mpc]."""
        return HORIZON_SNR * self.d_horizon * BNS_CHIRP_MASS ** (-5.0 / 6.0)

    def optimal_snr(self, mass_1, mass_2, redshift, luminosity_distance):
        """SNR of best position and orientation, 8 (M_c (1+z)/1.2188)^(5/6) d_hor/d_L times the loss.

        Parameters
        ----------
        mass_1, mass_2 : array_like
            Source-frame masses [Msun].
        redshift : array_like
            z >= 0.
        luminosity_distance : array_like
            d_L [Mpc], > 0.
        """
        total = (mass_1 + mass_2) * (1.0 + redshift)
        # M_c^(5/6) = √(m₁ m₂) M^(−1/6): one power instead of three.
        amplitude = np.sqrt(mass_1 * mass_2) * (1.0 + redshift) * total ** (-1.0 / 6.0)
        return self.scale * amplitude / luminosity_distance * self.loss(total)

    def loss(self, total_mass_detector):
        """(1 + (M_det/loss_mass)²)^(−3/4) at the detector-frame total mass [Msun]."""
        root = np.sqrt(1.0 + (total_mass_detector / self.loss_mass) ** 2)
        return 1.0 / (root * np.sqrt(root))


def detection_probability(optimal_snr, threshold: float = 8.0):
    """P(SNR > threshold) at a given optimal SNR, averaged over orientation and noise.

    The average over Θ is a Gauss product rule, tabulated once per threshold and interpolated. The error is below
    3e-5 of P for thresholds up to 20; beyond 999 thresholds 1 − P falls as the inverse square.

    Parameters
    ----------
    optimal_snr : array_like
        SNR at Θ = 1, >= 0.
    threshold : float
        Threshold of the SNR, > 0.

    Returns
    -------
    ndarray
        In the shape of `optimal_snr`.

    Raises
    ------
    InvalidInput
        An SNR that is negative or NaN, or a threshold that is not positive.
    """
    rho = np.asarray(optimal_snr, dtype=float)
    if not np.all(rho >= 0):
        raise InvalidInput("optimal_snr: must be >= 0")
    if not 0 < threshold <= LARGEST_THRESHOLD:
        raise InvalidInput(f"threshold={threshold:g}: must be > 0 and <= {LARGEST_THRESHOLD:g}")
    spline, largest = _probit(threshold)
    inside = np.minimum(rho, largest)
    probit = spline(inside / (inside + threshold))
    beyond = 1.0 - special.ndtr(-probit) * (largest / np.maximum(rho, largest)) ** 2
    return np.where(rho > largest, beyond, special.ndtr(probit))


def orientation_nodes() -> tuple[np.ndarray, np.ndarray]:
    """Values of Θ of random orientations, and their weights, which add up to 1, shape (n,) each."""
    return _orientation_rule(_ORDER)


@lru_cache(maxsize=8)
def _probit(threshold: float) -> tuple[CubicSpline, float]:
    """Φ⁻¹(P) as a spline in ρ/(ρ + threshold), and the largest ρ in it."""
    theta, weight = orientation_nodes()
    x = np.linspace(0.0, _LARGEST, _ROWS)
    rho = threshold * x / (1.0 - x)
    margin = rho[:, np.newaxis] * theta - threshold
    seen, missed = special.ndtr(margin) @ weight, special.ndtr(-margin) @ weight
    # Of P and 1 − P the smaller one has all its digits.
    return CubicSpline(x, np.where(seen < missed, special.ndtri(seen), -special.ndtri(missed))), float(rho[-1])


@lru_cache(maxsize=2)
def _orientation_rule(order: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Values of Θ and their weights, a product rule over one octant; those that are close are merged."""
    nodes, weights = zip(*(np.polynomial.legendre.leggauss(n) for n in order), strict=True)
    polar, azimuth, polarisation, inclination = (0.5 * (1.0 + x) for x in nodes)
    # Θ² has the symmetries of a square in azimuth and in the direction of (F₊, F_×), and is even in both cosines.
    cos_theta, phi = polar[:, np.newaxis], 0.25 * math.pi * azimuth
    size = np.hypot(0.5 * (1.0 + cos_theta**2) * np.cos(2.0 * phi), cos_theta * np.sin(2.0 * phi))
    angle, cos_iota = 0.5 * math.pi * polarisation[:, np.newaxis], inclination
    shape = np.hypot(np.cos(angle) * 0.5 * (1.0 + cos_iota**2), np.sin(angle) * cos_iota)
    theta = np.outer(size, shape).ravel()
    weight = np.einsum("i,j,k,l->ijkl", *weights).ravel() / 16.0
    rows = (theta * _BINS).astype(int)
    merged = np.bincount(rows, weight)
    centres = np.bincount(rows, weight * theta)
    return centres[merged > 0] / merged[merged > 0], merged[merged > 0]
