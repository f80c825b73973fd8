"""A seeded catalogue of Einstein angles that a known population draws."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from solvers.clusters.einstein_radius import einstein_radius
from solvers.clusters.kernels import Window, enhanced_surface_density
from solvers.clusters.population.lenses import Cluster, LensSettings, PopulationLens
from solvers.clusters.population.prior import ClusterPrior
from solvers.clusters.projection import surface_density
from solvers.errors import InvalidInput

__all__ = ["SyntheticClusters", "Truth", "direct_angle"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Truth:
    """What a synthetic catalogue was made with, arrays of shape (n,).

    Parameters
    ----------
    amplitude, q, kappa_ext : ndarray
        A, axis ratio and external convergence of every cluster.
    theta_e : ndarray
        Its Einstein angle without noise [arcsec].
    """

    amplitude: np.ndarray
    q: np.ndarray
    kappa_ext: np.ndarray
    theta_e: np.ndarray


@dataclass(frozen=True, kw_only=True)
class SyntheticClusters:
    """Clusters with uniform masses and redshifts, amplitudes of a normal population, and noisy angles.

    Parameters
    ----------
    n : int
        Clusters, >= 2.
    seed : int
        Of everything that is drawn.
    m500 : sequence of float
        Ends of M500 [Msun].
    z_l, z_s : sequence of float
        Ends of the redshifts of lenses and sources; every source behind every lens.
    mu_A, sigma_A : float
        Mean and scatter of the amplitude, > 0.
    ell0 : float
        ℓ0* [kpc], > 0.
    gamma : float
        Exponent of R500 in ℓ0.
    error_floor, error_fraction : float
        Standard deviation of an angle, floor [arcsec] > 0 plus a fraction >= 0 of the angle.

    Raises
    ------
    InvalidInput
        A number out of its range.
    """

    n: int = 10
    seed: int = 42
    m500: Sequence[float] = (0.8e15, 2.0e15)
    z_l: Sequence[float] = (0.19, 0.55)
    z_s: Sequence[float] = (1.5, 3.0)
    mu_A: float = 4.6
    sigma_A: float = 1.5
    ell0: float = 200.0
    gamma: float = 0.0
    error_floor: float = 0.5
    error_fraction: float = 0.05

    def __post_init__(self) -> None:
        if self.n < 2:
            raise InvalidInput(f"n={self.n}: must be >= 2")
        for name in ("m500", "z_l", "z_s"):
            ends = list(getattr(self, name))
            if len(ends) != 2 or not 0 < ends[0] <= ends[1] < math.inf:
                raise InvalidInput(f"{name}={ends}: must be [low, high] with 0 < low <= high")
        if not self.z_s[0] > self.z_l[1]:
            raise InvalidInput(f"z_s={list(self.z_s)}: every source must lie behind every lens")
        for name in ("mu_A", "sigma_A", "ell0", "error_floor"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise InvalidInput(f"{name}={getattr(self, name)}: must be > 0")
        if not self.error_fraction >= 0:
            raise InvalidInput(f"error_fraction={self.error_fraction}: must be >= 0")

    def draw(
        self, settings: LensSettings, window: Window, cluster_prior: ClusterPrior
    ) -> tuple[tuple[Cluster, ...], Truth]:
        """The catalogue and what it was made with.

        Angles come from `einstein_radius` itself, not from the tables that the fit uses.

        Parameters
        ----------
        settings : LensSettings
            Baryons, cosmology and constants.
        window : Window
            Shape and exponents; ℓ0 is that of the population.
        cluster_prior : ClusterPrior
            Of q and κ_ext.

        Raises
        ------
        InvalidInput
            A cluster without an Einstein radius, or an observed angle that is not positive.
        """
        rng = np.random.default_rng(self.seed)
        m500, z_l, z_s = (rng.uniform(low, high, self.n) for low, high in (self.m500, self.z_l, self.z_s))
        amplitude = self.mu_A + self.sigma_A * rng.standard_normal(self.n)
        q, kappa_ext = cluster_prior.draw(rng, self.n)
        noise = rng.standard_normal(self.n)
        lenses = [settings.lens(*each) for each in zip(m500, z_l, z_s, strict=True)]
        ell0 = [self.ell0 * (lens.baryons.r500 / 1000.0) ** self.gamma for lens in lenses]
        theta = np.array(
            [
                direct_angle(lens, max(a, 0.0), replace(window, ell0=length), ratio, sheet)
                for lens, a, length, ratio, sheet in zip(lenses, amplitude, ell0, q, kappa_ext, strict=True)
            ]
        )
        errors = self.error_floor + self.error_fraction * theta
        observed = theta + errors * noise
        for i in range(self.n):
            if not observed[i] > 0:
                raise InvalidInput(f"synthetic.seed={self.seed}: cluster {i} has no Einstein angle > 0; take another")
        clusters = tuple(
            Cluster(name=f"synthetic_{i + 1:02d}", m500=m, z_l=a, z_s=b, theta_e=t, theta_e_err=s)
            for i, (m, a, b, t, s) in enumerate(
                zip(*(each.tolist() for each in (m500, z_l, z_s, observed, errors)), strict=True)
            )
        )
        return clusters, Truth(amplitude=amplitude, q=q, kappa_ext=kappa_ext, theta_e=theta)


def direct_angle(
    lens: PopulationLens, amplitude: float, window: Window, q: float = 1.0, kappa_ext: float = 0.0
) -> float:
    """θ_E [arcsec] by `einstein_radius`, without tables; NaN where there is none.

    Parameters
    ----------
    lens : PopulationLens
        The lens.
    amplitude : float
        A >= 0.
    window : Window
        C(R).
    q : float
        Axis ratio along the line of sight over those in the sky, at constant volume.
    kappa_ext : float
        Convergence of a sheet.

    References
    ----------
    `clusters.md` §5.
    """
    stretch = q ** (1.0 / 3.0)
    # In u = q^(1/3) R the window's length is stretched too, and Σ is q^(2/3) times that of the sphere.
    own = replace(window, ell0=stretch * window.ell0)
    sphere = enhanced_surface_density(
        lambda u: surface_density(lens.baryons.density, u, lens.baryons.r_max), amplitude, own
    )
    u = einstein_radius(lambda x: stretch**2 * sphere(x), lens.sigma_crit, kappa_ext=kappa_ext)
    return float(lens.angle(u / stretch))
