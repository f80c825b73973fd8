"""The coherence gain of gravitational waves: M_eff = M C, C = (1+ε)^N, N = d/λ_coh. Msun, Mpc; λ_coh in kpc.

ε is of order 1e-7 and N of order 1e6, so powers are taken in logarithms: ln C = N log1p(ε), ε = expm1(ln C/N).
In general relativity masses come from the phase of a signal and only the distance from its strain. A gain of
the strain would therefore not multiply masses; it would make the source look nearer, at d_L/C, and its
source-frame mass larger by the redshift that is then missed. `gain_target` says which of the two is meant.

References
----------
SI §10.1, §10.7.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

GAIN_TARGETS = ("mass", "strain")
"""What C multiplies: the mass, as published, or the strain."""

_KPC_PER_MPC = 1000.0

_NEAR = 0.5
"""|a−b|/b up to which a−b is exact, so that log1p of it is better than the logarithm of a rounded ratio."""


@dataclass(frozen=True, kw_only=True)
class CoherenceGain:
    """Gain along a path, and its inverse. All methods broadcast; what `valid` refuses is NaN.

    Parameters
    ----------
    coherence_length : float
        λ_coh [kpc], > 0; SI §10.1 assumes 2.2.
    gain_target : {"mass", "strain"}
        What C multiplies in `inferred`. `mass` is SI §10.1; `strain` is what a gain of the amplitude would do.

    Raises
    ------
    ValueError
        An unknown target, or a length that is not positive.
    """

    coherence_length: float = 2.2
    gain_target: str = "mass"

    def __post_init__(self) -> None:
        if not (self.coherence_length > 0 and math.isfinite(self.coherence_length)):
            raise ValueError(f"coherence_length={self.coherence_length}: must be > 0")
        if self.gain_target not in GAIN_TARGETS:
            raise ValueError(f"gain_target={self.gain_target!r}: must be one of {', '.join(GAIN_TARGETS)}")

    def valid(self, distance, *, epsilon=0.0, mass=1.0, effective_mass=1.0):
        """True where the other methods give a number: finite, d > 0, ε >= −1 and masses > 0.

        Parameters
        ----------
        distance : array_like
            d [Mpc].
        epsilon : array_like
            ε.
        mass, effective_mass : array_like
            M and M_eff [Msun].

        Returns
        -------
        ndarray of bool
            In their common shape.
        """
        distance, epsilon, mass, effective_mass = (
            np.asarray(x, dtype=float) for x in (distance, epsilon, mass, effective_mass)
        )
        legal = (distance > 0) & (epsilon >= -1) & (mass > 0) & (effective_mass > 0)
        for number in (distance, epsilon, mass, effective_mass):
            legal = legal & np.isfinite(number)
        return legal

    def n_periods(self, distance):
        """N = d/λ_coh of distances > 0 [Mpc], in their shape (SI §10.1)."""
        return np.where(self.valid(distance), _KPC_PER_MPC * np.asarray(distance) / self.coherence_length, np.nan)

    def ln_gain(self, epsilon, distance):
        """ln C = N log1p(ε).

        Parameters
        ----------
        epsilon : array_like
            Gain ε in one period, >= −1.
        distance : array_like
            Length of the path [Mpc], > 0.

        Returns
        -------
        ndarray
            ln C in their common shape, −inf at ε = −1.

        References
        ----------
        SI §10.1.
        """
        legal = self.valid(distance, epsilon=epsilon)
        with np.errstate(divide="ignore"):
            return np.where(legal, self.n_periods(distance) * np.log1p(np.where(legal, epsilon, 0.0)), np.nan)

    def gain(self, epsilon, distance):
        """C = (1+ε)^N, parameters as in `ln_gain`; inf where it exceeds the largest float (SI §10.1)."""
        with np.errstate(over="ignore"):
            return np.exp(self.ln_gain(epsilon, distance))

    def effective_mass(self, mass, epsilon, distance):
        """M_eff = M C [Msun] as published, whatever the target.

        Parameters
        ----------
        mass : array_like
            M [Msun], > 0.
        epsilon, distance : array_like
            As in `ln_gain`.

        Returns
        -------
        ndarray
            In their common shape.

        References
        ----------
        SI §10.1; §10.7 for 60 Msun at 3000 Mpc.
        """
        legal = self.valid(distance, epsilon=epsilon, mass=mass)
        return np.where(legal, np.where(legal, mass, 1.0) * self.gain(epsilon, distance), np.nan)

    def epsilon(self, effective_mass, mass, distance):
        """ε = expm1(ln(M_eff/M)/N), the inverse of `effective_mass`.

        Parameters
        ----------
        effective_mass, mass : array_like
            M_eff and M [Msun], > 0; M_eff < M gives ε < 0.
        distance : array_like
            d [Mpc], > 0.

        Returns
        -------
        ndarray
            In their common shape, with a relative error below 1e-14 (|ln(M_eff/M)| below 10).

        References
        ----------
        SI §10.1.
        """
        legal = self.valid(distance, mass=mass, effective_mass=effective_mass)
        logarithm = _log_ratio(np.where(legal, effective_mass, 1.0), np.where(legal, mass, 1.0))
        return np.where(legal, np.expm1(logarithm / self.n_periods(distance)), np.nan)

    def inferred(self, mass, luminosity_distance, redshift, epsilon, redshift_of: Callable[[np.ndarray], np.ndarray]):
        """What an analysis without the gain infers from an amplified signal.

        For the target `mass`, M C at the true distance. For `strain`, the distance is d_L/C; the detector-frame
        mass stays, so that of the source frame becomes M (1+z)/(1+z_inferred), z_inferred = z(d_L/C).

        Parameters
        ----------
        mass : array_like
            True source-frame mass [Msun], > 0.
        luminosity_distance : array_like
            True d_L [Mpc], > 0; also the path of the gain.
        redshift : array_like
            True z, > −1; the target `mass` does not use it.
        epsilon : array_like
            ε >= −1; a strain needs > −1.
        redshift_of : callable
            d_L [Mpc], shape (n,), to redshifts of the same shape; the target `mass` does not use it.

        Returns
        -------
        mass, luminosity_distance : ndarray
            As inferred [Msun, Mpc], in the common shape of the input; NaN where that is not valid.

        References
        ----------
        SI §10.1 for the mass.
        """
        legal = self.valid(luminosity_distance, epsilon=epsilon, mass=mass)
        if self.gain_target == "mass":
            distance = np.where(legal, luminosity_distance, np.nan)
            return self.effective_mass(mass, epsilon, luminosity_distance), distance
        mass, redshift, distance, legal = np.broadcast_arrays(mass, redshift, luminosity_distance, legal)
        with np.errstate(over="ignore"):
            seen = distance * np.exp(-self.ln_gain(epsilon, distance))
        legal = legal & (redshift > -1) & np.isfinite(redshift) & np.isfinite(seen) & (seen > 0)
        heavier, nearer = np.full(legal.shape, np.nan), np.full(legal.shape, np.nan)
        if not legal.any():
            return heavier, nearer
        nearer[legal] = seen[legal]
        heavier[legal] = mass[legal] * (1.0 + redshift[legal]) / (1.0 + redshift_of(seen[legal]))
        return heavier, nearer


def _log_ratio(a, b):
    """ln(a/b) of positive numbers, without loss where they are nearly equal."""
    away = (a - b) / b
    near = np.abs(away) <= _NEAR
    return np.where(near, np.log1p(np.where(near, away, 0.0)), np.log(a / b))
