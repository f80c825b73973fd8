"""χ² of a law of acceleration on accelerations, and on correlated mass profiles, of clusters of known baryons.

Accelerations in m/s², their errors in dex; masses in Msun, radii in kpc.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import optimize

from solvers.clusters.clash_points import AccelerationPoints, MassPoints
from solvers.clusters.enhancements import ClusterModel
from solvers.inference.parameters import ParameterSpace

__all__ = ["AccelerationProblem", "ClusterProblem", "MassProblem"]

_CHUNK = 4096


@dataclass(frozen=True, eq=False)
class ClusterProblem(ABC):
    """χ² of one model on one data set. Parameters of the model are keyword arguments that broadcast to one shape P."""

    model: ClusterModel
    data: Any

    @property
    def space(self) -> ParameterSpace:
        """Parameters of the model."""
        return self.model.space

    @property
    def n_data(self) -> int:
        """Number of data."""
        return self.data.n_data

    @property
    def n_analytic(self) -> int:
        """None is eliminated."""
        return 0

    def chi2(self, **theta: Any) -> np.ndarray:
        """χ², shape P."""
        return self._in_blocks(self._chi2, (), theta)

    def function(self, names: Sequence[str]) -> Callable[[Sequence[float]], float]:
        """χ² of the values of the parameters `names`; infinite for values that are no numbers.

        At A = 0 nothing depends on g†, and a minimiser that is held there divides by a slope of 0.
        """

        def chi2(values: Sequence[float]) -> float:
            if not np.all(np.isfinite(values)):
                return math.inf
            return float(self.chi2(**dict(zip(names, values, strict=True))))

        return chi2

    @abstractmethod
    def _chi2(self, theta: Mapping[str, Any]) -> np.ndarray:
        """χ² of parameters of shape (k, 1), shape (k,) or ()."""

    def _enhancement(self, theta: Mapping[str, Any]) -> np.ndarray:
        return np.asarray(self.model.enhancement(self.data.g_bar, **theta))

    def _in_blocks(
        self, function: Callable[[Mapping[str, Any]], np.ndarray], tail: tuple[int, ...], theta: Mapping[str, Any]
    ) -> np.ndarray:
        """A function with results of shape (k,) + tail of parameters of shape (k, 1), for parameters of any shape P."""
        shape = np.broadcast_shapes(*(np.shape(value) for value in theta.values()))
        if not shape:
            return np.reshape(function({name: float(value) for name, value in theta.items()}), tail)
        flat = {name: np.broadcast_to(np.asarray(v, dtype=float), shape).reshape(-1, 1) for name, v in theta.items()}
        result = np.empty((math.prod(shape), *tail))
        for i in range(0, len(result), _CHUNK):
            part = slice(i, i + _CHUNK)
            result[part] = function({name: values[part] for name, values in flat.items()})
        return result.reshape(*shape, *tail)


@dataclass(frozen=True, eq=False)
class AccelerationProblem(ClusterProblem):
    """log10 g_obs against log10 Σ(g_bar) g_bar.

    With `errors=observed` χ² = Σ r²/σ², σ² = err_obs² + scatter². With `errors=both` the variance
    v = σ² + (s err_bar)² has the model's own slope s = d ln(Σ g)/d ln g, and χ² = Σ r²/v + Σ ln(v/σ²): −2 ln L for a
    uniform prior on the true log10 g_bar, to first order in err_bar, up to a constant that all models share. Without
    the second term a model could lower χ² by a steeper slope alone.

    Parameters
    ----------
    model : ClusterModel
        The model.
    data : AccelerationPoints
        The points.
    """

    data: AccelerationPoints

    def residual(self, **theta: Any) -> np.ndarray:
        """log10 g_obs − log10 Σ g_bar [dex], shape P + (n_data,)."""
        return self._in_blocks(self._residual, (self.n_data,), theta)

    def slope(self, **theta: Any) -> np.ndarray:
        """d ln(Σ g_bar)/d ln g_bar of the model at the points, shape P + (n_data,)."""
        return self._in_blocks(self._slope, (self.n_data,), theta)

    def variance(self, **theta: Any) -> np.ndarray:
        """Variance of the residuals [dex²], shape P + (n_data,)."""
        return self._in_blocks(self._variance, (self.n_data,), theta)

    def log_determinant(self, **theta: Any) -> np.ndarray:
        """Σ ln(v/σ²), the part of χ² that is not a sum of squared residuals, shape P; 0 for `errors=observed`."""
        return np.sum(np.log(self.variance(**theta) / self._own_variance), axis=-1)

    def scatter_needed(self, **theta: float) -> float:
        """Scatter [dex] which, added to the variance, brings Σ r²/v down to n_data; 0 where it is not above.

        Of single-valued parameters. The parameters stay where they are.
        """
        squares, variance = self.residual(**theta) ** 2, self.variance(**theta)

        def excess(scatter: float) -> float:
            return float(np.sum(squares / (variance + scatter**2))) - self.n_data

        return 0.0 if excess(0.0) <= 0 else float(optimize.brentq(excess, 0.0, math.sqrt(squares.max()), xtol=1e-12))

    @property
    def residuals(self) -> Callable[..., np.ndarray] | None:
        """Residuals over their errors, whose squares add up to χ²; None for `errors=both`, which is no such sum."""
        if self.data.errors == "both":
            return None
        return lambda **theta: self.residual(**theta) / np.sqrt(self._own_variance)

    @cached_property
    def _own_variance(self) -> np.ndarray:
        return self.data.g_obs_err**2 + self.data.scatter**2

    def _residual(self, theta: Mapping[str, Any]) -> np.ndarray:
        return np.log10(self.data.g_obs / self.data.g_bar) - np.log10(self._enhancement(theta))

    def _slope(self, theta: Mapping[str, Any]) -> np.ndarray:
        return np.asarray(self.model.log_slope(self.data.g_bar, **theta))

    def _variance(self, theta: Mapping[str, Any]) -> np.ndarray:
        if self.data.errors == "observed":
            return self._own_variance
        return self._own_variance + (self._slope(theta) * self.data.g_bar_err) ** 2

    def _chi2(self, theta: Mapping[str, Any]) -> np.ndarray:
        variance = self._variance(theta)
        return np.sum(self._residual(theta) ** 2 / variance + np.log(variance / self._own_variance), axis=-1)


@dataclass(frozen=True, eq=False)
class MassProblem(ClusterProblem):
    """Observed masses against Σ(g_bar) M_bar: χ² = (M − Σ M_bar)ᵀ C⁻¹ (M − Σ M_bar).

    Residuals are in the mass, not in its logarithm, so that masses that noise makes negative stay in.

    Parameters
    ----------
    model : ClusterModel
        The model.
    data : MassPoints
        The masses.
    """

    data: MassPoints

    def prediction(self, **theta: Any) -> np.ndarray:
        """Σ M_bar [Msun], shape P + (n_data,)."""
        return self._in_blocks(lambda t: self._enhancement(t) * self.data.m_bar, (self.n_data,), theta)

    def residuals(self, **theta: Any) -> np.ndarray:
        """L⁻¹ (M − Σ M_bar) with the Cholesky factor L of C, shape P + (n_data,)."""
        return self._in_blocks(self._whitened, (self.n_data,), theta)

    def factor(self, **theta: float) -> tuple[float, float]:
        """The factor by which the prediction would have to be multiplied to have the lowest χ², and its error."""
        columns = self.data.whitening @ self.prediction(**theta)
        squares = float(columns @ columns)
        return float(columns @ (self.data.whitening @ self.data.mass)) / squares, squares**-0.5

    def _whitened(self, theta: Mapping[str, Any]) -> np.ndarray:
        return (self.data.mass - self._enhancement(theta) * self.data.m_bar) @ self.data.whitening.T

    def _chi2(self, theta: Mapping[str, Any]) -> np.ndarray:
        whitened = self._whitened(theta)
        return np.einsum("...k,...k->...", whitened, whitened)
