"""Priors of the population and of what each cluster has for itself; ln of densities that integrate to 1."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats

from solvers.errors import InvalidInput

__all__ = ["ClusterPrior", "PopulationPrior"]

_DEFAULTS: dict[str, Any] = {
    "mu_A": {"loc": 5.0, "scale": 3.0},
    "sigma_A": {"scale": 2.0},
    "ell0": {"loc": 200.0, "scale": 0.5},
    "gamma": 0.0,
}
_KEYS = {"mu_A": ("loc", "scale"), "sigma_A": ("scale",), "ell0": ("loc", "scale"), "gamma": ("loc", "scale")}


@dataclass(frozen=True, kw_only=True)
class ClusterPrior:
    """Axis ratio and external convergence of a cluster.

    Parameters
    ----------
    q_mean, q_sd : float
        Of the normal density of q before it is cut, q_sd > 0.
    q_min, q_max : float
        Ends of q, 0 < q_min < q_max.
    kappa_sd : float
        Standard deviation of κ_ext around 0, > 0.

    Raises
    ------
    InvalidInput
        A number out of its range.

    References
    ----------
    `clusters.md` §5.
    """

    q_mean: float = 1.0
    q_sd: float = 0.15
    q_min: float = 0.7
    q_max: float = 1.4
    kappa_sd: float = 0.05

    def __post_init__(self) -> None:
        for name in ("q_sd", "kappa_sd"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise InvalidInput(f"{name}={getattr(self, name)}: must be > 0")
        if not 0 < self.q_min < self.q_max < math.inf:
            raise InvalidInput(f"q_min={self.q_min}: must be > 0 and below q_max")
        if not self.q_min <= self.q_mean <= self.q_max:
            raise InvalidInput(f"q_mean={self.q_mean}: must be from q_min to q_max")

    @property
    def ln_q_norm(self) -> float:
        """ln of what the normal density of q must be divided by, its share between the ends included."""
        share = np.diff(stats.norm.cdf([self.q_min, self.q_max], self.q_mean, self.q_sd))[0]
        return float(np.log(share * self.q_sd * math.sqrt(2.0 * math.pi)))

    def draw(self, rng: np.random.Generator, size: Any) -> tuple[np.ndarray, np.ndarray]:
        """Draws of q and κ_ext of a shape; q is drawn anew where it falls outside its ends."""
        q = self.q_mean + self.q_sd * rng.standard_normal(size)
        while (outside := (q < self.q_min) | (q > self.q_max)).any():
            q[outside] = self.q_mean + self.q_sd * rng.standard_normal(int(outside.sum()))
        return q, self.kappa_sd * rng.standard_normal(size)


@dataclass(frozen=True, kw_only=True)
class PopulationPrior:
    """μ_A ~ N(loc, scale²), σ_A ~ HalfNormal(scale), ℓ0 ~ LogNormal(ln loc, scale), γ ~ N(loc, scale²) or a number.

    Parameters
    ----------
    params : mapping
        Of `mu_A`, `sigma_A`, `ell0` [kpc] and `gamma`, `{loc, scale}` with scale > 0 (σ_A has no loc); γ may be a
        number, which is then kept. `latex` is a symbol. What is missing is as in the reference.
    label : str
        For figures.

    Raises
    ------
    InvalidInput
        A key that is unknown or missing, or a number out of its range.

    References
    ----------
    `clusters.md` §5.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", {**_DEFAULTS, **self.params})
        for name, given in self.params.items():
            if name not in _KEYS:
                raise InvalidInput(f"params.{name}: unknown; known: {', '.join(_KEYS)}")
            if isinstance(given, Mapping):
                _check(name, given)
            elif name != "gamma" or not _is_number(given):
                raise InvalidInput(f"params.{name}={given!r}: must be {{{', '.join(_KEYS[name])}}}")
        if not self.loc("ell0") > 0:
            raise InvalidInput(f"params.ell0.loc={self.loc('ell0')}: must be > 0 kpc")

    @property
    def gamma_is_free(self) -> bool:
        """Whether γ is a parameter."""
        return isinstance(self.params["gamma"], Mapping)

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters of the population."""
        return ("mu_A", "sigma_A", "ell0", "gamma") if self.gamma_is_free else ("mu_A", "sigma_A", "ell0")

    def loc(self, name: str) -> float:
        """Centre of a prior, or the number that γ is."""
        given = self.params[name]
        return float(given["loc"]) if isinstance(given, Mapping) else float(given)

    def scale(self, name: str) -> float:
        """Width of a prior."""
        return float(self.params[name]["scale"])


def _check(name: str, given: Mapping[str, Any]) -> None:
    wanted = _KEYS[name]
    if set(given) - {"latex"} != set(wanted):
        raise InvalidInput(f"params.{name}: must have {' and '.join(wanted)}; latex is optional, nothing else is known")
    for key in wanted:
        if not _is_number(given[key]):
            raise InvalidInput(f"params.{name}.{key}={given[key]!r}: must be a number")
    if not given["scale"] > 0:
        raise InvalidInput(f"params.{name}.scale={given['scale']}: must be > 0")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
