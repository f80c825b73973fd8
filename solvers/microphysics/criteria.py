"""The five criteria of success that the source sets its mechanisms, each as a check that may fail."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from solvers.errors import InvalidInput
from solvers.galaxies.base import EnhancementModel, Newtonian
from solvers.microphysics.combined import Combined
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.unified import Unified

__all__ = [
    "CRITERIA",
    "FAILS",
    "NOT_COMPUTED",
    "PASSES",
    "VERDICTS",
    "Check",
    "Domains",
    "Thresholds",
    "domains_check",
    "origin_check",
    "parameter_names",
    "parameters_check",
    "scatter_check",
    "solar_check",
]

PASSES, FAILS, NOT_COMPUTED = "passes", "fails", "not computed"
VERDICTS = (PASSES, FAILS, NOT_COMPUTED)
"""What a check may say. "fails" is as ordinary an outcome as "passes"."""

CRITERIA = ("rar_scatter", "parameters", "solar_system", "domains", "origin")
"""Names of the criteria 1 to 5, in their order."""


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Where the criteria draw their lines; the defaults are the source's where it has a number.

    Parameters
    ----------
    rar_scatter : float
        Largest mean scatter within galaxies [dex], > 0.
    n_parameters : int
        Numbers of the empirical kernel, A, ℓ0, p and n of its Burr form; a mechanism must have fewer, >= 1.
    solar_excess : float
        |K| at 1 AU must be below it, > 0. The source has "≪ 1e-10".
    cluster_excess : float
        K that the lensing of a cluster needs, > 0. The source has "several"; 5 is this suite's reading of it.

    Raises
    ------
    InvalidInput
        A number out of its range.
    """

    rar_scatter: float = 0.10
    n_parameters: int = 4
    solar_excess: float = 1e-10
    cluster_excess: float = 5.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not (value > 0 and math.isfinite(value)):
                raise InvalidInput(f"{each.name}={value}: must be > 0")


@dataclass(frozen=True, kw_only=True)
class Check:
    """One criterion and one model.

    Parameters
    ----------
    number : int
        Of the criterion, 1 to 5.
    name : str
        One of `CRITERIA`.
    value, threshold : float
        What was found and what is asked; NaN where there is no number.
    verdict : str
        One of `VERDICTS`.
    sentence : str
        What was found, in words.

    Raises
    ------
    InvalidInput
        A name that is not that of the number, or an unknown verdict.
    """

    number: int
    name: str
    value: float
    threshold: float
    verdict: str
    sentence: str

    def __post_init__(self) -> None:
        if not 1 <= self.number <= len(CRITERIA) or CRITERIA[self.number - 1] != self.name:
            raise InvalidInput(f"name={self.name!r}: is not the criterion {self.number}")
        if self.verdict not in VERDICTS:
            raise InvalidInput(f"verdict={self.verdict!r}: must be one of {', '.join(VERDICTS)}")


@dataclass(frozen=True, kw_only=True)
class Domains:
    """What one set of parameters does in three domains; NaN where it was not computed.

    Parameters
    ----------
    galaxies, milky_way : float
        Improvement over general relativity of the mean RMS of the sample and of the RMS of the Milky Way [per cent].
    cluster : float
        K of the cluster.
    """

    galaxies: float
    milky_way: float
    cluster: float


def scatter_check(mean: float, pooled: float, limit: float) -> Check:
    """Criterion 1, the scatter of the radial acceleration relation.

    A K that is constant within a galaxy cannot change the first number, which is why the second stands in the sentence.

    Parameters
    ----------
    mean : float
        Mean over galaxies of the scatter within one [dex], NaN where it has none.
    pooled : float
        Scatter over the points of all galaxies [dex].
    limit : float
        Largest `mean` that passes.
    """
    sentence = f"mean scatter within a galaxy {mean:.4f} dex, at most {limit:g} asked; {pooled:.4f} dex over all points"
    return _check(1, mean, limit, _verdict(mean, mean <= limit), sentence)


