"""The polarisation sketch of the Σ peak model: EE, TE and BB by formula, fitted to nothing. D_ℓ in μK².

SI §8 makes no quantitative claim of it; the functional forms are those of the theory's public repository. It lies
far below the EE spectrum of ΛCDM: compare the two, the defaults are the source's and not tuned.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solvers.cmb.base import CmbModel
from solvers.cmb.sigma_peaks import in_shape, mode_centres, step_asymmetry, sum_of_modes, with_axis
from solvers.errors import InvalidInput
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, REAL, Interval

_FLOOR = {"EE": 0.01, "BB": 0.001}
"""The source keeps D_ℓ at or above these [μK²]; TE changes sign and has none."""

_LENSING_PIVOT = 1000.0
"""Multipole at which `bb_lensing` is the undamped height."""


@dataclass(frozen=True, kw_only=True)
class SigmaPolarization(CmbModel):
    """EE and TE as damped sums of Gaussian modes, BB as two bumps.

    With the centres of the temperature modes, ℓ_n = l1 [1 + spacing (n−1)], and their asymmetry a(ℓ), which steps
    from `a_high` to `a_low` around `l_crit` over `delta_l`:

    EE = [Σ_n A_n G_n + ee_bump exp(−((ℓ−ee_bump_l)/ee_bump_width)²)] exp(−(ℓ/ee_l_damp)²), at least 0.01. Centres
    ε_n = ee_centre_factor ℓ_n; A_n = ee_amplitude n^(−ee_slope) times 1 + ee_even a(ε_n) for even n and
    1 − ee_odd a(ε_n) for odd n: the other way round than in temperature, and with a at the centre of the EE mode.

    TE = Σ_n te_amplitude n^(−te_slope) cos(te_phase n) G_n exp(−(ℓ/te_l_damp)²), centres
    (1 − te_ee_share) ℓ_n + te_ee_share ε_n.

    BB = bb_lensing (ℓ/1000)² exp(−(ℓ/bb_l_damp)²) + bb_tensor exp(−((ℓ−bb_tensor_l)/bb_tensor_width)²), at least
    0.001.

    G_n = exp(−((ℓ−c_n)/σ_n)²/2) at the spectrum's centres c_n, with σ_n = width + width_slope c_n of EE or TE.

    Parameters
    ----------
    n_modes : int
        Number of modes of EE and of TE, at least 1.

    Raises
    ------
    ValueError
        An unknown or illegal parameter.
    """

    predicts: ClassVar = ("EE", "BB", "TE")
    # The ranges of the asymmetries and of what they do to EE keep its amplitudes from turning negative.
    domain: ClassVar = {
        "l1": Interval(2.0),
        "spacing": POSITIVE,
        "a_high": Interval(-1.0, 2.0),
        "a_low": Interval(-1.0, 2.0),
        "l_crit": POSITIVE,
        "delta_l": POSITIVE,
        "ee_centre_factor": POSITIVE,
        "ee_amplitude": NON_NEGATIVE,
        "ee_slope": REAL,
        "ee_even": Interval(0.0, 1.0),
        "ee_odd": Interval(0.0, 0.5),
        "ee_width": POSITIVE,
        "ee_width_slope": NON_NEGATIVE,
        "ee_bump": NON_NEGATIVE,
        "ee_bump_l": NON_NEGATIVE,
        "ee_bump_width": POSITIVE,
        "ee_l_damp": POSITIVE,
        "te_ee_share": Interval(0.0, 1.0),
        "te_amplitude": REAL,
        "te_slope": REAL,
        "te_phase": REAL,
        "te_width": POSITIVE,
        "te_width_slope": NON_NEGATIVE,
        "te_l_damp": POSITIVE,
        "bb_lensing": NON_NEGATIVE,
        "bb_l_damp": POSITIVE,
        "bb_tensor": NON_NEGATIVE,
        "bb_tensor_l": NON_NEGATIVE,
        "bb_tensor_width": POSITIVE,
    }
    defaults: ClassVar = {
        "l1": 211.0,
        "spacing": 1.55,
        "a_high": 0.35,
        "a_low": 0.02,
        "l_crit": 1300.0,
        "delta_l": 80.0,
        "ee_centre_factor": 1.5,
        "ee_amplitude": 50.0 * 0.15**2,
        "ee_slope": 1.2,
        "ee_even": 0.5,
        "ee_odd": 0.15,
        "ee_width": 60.0,
        "ee_width_slope": 0.05,
        "ee_bump": 0.5,
        "ee_bump_l": 150.0,
        "ee_bump_width": 100.0,
        "ee_l_damp": 2500.0,
        "te_ee_share": 0.4,
        "te_amplitude": 100.0,
        "te_slope": 0.8,
        "te_phase": math.pi / 4.0,
        "te_width": 80.0,
        "te_width_slope": 0.04,
        "te_l_damp": 2000.0,
        "bb_lensing": 0.05,
        "bb_l_damp": 1500.0,
        "bb_tensor": 0.01 * 0.1,
        "bb_tensor_l": 80.0,
        "bb_tensor_width": 50.0,
    }
    units: ClassVar = dict.fromkeys(("ee_amplitude", "ee_bump", "te_amplitude", "bb_lensing", "bb_tensor"), "uK2") | {
        "te_phase": "rad"
    }

    n_modes: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_modes < 1:
            raise ValueError(f"n_modes={self.n_modes}: must be >= 1")

    def centres(self, spectrum: str = "EE", **theta):
        """Centres of the modes of EE or TE, shape P + (n_modes,).

        Raises
        ------
        InvalidInput
            Another spectrum, or an illegal parameter.
        """
        p = self._bound(spectrum, theta)
        return in_shape(self._centres(spectrum, p), p)

    def amplitudes(self, spectrum: str = "EE", **theta):
        """Amplitudes of the modes of EE or TE before damping [μK²], shape P + (n_modes,).

        Raises
        ------
        InvalidInput
            Another spectrum, or an illegal parameter.
        """
        p = self._bound(spectrum, theta)
        return in_shape(self._amplitudes(spectrum, p), p)

    def _bound(self, spectrum, theta):
        if spectrum not in ("EE", "TE"):
            raise InvalidInput(f"spectrum={spectrum!r}: only EE and TE have modes")
        p = self.joined(theta)
        self.check_domain(theta)
        return with_axis(p)

    def _d_ell(self, ell, spectrum, p):
        p = with_axis(p)
        if spectrum == "BB":
            total = p["bb_lensing"] * (ell / _LENSING_PIVOT) ** 2 * np.exp(-((ell / p["bb_l_damp"]) ** 2))
            total = total + p["bb_tensor"] * np.exp(-(((ell - p["bb_tensor_l"]) / p["bb_tensor_width"]) ** 2))
        else:
            kind = spectrum.lower()
            centres = self._centres(spectrum, p)
            widths = p[f"{kind}_width"] + p[f"{kind}_width_slope"] * centres
            total = sum_of_modes(ell, centres, self._amplitudes(spectrum, p), widths)
            if spectrum == "EE":
                total = total + p["ee_bump"] * np.exp(-(((ell - p["ee_bump_l"]) / p["ee_bump_width"]) ** 2))
            total = total * np.exp(-((ell / p[f"{kind}_l_damp"]) ** 2))
        return in_shape(np.maximum(total, _FLOOR.get(spectrum, -np.inf)), p)

    def _centres(self, spectrum, p):
        temperature = mode_centres(self.n_modes, p)
        polarization = p["ee_centre_factor"] * temperature
        if spectrum == "EE":
            return polarization
        return (1.0 - p["te_ee_share"]) * temperature + p["te_ee_share"] * polarization

    def _amplitudes(self, spectrum, p):
        n = np.arange(1.0, self.n_modes + 1)
        if spectrum == "TE":
            return p["te_amplitude"] * n ** -p["te_slope"] * np.cos(p["te_phase"] * n)
        a = step_asymmetry(self._centres("EE", p), p)
        parity = np.where(n % 2 == 0, 1.0 + p["ee_even"] * a, 1.0 - p["ee_odd"] * a)
        return p["ee_amplitude"] * n ** -p["ee_slope"] * parity
