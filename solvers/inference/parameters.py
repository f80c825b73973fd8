"""Parameters of a model in Cobaya's notation: a number fixes, a prior frees, a scan is an axis."""

import difflib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

_PRIORS = {"uniform": ("min", "max"), "loguniform": ("min", "max"), "norm": ("loc", "scale")}
"""Shapes of a prior and what each needs."""

_NORM_REACH = 8.0
"""Standard deviations at which a normal prior ends."""

_PRIOR_KEYS = ("prior", "ref", "latex", "proposal", "scan", "value")


@dataclass(frozen=True)
class Interval:
    """The legal values of a parameter.

    Parameters
    ----------
    low, high : float
        Ends; an infinite end is never reached.
    open_low : bool
        True where the lower end itself is not legal.
    """

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        return above and value <= self.high and math.isfinite(value)

    def __str__(self) -> str:
        parts = []
        if math.isfinite(self.low):
            parts.append(f"{'>' if self.open_low else '>='} {self.low:g}")
        if math.isfinite(self.high):
            parts.append(f"<= {self.high:g}")
        return "must be " + (" and ".join(parts) or "a finite number")


POSITIVE = Interval(0.0, open_low=True)
NON_NEGATIVE = Interval(0.0)
REAL = Interval()


@dataclass(frozen=True)
class Free:
    """A free parameter between `low` and `high`, first tried at `ref`.

    `dist` is the shape of its prior there: `uniform`, `loguniform`, or `norm` with `loc` and `scale`.
    """

    name: str
    low: float
    high: float
    ref: float
    latex: str
    dist: str = "uniform"
    loc: float = math.nan
    scale: float = math.nan

    @property
    def is_logarithmic(self) -> bool:
        """Whether the prior spans so many decades that steps are better taken in the logarithm."""
        return self.low > 0 and self.high / self.low > 100.0

    def grid(self, n_points: int) -> np.ndarray:
        """Points from `low` to `high`, ends included, geometric where `is_logarithmic`."""
        space = np.geomspace if self.is_logarithmic else np.linspace
        return space(self.low, self.high, n_points)


