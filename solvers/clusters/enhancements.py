"""What baryons of a cluster weigh under a law: Σ(g) of a mass in a sphere, and the surface density that lenses.

Masses in Msun, lengths in kpc, accelerations in m/s².
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from solvers.clusters.baryons import ClusterBaryons
from solvers.clusters.geometry import CODATA, LensConstants
from solvers.clusters.kernels import Window, enhanced_surface_density, pointwise_density
from solvers.clusters.projection import surface_density
from solvers.errors import InvalidInput
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE
from solvers.inference.parametrised import Parametrised
from solvers.laws import CriticalAcceleration, Law, Sigma

__all__ = [
    "ClusterModel",
    "LawEnhancement",
    "LensModel",
    "NoEnhancement",
    "WindowedEnhancement",
    "effective_amplitude",
]

Surface = Callable[[np.ndarray], np.ndarray]

_G_DAGGER_FORMS = {"new": "4sqrtpi", "old": "2e"}
_WINDOW_RADII = np.linspace(0.5, 5.0, 100)
"""Radii over R_d at which the source averages W."""

_STEP = 1e-5


def effective_amplitude(law: Law) -> float:
    """A/⟨W⟩ with the mean of W at 100 radii from 0.5 to 5 R_d, ends included: 8.4252 for the source's law.

    The mean integral of W over these radii gives 8.4127.

    References
    ----------
    SI §5A.2, §7.1; `clusters.md` §1.
    """
    return law.amplitude.sphere / float(np.mean(law.window(_WINDOW_RADII, 1.0)))


@dataclass(frozen=True, kw_only=True)
class LensModel(Parametrised, ABC):
    """A model of what a cluster of known baryons does to light."""

    @abstractmethod
    def surface_density(self, baryons: ClusterBaryons, constants: LensConstants = CODATA, **theta: Any) -> Surface:
        """Σ_eff(R) [Msun/kpc²] as a function of R > 0 [kpc], projected out to `baryons.r_max`.

        Parameters
        ----------
        baryons : ClusterBaryons
            Gas and stars.
        constants : LensConstants
            G, and the kiloparsec in m.
        **theta
            Parameters that `params` does not fix.
        """


@dataclass(frozen=True, kw_only=True)
class ClusterModel(LensModel, ABC):
    """A model in which the acceleration by the baryons decides. A subclass gives `enhancement`."""

    @abstractmethod
    def enhancement(self, g_bar: Any, **theta: Any) -> Any:
        """Σ = g/g_bar at accelerations > 0 [m/s²], in their shape; parameters may have arrays that broadcast.

        Raises
        ------
        InvalidInput
            An acceleration that is not positive: there is no Σ without a field.
        """

    def log_slope(self, g_bar: Any, **theta: Any) -> Any:
        """d ln(Σ g_bar)/d ln g_bar, by which errors of g_bar enter the prediction; of the shape of `enhancement`.

        Here by a central difference, with a relative error of about 1e-9.
        """
        ends = (self.enhancement(np.asarray(g_bar) * math.exp(step), **theta) for step in (_STEP, -_STEP))
        upper, lower = ends
        return 1.0 + np.log(upper / lower) / (2.0 * _STEP)


@dataclass(frozen=True, kw_only=True)
class NoEnhancement(ClusterModel):
    """General relativity with baryons only, Σ = 1."""

    def enhancement(self, g_bar: Any, **theta: Any) -> Any:
        """1 at every acceleration."""
        self.joined(theta)
        return np.ones_like(_positive(g_bar))

    def surface_density(self, baryons: ClusterBaryons, constants: LensConstants = CODATA, **theta: Any) -> Surface:
        """Σ of the baryons."""
        self.joined(theta)
        return _projected(baryons)


@dataclass(frozen=True, kw_only=True)
class LawEnhancement(ClusterModel):
    """Σ = 1 + A h(g_bar/g†), with W = 1: the closed form of Σ-Gravity for clusters, and MOND's functions.

    `amplitude` is A: a number, `bare` (that of the law for spheres) or `effective` (that over ⟨W⟩). `g_dagger` is g† in
    m/s²: a number, `law` (what the law has), `new` (c H0/(4√π)) or `old` (c H0/(2e)), both with H0 of the law.

    Parameters
    ----------
    law : Law
        h, g†, amplitude of spheres and window.

    Raises
    ------
    ValueError
        An unknown word, or a number out of its range.

    References
    ----------
    SI §5A.2, §5A.3; `clusters.md` §1.
    """

    domain: ClassVar = {"amplitude": NON_NEGATIVE, "g_dagger": POSITIVE}
    units: ClassVar = {"g_dagger": "m/s2"}

    law: Law = field(default_factory=Sigma)

    def __post_init__(self) -> None:
        given = {"amplitude": "bare", "g_dagger": "law"} | dict(self.params)
        given["amplitude"] = _chosen("amplitude", given["amplitude"], self._amplitudes())
        given["g_dagger"] = _chosen("g_dagger", given["g_dagger"], self._accelerations())
        object.__setattr__(self, "params", given)
        super().__post_init__()

    def _amplitudes(self) -> dict[str, float]:
        return {"bare": self.law.amplitude.sphere, "effective": effective_amplitude(self.law)}

    def _accelerations(self) -> dict[str, float]:
        own = self.law.g_dagger
        forms = {word: CriticalAcceleration(form=form, H0=own.H0).m_s2 for word, form in _G_DAGGER_FORMS.items()}
        return {"law": own.m_s2} | forms

    def enhancement(self, g_bar: Any, **theta: Any) -> Any:
        """1 + A h, in the shape that accelerations and parameters broadcast to."""
        p = self.joined(theta)
        self.check_domain(theta)
        return 1.0 + p["amplitude"] * self.law.h(_positive(g_bar) / p["g_dagger"])

    def log_slope(self, g_bar: Any, **theta: Any) -> Any:
        """1 + d ln Σ/d ln g_bar, in closed form where the law has its own slope in one."""
        p = self.joined(theta)
        self.check_domain(theta)
        x = _positive(g_bar) / p["g_dagger"]
        excess = p["amplitude"] * self.law.h(x)
        return 1.0 + excess * self.law.log_slope(x) / (1.0 + excess)

    def surface_density(self, baryons: ClusterBaryons, constants: LensConstants = CODATA, **theta: Any) -> Surface:
        """Σ_eff of the sphere in which M_eff(<r) = Σ(g_bar) M_bar(<r); it depends on where the baryons end."""
        p = self.joined(theta)
        self.check_domain(theta)
        amplitude, g_dagger = float(p["amplitude"]), float(p["g_dagger"]) * constants.kpc / 1e6

        def density(r: np.ndarray) -> np.ndarray:
            own, mass = baryons.density(r), baryons.enclosed_mass(r)
            return pointwise_density(r, own, mass, amplitude, self.law, g_dagger, constants.G)

        return lambda radius: surface_density(density, radius, baryons.r_max)


@dataclass(frozen=True, kw_only=True)
class WindowedEnhancement(LensModel):
    """Σ_eff(R) = Σ_bar(R) [1 + A C(R)] in projection, with no acceleration in it.

    Parameters
    ----------
    window : str
        Shape of C, of `solvers.clusters.kernels.WINDOWS`.

    References
    ----------
    SI §13.1, §13.4; `lensing.md` §3.
    """

    domain: ClassVar = {"amplitude": NON_NEGATIVE, "ell0": POSITIVE, "p": POSITIVE, "n": POSITIVE}
    defaults: ClassVar = {"amplitude": 4.6, "ell0": 200.0, "p": 2.0, "n": 2.0}
    units: ClassVar = {"ell0": "kpc"}

    window: str = "interior"

    def __post_init__(self) -> None:
        Window(shape=self.window)
        super().__post_init__()

    def surface_density(self, baryons: ClusterBaryons, constants: LensConstants = CODATA, **theta: Any) -> Surface:
        """Σ_bar (1 + A C)."""
        p = self.joined(theta)
        self.check_domain(theta)
        window = Window(shape=self.window, ell0=float(p["ell0"]), p=float(p["p"]), n=float(p["n"]))
        return enhanced_surface_density(_projected(baryons), float(p["amplitude"]), window)


def _projected(baryons: ClusterBaryons) -> Surface:
    return lambda radius: surface_density(baryons.density, radius, baryons.r_max)


def _positive(g_bar: Any) -> np.ndarray:
    g_bar = np.asarray(g_bar, dtype=float)
    if not np.all(g_bar > 0):
        raise InvalidInput("g_bar: must be > 0 everywhere; without baryons there is no Σ")
    return g_bar


def _chosen(name: str, given: Any, words: Mapping[str, float]) -> Any:
    """The number that a word stands for; anything else as it is."""
    if not isinstance(given, str):
        return given
    if given not in words:
        raise ValueError(f"params.{name}={given!r}: must be a number or one of {', '.join(words)}")
    return words[given]
