"""Einstein radii that a population of clusters predicts for one of them. Lengths in kpc, Σ in Msun/kpc²."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from solvers.clusters.kernels import Window
from solvers.clusters.projection import continued_mass, increasing_radii
from solvers.clusters.rings import NODES, START, WEIGHTS, ring_radii
from solvers.errors import InvalidInput

__all__ = ["PopulationDraws", "PopulationNumbers", "predicted_radii"]

Surface = Callable[[np.ndarray], np.ndarray]

_INNER_RINGS = 30
_NEWTON_STEPS = 8
_MEGAPARSEC = 1000.0


@dataclass(frozen=True, eq=False)
class PopulationDraws:
    """Amplitude, axis ratio and sheet of drawn clusters, shape (n_draws,) each."""

    amplitude: np.ndarray
    q: np.ndarray
    kappa_ext: np.ndarray


@dataclass(frozen=True, kw_only=True)
class PopulationNumbers:
    """Numbers of the population; they are taken as they are, without their errors.

    Parameters
    ----------
    mu_A, sigma_A : float
        Mean and standard deviation >= 0 of the amplitude; draws below 0 are 0.
    ell0 : float
        ℓ0 of a cluster of R500 = 1 Mpc [kpc], > 0.
    gamma : float
        ℓ0 ∝ R500^gamma.
    sigma_q : float
        Standard deviation >= 0 of the axis ratio along the line of sight, about 1.
    q_min, q_max : float
        Where it ends, 0 < q_min < 1 < q_max.
    sigma_kappa : float
        Standard deviation >= 0 of the convergence of a sheet, about 0.
    window : str
        Shape of C, of `solvers.clusters.kernels.WINDOWS`.
    p, n : float
        Exponents of the window, > 0.

    Raises
    ------
    InvalidInput
        A number out of its range, or an unknown window.

    References
    ----------
    SI §5.6, §13.4; `clusters.md` §5.
    """

    mu_A: float = 4.6
    sigma_A: float = 1.5
    ell0: float = 200.0
    gamma: float = 0.09
    sigma_q: float = 0.15
    q_min: float = 0.7
    q_max: float = 1.4
    sigma_kappa: float = 0.05
    window: str = "interior"
    p: float = 2.0
    n: float = 2.0

    def __post_init__(self) -> None:
        for name in ("mu_A", "gamma"):
            if not math.isfinite(getattr(self, name)):
                raise InvalidInput(f"{name}={getattr(self, name)}: must be finite")
        for name in ("sigma_A", "sigma_q", "sigma_kappa"):
            if not (getattr(self, name) >= 0 and math.isfinite(getattr(self, name))):
                raise InvalidInput(f"{name}={getattr(self, name)}: must be >= 0")
        if not 0 < self.q_min < 1 < self.q_max < math.inf:
            raise InvalidInput(f"q_min={self.q_min:g}, q_max={self.q_max:g}: must have 0 < q_min < 1 < q_max")
        Window(shape=self.window, ell0=self.ell0, p=self.p, n=self.n)

    def draw(self, n_draws: int, rng: np.random.Generator) -> PopulationDraws:
        """Clusters of the population.

        Parameters
        ----------
        n_draws : int
            How many, >= 1.
        rng : numpy.random.Generator
            Where they come from.

        Raises
        ------
        InvalidInput
            Fewer than one.
        """
        if n_draws < 1:
            raise InvalidInput(f"n_draws={n_draws}: must be >= 1")
        amplitude = self.mu_A + self.sigma_A * rng.standard_normal(n_draws)
        uniform = rng.uniform(size=n_draws)
        q = np.ones(n_draws)
        if self.sigma_q > 0:
            low, high = (ndtr((end - 1.0) / self.sigma_q) for end in (self.q_min, self.q_max))
            q = 1.0 + self.sigma_q * ndtri(low + (high - low) * uniform)
        kappa_ext = self.sigma_kappa * rng.standard_normal(n_draws)
        return PopulationDraws(amplitude=np.maximum(amplitude, 0.0), q=q, kappa_ext=kappa_ext)

    def window_length(self, r500: float) -> float:
        """ℓ0 [kpc] of a cluster of this R500 [kpc]."""
        return self.ell0 * (r500 / _MEGAPARSEC) ** self.gamma


def predicted_radii(
    surface: Surface,
    sigma_crit: float,
    ell0: float,
    population: PopulationNumbers,
    draws: PopulationDraws,
    radius: np.ndarray,
    kappa_ext: float = 0.0,
) -> np.ndarray:
    """Einstein radii [kpc] of a cluster for every draw, shape (n_draws,).

    −∞ where κ̄ does not fall below 1 anywhere, ∞ where it is above 1 at the last radius.

    With u = q^(1/3) R the condition is q^(2/3) [K_b(u) + A K_C(u; q^(1/3) ℓ0)] = 1 − κ_ext. The volume inside every
    surface of constant density is kept; the window does not know of the shape. Relative error below 1e-7.

    Parameters
    ----------
    surface : callable
        Σ of the baryons [Msun/kpc²] at R > 0 [kpc], in its shape.
    sigma_crit : float
        Critical surface density [Msun/kpc²], > 0.
    ell0 : float
        Length of the window [kpc], > 0.
    population : PopulationNumbers
        Has the shape of the window.
    draws : PopulationDraws
        Clusters drawn from it.
    radius : ndarray
        Increasing u [kpc], shape (n,), n > 1, between which crossings are looked for; steps below 0.35 in ln u.
    kappa_ext : float
        Convergence that every draw has beside its own.

    Raises
    ------
    InvalidInput
        Radii that do not increase, or a number out of its range.

    References
    ----------
    `clusters.md` §5.
    """
    u = increasing_radii(radius)
    if not sigma_crit > 0:
        raise InvalidInput(f"sigma_crit={sigma_crit}: must be > 0")
    window = Window(shape=population.window, ell0=1.0, p=population.p, n=population.n)
    length, amplitude = np.cbrt(draws.q)[:, np.newaxis] * ell0, draws.amplitude[:, np.newaxis]

    def factor(r: np.ndarray) -> np.ndarray:
        return 1.0 + amplitude * window(r / length)

    # The rings between the start of the integral and the first radius come before those of the grid.
    inner = np.geomspace(START * u[0], u[0], _INNER_RINGS, endpoint=False)
    x = np.log(np.concatenate([inner, u]))
    nodes = ring_radii(x)
    integrand = 2.0 * math.pi * surface(nodes) * nodes**2
    shape = (draws.q.size, *nodes.shape)
    weighted = integrand * factor(nodes.ravel()).reshape(shape)
    rings = 0.5 * np.diff(x) * (weighted @ WEIGHTS)
    central = continued_mass(surface, float(inner[0])) * factor(inner[:1])
    mass = central + np.pad(np.cumsum(rings, axis=1), ((0, 0), (1, 0)))
    x, mass, weighted = x[_INNER_RINGS:], mass[:, _INNER_RINGS:], weighted[:, _INNER_RINGS:]
    target = (1.0 - kappa_ext - draws.kappa_ext) * math.pi * sigma_crit * draws.q ** (-2.0 / 3.0)
    is_inside = mass >= target[:, np.newaxis] * u**2
    downward = is_inside[:, :-1] & ~is_inside[:, 1:]
    cell = downward.shape[1] - 1 - np.argmax(downward[:, ::-1], axis=1)
    rows = np.arange(draws.q.size)
    root = _polished(x[cell], x[cell + 1], mass[rows, cell], weighted[rows, cell], target)
    found = np.where(downward.any(axis=1), np.exp(root), -np.inf) / np.cbrt(draws.q)
    # With κ_ext >= 1, or a grid that is too short: the radius is beyond all others, whichever it is.
    return np.where(is_inside[:, -1], np.inf, found)


def _polished(
    low: np.ndarray, high: np.ndarray, mass: np.ndarray, integrand: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """ln u in each cell at which the mass is `target` u², by Newton's method; the integrand is known at Gauss nodes."""
    half = 0.5 * (high - low)
    coefficients = np.linalg.solve(np.polynomial.legendre.legvander(NODES, NODES.size - 1), integrand.T)
    integral = np.polynomial.legendre.legint(coefficients, lbnd=-1)
    t = np.zeros(low.shape)
    for _ in range(_NEWTON_STEPS):
        area = target * np.exp(2.0 * (low + half * (1.0 + t)))
        excess = mass + half * np.polynomial.legendre.legval(t, integral, tensor=False) - area
        slope = half * (np.polynomial.legendre.legval(t, coefficients, tensor=False) - 2.0 * area)
        t = np.clip(t - excess / slope, -1.0, 1.0)
    return low + half * (1.0 + t)
