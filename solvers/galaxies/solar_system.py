"""Excess gravity K = Σ − 1 that the kernels of the galaxies give near the Sun. au, kpc; accelerations in m/s².

Two readings differ by orders of magnitude. The source does not say which radius enters a window or a kernel, the
distance to the Sun or that to the centre of the Galaxy: it is an argument, in kpc. And its "boost below 7e-14" needs
a factor (g†/g)^p that the kernel beside it does not have.
"""

from typing import Any

from astropy import constants, units

from solvers.galaxies.coherence_kernels import burr_rise, power_decay
from solvers.galaxies.gates import small_radius_gate
from solvers.galaxies.power_law_kernel import LEGACY_G_DAGGER
from solvers.laws import Law

GM_SUN: float = constants.GM_sun.to_value(units.m**3 / units.s**2)
"""GM of the Sun [m³/s²]."""

AU_M: float = units.au.to(units.m)
"""An astronomical unit [m]."""

AU_KPC: float = units.au.to(units.kpc)
"""An astronomical unit [kpc]."""

CASSINI_BOUND = 2.3e-5
"""Bound on |γ−1| to which SI §6.IV compares the boost (Bertotti, Iess & Tortora 2003)."""


def solar_acceleration(distance: Any) -> Any:
    """GM/r² [m/s²] at distances > 0 from the Sun [au]; 5.93e-3 at 1 au."""
    return GM_SUN / (distance * AU_M) ** 2


def law_excess(law: Law, distance: Any, *, window_radius: Any, r_disk: float) -> Any:
    """A W(R) h(g/g†) of the closed form, for the amplitude of disks.

    Parameters
    ----------
    law : Law
        h, g†, amplitude and window.
    distance : float or ndarray
        To the Sun [au], > 0; it gives g.
    window_radius : float or ndarray
        R of the window [kpc]: `distance * AU_KPC`, the distance to the centre of the Galaxy, or inf for W = 1.
    r_disk : float
        Scale length of the disk [kpc], 2.6 in SI §11.6.

    References
    ----------
    SI §5.2 (the figure "solar system safety"), §5A.3.
    """
    h = law.h(solar_acceleration(distance) / law.g_dagger.m_s2)
    return law.amplitude.disk * law.window(window_radius, r_disk) * h


def burr_excess(
    distance: Any,
    *,
    kernel_radius: Any,
    amplitude: float = 0.6,
    l0: float = 5.0,
    p: float = 0.75,
    n_coh: float = 0.5,
    acceleration_exponent: float = 0.0,
    g_dagger: float = LEGACY_G_DAGGER,
) -> Any:
    """A {1 − [1+(R/l0)^p]^(−n)} (g†/g)^q.

    At 1 au and with R the distance to the Sun it is 5.2e-8 as the source states it (q = 0), and 7.8e-14 with q = 0.757;
    6.7e-14 with 0.591 and p = 0.757, which the source prints as 7e-14.

    Parameters
    ----------
    distance : float or ndarray
        To the Sun [au], > 0; it gives g.
    kernel_radius : float or ndarray
        R of the kernel [kpc], >= 0.
    amplitude, l0, p, n_coh : float
        A, l0 [kpc], p, n; the defaults are SI §6's.
    acceleration_exponent : float
        q; 0 as the source states the kernel.
    g_dagger : float
        g† [m/s²].

    References
    ----------
    SI §6.IV, §6 technical addenda.
    """
    rise = burr_rise(kernel_radius, l0, p, n_coh)
    return amplitude * rise * (g_dagger / solar_acceleration(distance)) ** acceleration_exponent


def gated_excess(
    distance: Any,
    *,
    kernel_radius: Any,
    amplitude: float = 0.591,
    p: float = 0.757,
    n_coh: float = 0.5,
    l0: float = 4.993,
    g_dagger: float = LEGACY_G_DAGGER,
) -> Any:
    """A0 (g†/g)^p (l0/(l0+R))^n S_small(R), parameters as in `burr_excess`; 8.3e-23 at 1 au with R to the Sun.

    References
    ----------
    SI §5.4, §14.2.
    """
    decay = power_decay(kernel_radius, l0, n_coh) * small_radius_gate(kernel_radius)
    return amplitude * (g_dagger / solar_acceleration(distance)) ** p * decay
