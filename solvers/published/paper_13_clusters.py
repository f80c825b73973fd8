"""What SI §5, §6.2, §13.6 and §25.9 print of M_Σ/MSL in clusters, and with which A and g† each number comes out.

Masses inside 200 kpc, ratios without unit, scatter in dex.
"""

import math
from typing import NamedTuple

from solvers.clusters.enhancements import ClusterModel, LawEnhancement, NoEnhancement
from solvers.laws import MondSimple, Sigma

__all__ = [
    "AMPLITUDE_TYPED",
    "F_SCAN",
    "FOX",
    "GAS",
    "OBSERVED_RATIO",
    "PROFILES",
    "STATED",
    "Printed",
    "setting_of",
]

BARE, EFFECTIVE = math.pi * math.sqrt(2.0), 8.4
"""A = π√2, and that over the mean window as the source rounds it (SI §5A.3)."""

G_DAGGER = {"new": 9.59177138718e-11, "old": 1.25086162547e-10}
"""c H0/(4√π) and c H0/(2e) with the source's constants [m/s²] (SI §5A.4)."""

AMPLITUDE_TYPED, OBSERVED_RATIO = 9.0, 5.2
"""The amplitude that a script of the author sets by hand, and the "observed" A_cluster/A_galaxy, it over √3."""

STATED = (0.15, 0.4)
"""f_baryon and concentration of SI §13.6.2."""

_A_CLOSE, _G_CLOSE = 4e-3, 2e-3
"""Relative differences that roundings explain: of 8.4 from 8.4252, and of g† between constants of several roundings."""


class Printed(NamedTuple):
    """A printed number.

    Attributes
    ----------
    section : str
        Where it stands.
    statistic : str
        What it is: a field of `solvers.clusters.mass_ratios.RatioStatistics`.
    printed : float
        As printed; a share, not percent.
    stated : str
        Amplitude and g† that stand beside it, as `setting_of` names them.
    made_by : str
        Those with which it comes out; empty where no setting gives it.
    """

    section: str
    statistic: str
    printed: float
    stated: str
    made_by: str


FOX = (
    Printed("5.8, 13.6.3", "median", 0.79, "bare, new", "bare, old"),
    Printed("13.6.3", "scatter", 0.14, "bare, new", "bare, old"),
    Printed("13.6.3", "within_factor_2", 0.95, "bare, new", "bare, old"),
    Printed("5.9, 25.9", "median", 0.68, "bare, new", "bare, new"),
    Printed("25.9", "mean", 0.73, "bare, new", "bare, new"),
    Printed("25.9", "within_factor_2", 0.95, "bare, new", "bare, old"),
    Printed("5.9", "scatter", 0.14, "bare, new", "bare, new"),
    Printed("25.9", "median", 0.40, "MOND", "MOND"),
    Printed("author's summary", "median", 0.792, "bare, old", "bare, old"),
    Printed("author's summary", "mean", 0.853, "bare, old", "bare, old"),
    Printed("author's summary", "scatter", 0.139, "bare, old", "bare, old"),
    Printed("author's summary", "mean_abs_log", 0.143, "bare, old", "bare, old"),
    Printed("author's summary", "median", 0.679, "bare, new", "bare, new"),
    Printed("author's summary", "mean", 0.725, "bare, new", "bare, new"),
    Printed("author's summary", "scatter", 0.142, "bare, new", "bare, new"),
    Printed("author's summary", "mean_abs_log", 0.200, "bare, new", "bare, new"),
)
"""Of the 42 clusters of Fox et al. (2022). The summary is derivations/VALIDATION_SUMMARY_4SQRTPI.md."""

PROFILES = (
    Printed("5A.2b", "median", 0.68, "effective, new", "effective, new"),
    Printed("5A.2b", "median", 0.39, "bare, new", "bare, new"),
    Printed("5A.2b", "mean", 0.72, "effective, new", ""),
    Printed("5A.2b", "scatter_population", 0.13, "effective, new", "effective, new"),
)
"""Of the ten clusters of SI §5A.2b. 0.72 is the median with `AMPLITUDE_TYPED`."""

GAS = {
    (0.15, 0.4): (0.68, 0.40),
    (0.18, 0.5): (0.78, 0.55),
    (0.20, 0.5): (0.82, 0.60),
    (0.20, 0.6): (0.89, 0.69),
    (0.22, 0.6): (0.93, 0.75),
}
"""f_gas and concentration: printed medians of Σ and of MOND (SI §25.9)."""

F_SCAN = {0.10: 0.54, 0.15: 0.79, 0.20: 1.03, 0.25: 1.26}
"""f_baryon: printed median of Σ, concentration 0.4 (SI §13.6.3)."""


def setting_of(model: ClusterModel) -> str:
    """How the published numbers name a model with numbers for all parameters.

    Returns
    -------
    str
        "bare, new", "bare, old", "effective, new" or "effective, old" of Σ, "MOND" of its simple function, "baryons",
        or nothing where none fits.
    """
    if isinstance(model, NoEnhancement):
        return "baryons"
    if not isinstance(model, LawEnhancement):
        return ""
    fixed = model.space.fixed
    if type(model.law) is MondSimple:
        own = math.isclose(fixed["amplitude"], 1.0) and math.isclose(fixed["g_dagger"], 1.2e-10)
        return "MOND" if own else ""
    if type(model.law) is not Sigma:
        return ""
    amplitudes = {"bare": BARE, "effective": EFFECTIVE}
    words = [name for name, value in amplitudes.items() if math.isclose(fixed["amplitude"], value, rel_tol=_A_CLOSE)]
    words += [name for name, value in G_DAGGER.items() if math.isclose(fixed["g_dagger"], value, rel_tol=_G_CLOSE)]
    return ", ".join(words) if len(words) == 2 else ""
