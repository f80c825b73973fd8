"""CMB spectra from CAMB, a Boltzmann code: ΛCDM with or without lensing, with or without cold dark matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np

from solvers.cmb.base import SPECTRA, CmbModel
from solvers.errors import InvalidInput
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, REAL, Interval

_REVISION = 2
"""To be raised with every change of this file that moves a number: what was remembered before is then not taken."""

DERIVED = ("zstar", "rstar", "thetastar", "DAstar", "zdrag", "rdrag")
"""Derived parameters that are kept, under CAMB's names: Mpc for r, 100θ_*, Gpc for D_A*."""


@dataclass(frozen=True, kw_only=True)
class CambSpectrum(CmbModel):
    """D_ℓ of a cosmology from CAMB, with scalar perturbations only.

    `ombh2`, `omch2` are the baryons and the cold dark matter; `mnu` [eV] is the mass of one neutrino (0: none is
    massive); `ln10As` is ln(10¹⁰ A_s). CAMB runs on one thread, because the number of threads changes its last bits.

    Parameters
    ----------
    lensed : bool
        Lensed spectra; else those at last scattering.
    lmax : int
        Largest multipole, 100 to 10000.
    lens_potential_accuracy : int
        CAMB's accuracy of the lensing potential, >= 0.
    halofit_version : str
        CAMB's form of the non-linear corrections to lensing.

    Raises
    ------
    ValueError
        An unknown or illegal parameter, or a setting out of its range.
    """

    predicts: ClassVar = SPECTRA
    domain: ClassVar = {
        "H0": POSITIVE,
        "ombh2": POSITIVE,
        "omch2": NON_NEGATIVE,
        "mnu": NON_NEGATIVE,
        "omk": Interval(-1.0, 1.0),
        "tau": Interval(0.0, 1.0, open_low=True),
        "ln10As": REAL,
        "ns": REAL,
    }
    defaults: ClassVar = {"mnu": 0.06, "omk": 0.0, "tau": 0.0544}
    units: ClassVar = {"H0": "km / (Mpc s)", "mnu": "eV"}

    lensed: bool = True
    lmax: int = 3000
    lens_potential_accuracy: int = 1
    halofit_version: str = "mead2020"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 100 <= self.lmax <= 10_000:
            raise ValueError(f"lmax={self.lmax}: must be from 100 to 10000")
        if self.lens_potential_accuracy < 0:
            raise ValueError(f"lens_potential_accuracy={self.lens_potential_accuracy}: must be >= 0")

    def identity(self, **theta) -> dict[str, Any]:
        """CAMB's version, its settings and every parameter, with the revision of how it is called here."""
        p = {name: float(value) for name, value in self.joined(theta).items()}
        return {"camb": version("camb"), "revision": _REVISION, "lensed": self.lensed, **self._settings(), **p}

    def derived(self, **theta) -> dict[str, float]:
        """Numbers of the background that are named in `DERIVED`, for parameters that are numbers."""
        p = self.joined(theta)
        self.check_domain(theta)
        return dict(self._spectra(p).derived)

    def tabulate(self, lmax: int, **theta) -> dict[str, np.ndarray]:
        """As `CmbModel.tabulate`, with the derived numbers."""
        table = super().tabulate(lmax, **theta)
        return table | {name: np.asarray(value) for name, value in self.derived(**theta).items()}

    def _settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("lmax", "lens_potential_accuracy", "halofit_version")}

    def _spectra(self, p: Mapping[str, Any]) -> "_Spectra":
        return _camb(tuple(float(p[name]) for name in self.domain), **self._settings())

    def _d_ell(self, ell, spectrum, p):
        if ell.max() > self.lmax:
            raise InvalidInput(f"lmax={self.lmax}: D_ell is asked for at {ell.max():g}; raise lmax")
        arrays = np.broadcast_arrays(*(np.asarray(p[name], dtype=float) for name in self.domain))
        points = zip(*(array.ravel() for array in arrays), strict=True)
        rows = [self._curve(ell, spectrum, dict(zip(self.domain, point, strict=True))) for point in points]
        return np.asarray(rows).reshape(*arrays[0].shape, -1)

    def _curve(self, ell: np.ndarray, spectrum: str, p: Mapping[str, Any]) -> np.ndarray:
        spectra = self._spectra(p)
        whole = (spectra.lensed if self.lensed else spectra.unlensed)[SPECTRA.index(spectrum)]
        # CAMB interpolates the difference from a fiducial spectrum, so much smaller powers can come out negative.
        if not np.isfinite(whole).all() or (spectrum in ("TT", "EE") and whole.min() < 0):
            kind = "lensed" if self.lensed else "unlensed"
            hint = "; try lens_potential_accuracy=0" if self.lensed and self.lens_potential_accuracy > 0 else ""
            raise InvalidInput(f"CAMB gives no possible {kind} spectrum {spectrum} for {_words(p)}{hint}")
        index = ell.astype(int)
        if np.array_equal(index, ell):
            return whole[index]
        from scipy.interpolate import CubicSpline

        return CubicSpline(np.arange(2, whole.size), whole[2:])(ell)


@dataclass(frozen=True, eq=False)
class _Spectra:
    """D_ℓ [μK²] from ℓ = 0, shape (4, lmax + 1), in the order of `SPECTRA`; and derived numbers."""

    lensed: np.ndarray
    unlensed: np.ndarray
    derived: Mapping[str, float]


_NAMES = tuple(CambSpectrum.domain)


@lru_cache(maxsize=16)
def _camb(values: tuple[float, ...], lmax: int, lens_potential_accuracy: int, halofit_version: str) -> _Spectra:
    """One calculation; lensed and unlensed spectra come together."""
    import camb

    p = dict(zip(_NAMES, values, strict=True))
    with np.errstate(over="ignore"):
        amplitude = 1e-10 * np.exp(p.pop("ln10As"))
    # Tables that an earlier calculation left would change the last digits of this one.
    camb.free_global_memory()
    threads, camb.config.ThreadNum = camb.config.ThreadNum, 1
    try:
        parameters = camb.set_params(
            As=amplitude,
            num_massive_neutrinos=int(p["mnu"] > 0),
            lmax=lmax,
            lens_potential_accuracy=lens_potential_accuracy,
            halofit_version=halofit_version,
            **p,
        )
        results = camb.get_results(parameters)
        spectra = results.get_cmb_power_spectra(CMB_unit="muK")
        derived = results.get_derived_params()
    except (camb.CAMBError, ValueError) as error:
        given = _words(dict(zip(_NAMES, values, strict=True)))
        raise InvalidInput(f"CAMB refuses {given}: {' '.join(str(error).split())}") from error
    finally:
        camb.config.ThreadNum = threads
    lensed, unlensed = (np.ascontiguousarray(spectra[name][: lmax + 1].T) for name in ("total", "unlensed_total"))
    return _Spectra(lensed, unlensed, {name: float(derived[name]) for name in DERIVED})


def _words(p: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={float(value):g}" for name, value in p.items())
