"""Binaries whose signals have a coherence gain, in a detector with a horizon. Msun, Mpc."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.interpolate import CubicSpline

from solvers.gw.base import EventModel, Sampler
from solvers.gw.coherence_gain import CoherenceGain
from solvers.gw.detection import HorizonDetector, isotropic_orientation_factor
from solvers.gw.nulls import HorizonNull
from solvers.gw.populations import MergerRedshifts
from solvers.inference.parameters import Interval

_OF_DETECTOR = ("z_max", "d_horizon", "threshold", "loss_mass")
"""Parameters that are no question to the events."""


class RedshiftVolume:
    """dV/dz/(1+z) up to a largest redshift, by redshift and by luminosity distance; 0 beyond it.

    Parameters
    ----------
    redshifts : MergerRedshifts
        With κ = 0; its density is the one that is meant, normalised.
    """

    def __init__(self, redshifts: MergerRedshifts) -> None:
        self._redshifts = redshifts
        self.z_max = redshifts.z_max
        # Even in √z, so that near distances are resolved.
        z = self.z_max * np.linspace(0.0, 1.0, 401) ** 2
        distance = redshifts.luminosity_distance(z)
        self._of_distance = CubicSpline(distance, z)
        self._farthest = float(distance[-1])

    def density(self, redshift: np.ndarray) -> np.ndarray:
        """dV/dz/(1+z), normalised over 0 to z_max."""
        return np.exp(self._redshifts.log_density(redshift))

    def distance(self, redshift: np.ndarray) -> np.ndarray:
        """d_L [Mpc] at 0 <= z <= z_max."""
        return self._redshifts.luminosity_distance(redshift)

    def redshift(self, distance: np.ndarray) -> np.ndarray:
        """z at d_L [Mpc]; beyond z_max a number above it."""
        inside = self._of_distance(np.minimum(distance, self._farthest))
        return np.where(distance <= self._farthest, inside, self.z_max * distance / self._farthest * (1.0 + 1e-12))


@dataclass(frozen=True, kw_only=True)
class CoherentPopulation(HorizonNull):
    """`HorizonNull` whose signals have a coherence gain C(d) = (1+ε)^N; `epsilon` is ε, 0 leaves selection alone.

    Parameters
    ----------
    coherence_length : float
        Length of a period [kpc], > 0.
    gain_target : {"mass", "strain"}
        `mass`: masses appear as M C, as published, and a system is detected as what it appears to be. `strain`: the
        signal is stronger by C, the system appears at d_L/C and with the source-frame mass that belongs to it.

    References
    ----------
    SI §10.1.
    """

    domain: ClassVar = {"epsilon": Interval(-1e-5, 1e-5), **HorizonNull.domain}
    defaults: ClassVar = {"epsilon": 0.0, **HorizonNull.defaults}

    coherence_length: float = 2.2
    gain_target: str = "mass"

    def __post_init__(self) -> None:
        super().__post_init__()
        CoherenceGain(coherence_length=self.coherence_length, gain_target=self.gain_target)
        for name in _OF_DETECTOR:
            if name not in self.space.fixed:
                raise ValueError(f"params.{name}: belongs to the detector, must be a number")

    @cached_property
    def gain(self) -> CoherenceGain:
        """The gain along a path."""
        return CoherenceGain(coherence_length=self.coherence_length, gain_target=self.gain_target)

    @cached_property
    def volume(self) -> RedshiftVolume:
        """The volume that is surveyed."""
        z_max = self.space.fixed["z_max"]
        return RedshiftVolume(MergerRedshifts(kappa=0.0, z_max=z_max, background=self.background))

    @cached_property
    def detector(self) -> HorizonDetector:
        """The detector."""
        return self.detector_of(self.space.fixed)

    def sampler(self, *, compiled: bool = False, **theta) -> Sampler:
        """Draws systems one by one, for which of them could be detected depends on the gain."""
        return EventModel.sampler(self, compiled=compiled, **theta)

    def systems(self, n, rng, **theta):
        """n systems as they appear, with their SNR, detected or not."""
        p = self.bound(theta)
        true = super().systems(n, rng, **theta)
        distance, redshift = true.luminosity_distance, true.redshift
        seen_mass, seen_distance = self.gain.inferred(1.0, distance, redshift, p["epsilon"], self.volume.redshift)
        seen_redshift = redshift if self.gain_target == "mass" else self.volume.redshift(seen_distance)
        m1, m2 = seen_mass * true.mass_1_source, seen_mass * true.mass_2_source
        # An amplified strain is that of the nearer source: with what it appears to be the SNR is the same.
        signal = self.detector.optimal_snr(m1, m2, seen_redshift, seen_distance)
        # The orientation and the noise are drawn anew for what appears.
        signal *= isotropic_orientation_factor(rng.random((4, n)))
        return replace(
            true,
            mass_1_source=m1,
            mass_2_source=m2,
            total_mass_source=m1 + m2,
            chirp_mass_source=seen_mass * true.chirp_mass_source,
            luminosity_distance=seen_distance,
            redshift=seen_redshift,
            snr=signal + rng.standard_normal(n),
        )
