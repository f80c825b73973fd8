"""What the baryons of a galaxy contribute to its rotation: V² in (km/s)²."""

import math
from dataclasses import dataclass

import numpy as np

SQUARES = ("signed", "unsigned")
"""V|V|, so that gas that pulls outwards counts as such; or plain V²."""

NEGATIVE = ("drop_galaxy", "drop_points", "clip")
"""What becomes of points whose V_bar² is not positive."""


@dataclass(frozen=True, kw_only=True)
class Baryons:
    """V_bar² = V_gas|V_gas| + Υ_disk V_disk|V_disk| + Υ_bulge V_bul|V_bul|.

    Parameters
    ----------
    upsilon_disk, upsilon_bulge : float
        Mass-to-light ratios at 3.6 µm [Msun/Lsun], > 0. The published numbers have 1 and 1 (SI §5.2), SI §28.4
        recommends 0.5 and 0.7.
    squares : {"signed", "unsigned"}
        Of velocities that stand for an outward pull; `unsigned` makes V_bar² positive everywhere.
    negative : {"drop_galaxy", "drop_points", "clip"}
        What becomes of points with V_bar² <= 0: their galaxy goes (as published), they go, or V_bar² is 0 there.

    Raises
    ------
    ValueError
        A ratio that is not positive, or an unknown word.
    """

    upsilon_disk: float = 1.0
    upsilon_bulge: float = 1.0
    squares: str = "signed"
    negative: str = "drop_galaxy"

    def __post_init__(self) -> None:
        for name in ("upsilon_disk", "upsilon_bulge"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise ValueError(f"{name}={getattr(self, name)}: must be > 0")
        for name, words in (("squares", SQUARES), ("negative", NEGATIVE)):
            if getattr(self, name) not in words:
                raise ValueError(f"{name}={getattr(self, name)!r}: must be one of {', '.join(words)}")

    def v_squared(self, v_gas, v_disk, v_bulge):
        """V_bar² [(km/s)²] of velocities [km/s], of any one shape; may be negative where `squares` is signed."""
        square = _signed_square if self.squares == "signed" else np.square
        return square(v_gas) + self.upsilon_disk * square(v_disk) + self.upsilon_bulge * square(v_bulge)

    def kept(self, v_bar_squared: np.ndarray, galaxy: np.ndarray) -> np.ndarray:
        """Which points `negative` leaves, shape (n_points,).

        Parameters
        ----------
        v_bar_squared : ndarray
            V_bar² [(km/s)²], shape (n_points,).
        galaxy : ndarray of int
            Number of the galaxy that each point belongs to, shape (n_points,).
        """
        positive = v_bar_squared > 0
        if self.negative == "clip":
            return np.ones(positive.shape, dtype=bool)
        return positive if self.negative == "drop_points" else ~np.isin(galaxy, galaxy[~positive])


def photometric_mass(luminosity, m_hi):
    """0.5 L + 1.33 M_HI [Msun] of luminosities at 3.6 µm [Lsun] and masses of neutral hydrogen [Msun].

    References
    ----------
    `microphysics.md` §1.
    """
    return 0.5 * luminosity + 1.33 * m_hi


def _signed_square(v):
    return v * np.abs(v)
