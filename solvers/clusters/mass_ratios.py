"""Masses that a model gives clusters over their lensing masses, one a cluster. Masses in Msun, lengths in kpc."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from solvers.clusters.enhancements import ClusterModel, LawEnhancement
from solvers.clusters.geometry import CODATA, LensConstants
from solvers.errors import InvalidInput

__all__ = [
    "RADIUS",
    "RatioStatistics",
    "amplitude_needed",
    "draw_masses",
    "enhancement_of",
    "mass_ratio",
    "ratio_statistics",
    "stated_baryons",
]

RADIUS = 200.0
"""Radius inside which the masses are [kpc] (SI §13.6.2)."""

_FEWEST = 3
"""Clusters that a correlation needs."""


def stated_baryons(m500: Any, f_baryon: float = 0.15, concentration: float = 0.4) -> np.ndarray:
    """M_bar = concentration f_baryon M500, in the unit and shape of `m500`.

    Parameters
    ----------
    m500 : array_like
        M500 > 0.
    f_baryon : float
        Share of baryons in M500, > 0 and <= 1.
    concentration : float
        Share of these inside the aperture, > 0 and <= 1.

    Raises
    ------
    InvalidInput
        A number out of its range.

    References
    ----------
    SI §13.6.2; `clusters.md` §2.
    """
    for name, number in (("f_baryon", f_baryon), ("concentration", concentration)):
        if not 0 < number <= 1:
            raise InvalidInput(f"{name}={number:g}: must be > 0 and <= 1")
    return concentration * f_baryon * _require_positive("m500", m500)


def enhancement_of(
    model: ClusterModel, m_bar: Any, constants: LensConstants = CODATA, radius: float = RADIUS, **theta: Any
) -> np.ndarray:
    """Σ(g) with g = G M_bar/R², in the shape of `m_bar`.

    Parameters
    ----------
    model : ClusterModel
        Any model of the acceleration by baryons.
    m_bar : array_like
        Mass of the baryons [Msun], > 0.
    constants : LensConstants
        G, and the kiloparsec in m.
    radius : float
        R [kpc], > 0.
    **theta
        Parameters that the model does not fix.

    Raises
    ------
    InvalidInput
        A mass or a radius that is not positive.
    """
    _require_positive("radius", radius)
    return model.enhancement(constants.acceleration(_require_positive("m_bar", m_bar), radius), **theta)


def mass_ratio(
    model: ClusterModel,
    m_bar: Any,
    m_lens: Any,
    constants: LensConstants = CODATA,
    radius: float = RADIUS,
    **theta: Any,
) -> np.ndarray:
    """Σ(g) M_bar/M_lens, in the shape that the masses broadcast to.

    Parameters
    ----------
    model, m_bar, constants, radius, **theta
        As in `enhancement_of`.
    m_lens : array_like
        Lensing mass [Msun], > 0.

    Raises
    ------
    InvalidInput
        A mass or a radius that is not positive.

    References
    ----------
    SI §13.6.2, §5A.2b; `clusters.md` §2.
    """
    m_lens = _require_positive("m_lens", m_lens)
    return enhancement_of(model, m_bar, constants, radius, **theta) * np.asarray(m_bar, dtype=float) / m_lens


def amplitude_needed(
    model: LawEnhancement, m_bar: Any, m_lens: Any, constants: LensConstants = CODATA, radius: float = RADIUS
) -> np.ndarray:
    """A = (M_lens/M_bar − 1)/h(g/g†), with which the ratio of a cluster is 1; negative where M_lens < M_bar.

    Parameters
    ----------
    model : LawEnhancement
        h, and a number for g†. Its amplitude does not matter.
    m_bar, m_lens, constants, radius
        As in `mass_ratio`.

    Raises
    ------
    InvalidInput
        A mass or a radius that is not positive, or g† that is free.

    References
    ----------
    `clusters.md` §3.
    """
    excess_at_one = enhancement_of(model, m_bar, constants, radius, amplitude=1.0) - 1.0
    m_lens = _require_positive("m_lens", m_lens)
    return (m_lens / np.asarray(m_bar, dtype=float) - 1.0) / excess_at_one


@dataclass(frozen=True, kw_only=True)
class RatioStatistics:
    """How ratios of masses are spread.

    Parameters
    ----------
    n : int
        Clusters.
    median, mean : float
        Of the ratio.
    scatter : float
        Standard deviation of log10 of the ratio with n − 1 [dex], as the author's numbers of three digits have it.
    scatter_population : float
        The same with n [dex].
    mean_abs_log : float
        Mean of abs(log10 ratio) [dex].
    within_factor_2 : float
        Share of clusters with 0.5 < ratio < 2.
    spearman, spearman_p, pearson, pearson_p : float
        Correlation of the ratio with the redshift, and its two-sided p-value; NaN of fewer than three clusters.
    n_with_error : int
        Clusters whose lensing mass has an error.
    mean_pull : float
        Mean of (M_model − M_lens)/error over these; NaN where there are none.
    """

    n: int
    median: float
    mean: float
    scatter: float
    scatter_population: float
    mean_abs_log: float
    within_factor_2: float
    spearman: float
    spearman_p: float
    pearson: float
    pearson_p: float
    n_with_error: int
    mean_pull: float


def ratio_statistics(ratio: Any, z: Any, m_lens: Any = None, m_lens_err: Any = None) -> RatioStatistics:
    """Location and spread of ratios, their run with redshift, and their distance from 1 in errors of the lensing mass.

    Parameters
    ----------
    ratio : array_like
        M_model/M_lens > 0, shape (n,), n >= 1.
    z : array_like
        Redshifts, shape (n,).
    m_lens, m_lens_err : array_like, optional
        Lensing masses and their errors > 0 in the same unit, shape (n,); NaN: no error is known.

    Raises
    ------
    InvalidInput
        Shapes that differ, no clusters, or a number out of its range.

    References
    ----------
    SI §13.6.3, §13.6.4; `clusters.md` §2.
    """
    ratio, z = _require_positive("ratio", ratio), np.asarray(z, dtype=float)
    if ratio.ndim != 1 or not ratio.size or z.shape != ratio.shape:
        raise InvalidInput(f"ratio, z: shapes {ratio.shape} and {z.shape} must be one and the same (n,), n >= 1")
    log = np.log10(ratio)
    rank, linear = _correlations(ratio, z)
    pulls = _pulls(ratio, m_lens, m_lens_err)
    return RatioStatistics(
        n=ratio.size,
        median=float(np.median(ratio)),
        mean=float(np.mean(ratio)),
        scatter=float(np.std(log, ddof=1)) if ratio.size > 1 else math.nan,
        scatter_population=float(np.std(log)),
        mean_abs_log=float(np.mean(np.abs(log))),
        within_factor_2=float(np.mean((ratio > 0.5) & (ratio < 2.0))),
        spearman=rank[0],
        spearman_p=rank[1],
        pearson=linear[0],
        pearson_p=linear[1],
        n_with_error=pulls.size,
        mean_pull=float(np.mean(pulls)) if pulls.size else math.nan,
    )


def draw_masses(mass: Any, error: Any, n_draws: int, rng: np.random.Generator) -> np.ndarray:
    """Masses drawn from normal distributions that are cut off at 0, shape (n_draws, n).

    Parameters
    ----------
    mass : array_like
        Their centres > 0, shape (n,).
    error : array_like
        Standard deviations > 0 in the same unit, shape (n,); where it is NaN the mass stays what it is.
    n_draws : int
        Draws, >= 1.
    rng : numpy.random.Generator
        Source of the draws.

    Raises
    ------
    InvalidInput
        Shapes that differ, or a number out of its range.
    """
    mass, error = _require_positive("mass", mass), np.asarray(error, dtype=float)
    if mass.ndim != 1 or error.shape != mass.shape:
        raise InvalidInput(f"mass, error: shapes {mass.shape} and {error.shape} must be one and the same (n,)")
    if n_draws < 1:
        raise InvalidInput(f"n_draws={n_draws}: must be >= 1")
    known = ~np.isnan(error)
    _require_positive("error", error[known])
    drawn = np.tile(mass, (n_draws, 1))
    centre, width = mass[known], error[known]
    drawn[:, known] = stats.truncnorm.rvs(
        -centre / width, np.inf, loc=centre, scale=width, size=(n_draws, centre.size), random_state=rng
    )
    return drawn


def _correlations(ratio: np.ndarray, z: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Spearman's and Pearson's coefficient with p-value; NaN where one of both does not vary."""
    if ratio.size < _FEWEST or np.ptp(ratio) == 0 or np.ptp(z) == 0:
        return (math.nan, math.nan), (math.nan, math.nan)
    rank, linear = stats.spearmanr(ratio, z), stats.pearsonr(ratio, z)
    return (float(rank.statistic), float(rank.pvalue)), (float(linear.statistic), float(linear.pvalue))


def _pulls(ratio: np.ndarray, m_lens: Any, m_lens_err: Any) -> np.ndarray:
    """(M_model − M_lens)/error where there is an error."""
    if m_lens_err is None:
        return np.empty(0)
    m_lens, error = _require_positive("m_lens", m_lens), np.asarray(m_lens_err, dtype=float)
    if m_lens.shape != ratio.shape or error.shape != ratio.shape:
        raise InvalidInput(f"m_lens, m_lens_err: shapes {m_lens.shape} and {error.shape} must be {ratio.shape}")
    known = ~np.isnan(error)
    _require_positive("m_lens_err", error[known])
    return (ratio[known] - 1.0) * m_lens[known] / error[known]


def _require_positive(name: str, values: Any) -> np.ndarray:
    """Numbers as an array.

    Raises
    ------
    InvalidInput
        One that is not positive, or not finite.
    """
    values = np.asarray(values, dtype=float)
    wrong = ~((values > 0) & np.isfinite(values))
    if wrong.any():
        raise InvalidInput(f"{name}={values[wrong][0]:g}: must be > 0")
    return values