@dataclass(frozen=True)
class ParameterSpace:
    """What is fixed, what is free and what is scanned.

    Parameters
    ----------
    fixed : dict of str to float
        Values of the fixed parameters.
    free : tuple of Free
        Free parameters, in the order of the configuration.
    scanned : dict of str to ndarray
        Axes, in the order of the configuration.
    """

    fixed: Mapping[str, float]
    free: tuple[Free, ...] = ()
    scanned: Mapping[str, np.ndarray] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the free parameters."""
        return tuple(parameter.name for parameter in self.free)

    @property
    def axes(self) -> Mapping[str, np.ndarray]:
        """The scanned parameters, empty if there are none."""
        return self.scanned or {}

    def profile_over(self, names: Sequence[str], n_points: int) -> "ParameterSpace":
        """The same space with some free parameters turned into axes over their priors."""
        axes = {free.name: free.grid(n_points) for free in self.free if free.name in names}
        others = tuple(free for free in self.free if free.name not in names)
        return ParameterSpace(self.fixed, others, axes)

    def extreme_points(self) -> dict[str, np.ndarray]:
        """Corners of the free and scanned ranges with the reference points, as arrays of one shape."""
        ranges: dict[str, tuple[float, ...]] = {free.name: (free.low, free.ref, free.high) for free in self.free}
        ranges |= {name: (axis.min(), axis.max()) for name, axis in self.axes.items()}
        corners = np.array(list(itertools.product(*ranges.values())))
        return {name: corners[:, i] for i, name in enumerate(ranges)}


def parse_parameters(
    params: Mapping[str, Any], domain: Mapping[str, Interval], defaults: Mapping[str, float]
) -> ParameterSpace:
    """Read a `params` block.

    Parameters
    ----------
    params : mapping
        Name to number, or to a mapping with `prior` (`min`, `max`, and `dist`: uniform or loguniform; or `dist: norm`
        with `loc`, `scale`, cut at `min` and `max` if given), `ref`, `latex`, or with `scan` (a list, or `min`, `max`,
        `num`, `log`). A scan beside a prior wins; an entry that is null is not there.
    domain : mapping
        Legal values of every parameter that the model knows.
    defaults : mapping
        Values of parameters that may be left out.

    Returns
    -------
    ParameterSpace

    Raises
    ------
    ValueError
        One line that starts with `params.NAME`: unknown, missing or illegal.
    """
    for name in params:
        if name not in domain:
            raise ValueError(f"params.{name}: unknown parameter{nearest(name, domain)}")
    fixed: dict[str, float] = {}
    free: list[Free] = []
    scanned: dict[str, np.ndarray] = {}
    for name, legal in domain.items():
        node = params.get(name, defaults.get(name))
        key = f"params.{name}"
        if node is None:
            raise ValueError(f"{key}: missing, give a number or a prior")
        if not isinstance(node, Mapping):
            fixed[name] = _number(key, node, legal)
            continue
        for entry in node:
            if entry not in _PRIOR_KEYS:
                raise ValueError(f"{key}.{entry}: unknown key{nearest(entry, _PRIOR_KEYS)}")
        if node.get("scan") is not None:
            scanned[name] = parse_axis(f"{key}.scan", node["scan"], legal)
        elif node.get("prior") is not None:
            free.append(_free(name, node, legal))
        elif "value" in node:
            fixed[name] = _number(f"{key}.value", node["value"], legal)
        else:
            raise ValueError(f"{key}: needs a number, `prior`, `scan` or `value`")
    order = {name: position for position, name in enumerate(params)}
    free.sort(key=lambda parameter: order[parameter.name])
    return ParameterSpace(fixed, tuple(free), {k: scanned[k] for k in params if k in scanned})


def nearest(name: object, known) -> str:
    """What to append to an "unknown name" message: the nearest known names, or all of them."""
    known = [str(entry) for entry in known]
    close = difflib.get_close_matches(str(name), known, n=3, cutoff=0.6)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    return f"; known: {', '.join(sorted(known))}"


def _number(key: str, value: Any, legal: Interval) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise ValueError(f"{key}={value!r}: must be a number (text and formulas are not read)")
    if float(value) not in legal:
        raise ValueError(f"{key}={value:g}: {legal}")
    return float(value)


def _free(name: str, node: Mapping[str, Any], legal: Interval) -> Free:
    key, prior = f"params.{name}.prior", node["prior"]
    dist = prior.get("dist", "uniform") if isinstance(prior, Mapping) else None
    if dist not in _PRIORS:
        raise ValueError(f"{key}={prior}: must be {{min: ..., max: ...}}, with dist {', '.join(_PRIORS)}")
    prior = {entry: value for entry, value in prior.items() if value is not None}
    known = dict.fromkeys((*_PRIORS[dist], "min", "max", "dist"))
    for entry in prior:
        if entry not in known:
            raise ValueError(f"{key}.{entry}: unknown key{nearest(entry, known)}")
    first, second = _PRIORS[dist]
    if first not in prior or second not in prior:
        raise ValueError(f"{key}: needs both {first} and {second}")
    low, high, loc, scale = legal.low, legal.high, math.nan, math.nan
    if dist == "norm":
        loc = _number(f"{key}.loc", prior["loc"], legal)
        scale = _number(f"{key}.scale", prior["scale"], POSITIVE)
        low, high = max(loc - _NORM_REACH * scale, low), min(loc + _NORM_REACH * scale, high)
        if low not in legal:
            low = math.nextafter(low, math.inf)
    # A normal prior is cut at min and max, where they are given; the others end there.
    if "min" in prior:
        low = max(low, _number(f"{key}.min", prior["min"], legal))
    if "max" in prior:
        high = min(high, _number(f"{key}.max", prior["max"], legal))
    if not low < high:
        raise ValueError(f"{key}.min={low:g}: must be below max={high:g}")
    if dist == "loguniform" and low <= 0:
        raise ValueError(f"{key}.min={low:g}: must be > 0 for a loguniform prior")
    parameter = Free(name, low, high, math.nan, str(node.get("latex", name)), dist, loc, scale)
    ref = node.get("ref")
    if ref is None:
        ref = math.sqrt(low * high) if parameter.is_logarithmic else 0.5 * (low + high)
    return replace(parameter, ref=_number(f"params.{name}.ref", ref, Interval(low, high)))


def parse_axis(key: str, node: Any, legal: Interval) -> np.ndarray:
    """Values of an axis: a list, or `min`, `max`, `num` and `log`.

    Parameters
    ----------
    key : str
        What messages start with.
    node : list or mapping
        As in the configuration.
    legal : Interval
        Legal values.

    Returns
    -------
    ndarray
        Shape (n,).

    Raises
    ------
    ValueError
        One line that starts with the key.
    """
    if not isinstance(node, Mapping):
        if isinstance(node, str | bytes) or not hasattr(node, "__len__") or not len(node):
            raise ValueError(f"{key}={node!r}: must be a list or {{min, max, num, log}}")
        return np.array([_number(f"{key}[{i}]", value, legal) for i, value in enumerate(node)])
    for entry in node:
        if entry not in ("min", "max", "num", "log"):
            raise ValueError(f"{key}.{entry}: unknown key{nearest(entry, ('min', 'max', 'num', 'log'))}")
    if any(node.get(entry) is None for entry in ("min", "max", "num")):
        raise ValueError(f"{key}: needs min, max and num")
    low, high = (_number(f"{key}.{entry}", node[entry], legal) for entry in ("min", "max"))
    num = node["num"]
    if not isinstance(num, int) or num < 2:
        raise ValueError(f"{key}.num={num!r}: must be a whole number >= 2")
    if not low < high:
        raise ValueError(f"{key}.min={low:g}: must be below max={high:g}")
    if node.get("log") and low <= 0:
        raise ValueError(f"{key}.min={low:g}: must be > 0 for a logarithmic scan")
    return (np.geomspace if node.get("log") else np.linspace)(low, high, num)