def parameters_check(names: Sequence[str] | None, limit: int) -> Check:
    """Criterion 2, fewer parameters than the empirical kernel; its other half, "more interpretable", is no number.

    Parameters
    ----------
    names : sequence of str or None
        Of `parameter_names`.
    limit : int
        Numbers of the empirical kernel; fewer pass.
    """
    if names is None:
        sentence = "no mechanism; its numbers are not counted"
        return _check(2, math.nan, limit, NOT_COMPUTED, sentence)
    n = len(names)
    sentence = f"{n} numbers ({', '.join(names) or 'none'}), fewer than {limit} asked; interpretation is not judged"
    return _check(2, n, limit, _verdict(n, n < limit), sentence)


def solar_check(excess: float, limit: float) -> Check:
    """Criterion 3, |K| at 1 AU.

    Parameters
    ----------
    excess : float
        K there, NaN where it was not computed.
    limit : float
        |K| must be below it.
    """
    sentence = f"K = {excess:.4e} at 1 AU, less than {limit:g} asked"
    if math.isnan(excess):
        sentence = "K at 1 AU depends on what the probe does not state, such as the scale length of a disk"
    return _check(3, excess, limit, _verdict(excess, abs(excess) < limit), sentence)


def domains_check(found: Domains, cluster_excess: float) -> Check:
    """Criterion 4, the same parameters everywhere: the value is the number of domains of three that are met.

    Galaxies and Milky Way are met where the model has a smaller RMS than general relativity, the cluster where K
    reaches what lensing needs. All three pass. One that is not met fails, whatever is known of the others.

    Parameters
    ----------
    found : Domains
        What was computed.
    cluster_excess : float
        K that is asked in the cluster.
    """
    parts = (
        ("galaxies", found.galaxies, found.galaxies > 0, f"mean RMS improved by {found.galaxies:.1f} %"),
        ("Milky Way", found.milky_way, found.milky_way > 0, f"RMS improved by {found.milky_way:.1f} %"),
        (
            "cluster",
            found.cluster,
            found.cluster >= cluster_excess,
            f"K = {found.cluster:.3g}, {cluster_excess:g} asked",
        ),
    )
    verdicts = {name: _verdict(value, met) for name, value, met, _ in parts}
    words = [f"{name} {verdicts[name]}" + ("" if math.isnan(value) else f" ({text})") for name, value, _, text in parts]
    total = FAILS if FAILS in verdicts.values() else NOT_COMPUTED if NOT_COMPUTED in verdicts.values() else PASSES
    met = sum(verdict == PASSES for verdict in verdicts.values())
    return _check(4, met, len(parts), total, "; ".join(words))


def origin_check(origin: str | None) -> Check:
    """Criterion 5, that it emerges from a field theory: a statement of the source, which no number decides.

    Parameters
    ----------
    origin : str or None
        `Mechanism.origin`; None of a model of another kind.
    """
    sentence = "states no origin here" if origin is None else f"stated origin: {origin}; nothing here derives it"
    return _check(5, math.nan, math.nan, NOT_COMPUTED, sentence)


def parameter_names(model: EnhancementModel) -> tuple[str, ...] | None:
    """Numbers that a mechanism has, by name, with those of its parts and of its rise; None of another kind of model.

    Dispersion, size and mass of a galaxy are inputs and not counted, nor are numbers that the source names and nothing
    uses, nor those that a formula carries within, such as the three of `gated_ratio`.
    """
    if isinstance(model, Newtonian):
        return ()
    if isinstance(model, Combined):
        parts = {key: parameter_names(part) or () for key, part in model.parts.items()}
        return tuple(f"{key}.{name}" for key, names in parts.items() for name in names)
    if not isinstance(model, Mechanism):
        return None
    rise = tuple(f"rise.{each.name}" for each in fields(model.rise)) if isinstance(model, Unified) else ()
    return (*model.domain, *rise)


def _check(number: int, value: float, threshold: float, verdict: str, sentence: str) -> Check:
    name = CRITERIA[number - 1]
    return Check(
        number=number, name=name, value=float(value), threshold=float(threshold), verdict=verdict, sentence=sentence
    )


def _verdict(value: float, is_met: bool) -> str:
    return NOT_COMPUTED if math.isnan(value) else PASSES if is_met else FAILS
