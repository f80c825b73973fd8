"""The two nulls of the correlation of mass with distance: the published one, and one with a horizon. Msun, Mpc."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from solvers.backgrounds import Background, DarkEnergy
from solvers.errors import InvalidInput
from solvers.gw.base import EventModel, Events, Sampler
from solvers.gw.detection import HORIZON_PER_RANGE, HorizonDetector, isotropic_orientation_factor, published_snr
from solvers.gw.populations import SMOOTHINGS, BinaryMasses, MergerRedshifts, chirp_mass
from solvers.gw.proposals import HorizonSampler
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, REAL, Interval


def planck18() -> Background:
    """Flat ΛCDM of Planck 2018 (TT,TE,EE+lowE+lensing+BAO), with one neutrino of 0.06 eV counted as matter.

    Distances are those of astropy's Planck18 (Om0 = 0.30966 beside the neutrino) to 1e-5 of them below z = 5.
    """
    return DarkEnergy(params={"omega_m": 0.31108, "omega_r": 7.8e-5, "H0": 67.66}, label="Planck18")


@dataclass(frozen=True, kw_only=True)
class PaperNull(EventModel):
    """The published null: one mass per system, no redshift, no orientation, no noise.

    p(M) ∝ M^(−α) from m_min to m_max; d = d_max u^(1/3), even in Euclidean volume; M_c = chirp_factor · M;
    SNR = norm M_c^exponent/d. It has no component masses and no redshifts: they are NaN.

    References
    ----------
    SI §10.3; numbers that it leaves out are those of the theory's public repository.
    """

    domain: ClassVar = {
        "alpha": REAL,
        "m_min": POSITIVE,
        "m_max": POSITIVE,
        "d_max": POSITIVE,
        "norm": POSITIVE,
        "chirp_factor": Interval(0.0, 0.5, open_low=True),
        "exponent": REAL,
        "threshold": POSITIVE,
    }
    defaults: ClassVar = {
        "alpha": 2.3,
        "m_min": 5.0,
        "m_max": 100.0,
        "d_max": 1e4,
        "norm": 5000.0,
        "chirp_factor": 0.435,
        "exponent": 5.0 / 3.0,
        "threshold": 8.0,
    }
    units: ClassVar = {"m_min": "Msun", "m_max": "Msun", "d_max": "Mpc"}

    def systems(self, n, rng, **theta):
        """n systems with their published SNR, detected or not."""
        p = self.bound(theta)
        mass = _power_law(rng.random(n), p["alpha"], p["m_min"], p["m_max"])
        # The end at 0 is left out, where the SNR would be infinite.
        distance = p["d_max"] * np.cbrt(1.0 - rng.random(n))
        chirp_mass, nothing = p["chirp_factor"] * mass, np.full(n, np.nan)
        return Events(
            mass_1_source=nothing,
            mass_2_source=nothing,
            total_mass_source=mass,
            chirp_mass_source=chirp_mass,
            luminosity_distance=distance,
            redshift=nothing,
            snr=published_snr(chirp_mass, distance, p["norm"], p["exponent"]),
        )

    def _check(self, p: Mapping[str, Any]) -> None:
        if not p["m_min"] < p["m_max"]:
            raise InvalidInput(f"m_min={p['m_min']:g}: must be below m_max={p['m_max']:g}")


@dataclass(frozen=True, kw_only=True)
class HorizonNull(EventModel):
    """Binaries that follow the merger rate, in a detector with a horizon, orientation and noise.

    Masses as in `BinaryMasses`, redshifts as in `MergerRedshifts`, detection as in `HorizonDetector`. The defaults
    are a power law in m₁ from 5 to 50 Msun; `peak_fraction` = 0 leaves out the peak, `delta_m` = 0 the smoothing.

    Parameters
    ----------
    high_mass_loss : bool
        The SNR of heavy systems is multiplied by (1 + (M_det/loss_mass)²)^(−3/4); else `loss_mass` does nothing.
    smoothing : {"conditional", "joint"}
        What S(m₂) is normalised with (see `BinaryMasses`).
    background : Background
        Expansion history, its parameters fixed.

    References
    ----------
    Population of GWTC-3 ("power law + peak"): Abbott et al. 2023, PRX 13, 011048.
    """

    domain: ClassVar = {
        "alpha": REAL,
        "m_min": POSITIVE,
        "m_max": POSITIVE,
        "peak_fraction": Interval(0.0, 1.0),
        "peak_mean": POSITIVE,
        "peak_width": POSITIVE,
        "delta_m": NON_NEGATIVE,
        "beta": REAL,
        "kappa": REAL,
        "z_max": POSITIVE,
        "d_horizon": POSITIVE,
        "threshold": POSITIVE,
        "loss_mass": POSITIVE,
    }
    defaults: ClassVar = {
        "alpha": 2.3,
        "m_min": 5.0,
        "m_max": 50.0,
        "peak_fraction": 0.0,
        "peak_mean": 34.0,
        "peak_width": 4.0,
        "delta_m": 0.0,
        "beta": 1.0,
        "kappa": 2.7,
        "z_max": 1.9,
        "d_horizon": 160.0 * HORIZON_PER_RANGE,
        "threshold": 8.0,
        "loss_mass": 250.0,
    }
    units: ClassVar = {
        "m_min": "Msun",
        "m_max": "Msun",
        "peak_mean": "Msun",
        "peak_width": "Msun",
        "delta_m": "Msun",
        "d_horizon": "Mpc",
        "loss_mass": "Msun",
    }

    high_mass_loss: bool = False
    smoothing: str = "conditional"
    background: Background = field(default_factory=planck18)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.smoothing not in SMOOTHINGS:
            raise ValueError(f"smoothing={self.smoothing!r}: must be one of {', '.join(SMOOTHINGS)}")

    def sampler(self, *, compiled: bool = False, **theta) -> Sampler:
        """Draws only systems that could be detected."""
        return HorizonSampler(*self.parts(**theta), compiled=compiled)

    def parts(self, **theta) -> tuple[BinaryMasses, MergerRedshifts, HorizonDetector]:
        """Masses, redshifts and detector of this model."""
        p = self.bound(theta)
        redshifts = MergerRedshifts(kappa=p["kappa"], z_max=p["z_max"], background=self.background)
        return self.masses(p), redshifts, self.detector_of(p)

    def masses(self, p: Mapping[str, float]) -> BinaryMasses:
        """Masses, of every parameter by name."""
        names = ("alpha", "m_min", "m_max", "peak_fraction", "peak_mean", "peak_width", "delta_m", "beta")
        return BinaryMasses(**{name: p[name] for name in names}, smoothing=self.smoothing)

    def detector_of(self, p: Mapping[str, float]) -> HorizonDetector:
        """The detector, of every parameter that is its own by name."""
        loss_mass = p["loss_mass"] if self.high_mass_loss else math.inf
        return HorizonDetector(d_horizon=p["d_horizon"], threshold=p["threshold"], loss_mass=loss_mass)

    def systems(self, n, rng, **theta):
        """n systems of the whole population with their SNR, detected or not."""
        masses, redshifts, detector = self.parts(**theta)
        m1, m2 = masses.sample(*rng.random((2, n)))
        # The end at 0 is left out, where the SNR would be infinite.
        z = redshifts.sample(1.0 - rng.random(n))
        distance = redshifts.luminosity_distance(z)
        signal = detector.optimal_snr(m1, m2, z, distance) * isotropic_orientation_factor(rng.random((4, n)))
        return Events(
            mass_1_source=m1,
            mass_2_source=m2,
            total_mass_source=m1 + m2,
            chirp_mass_source=chirp_mass(m1, m2),
            luminosity_distance=distance,
            redshift=z,
            snr=signal + rng.standard_normal(n),
        )

    def _check(self, p: Mapping[str, Any]) -> None:
        if not p["m_min"] < p["m_max"]:
            raise InvalidInput(f"m_min={p['m_min']:g}: must be below m_max={p['m_max']:g}")


def _power_law(u: np.ndarray, alpha: float, low: float, high: float) -> np.ndarray:
    """Quantiles of p(x) ∝ x^(−α) from `low` to `high`."""
    span = math.log(high / low)
    if abs(alpha - 1.0) * span < 1e-8:
        return low * np.exp(span * u)
    return low * (1.0 + u * math.expm1((1.0 - alpha) * span)) ** (1.0 / (1.0 - alpha))
