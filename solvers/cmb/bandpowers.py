"""Gaussian likelihood of binned CMB spectra: linear bandpowers of D_ℓ = ℓ(ℓ+1)C_ℓ/2π [μK²] with a full covariance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg, sparse

from solvers.cmb.base import SPECTRA, CmbModel, multipoles
from solvers.errors import InvalidInput
from solvers.inference.parameters import ParameterSpace, nearest

_CHUNK = 32
"""Models evaluated at once: their spectra at every multipole should fit in the processor's cache."""

_ASYMMETRY = 1e-6
"""Largest difference of mirrored entries of a covariance, relative to the two standard deviations."""


@dataclass(frozen=True, eq=False)
class Bandpowers:
    """χ² = (d − W D)ᵀ C⁻¹ (d − W D) of spectra D_ℓ.

    Parameters
    ----------
    spectrum : array_like of str
        Which of "TT", "EE", "BB", "TE" each bandpower belongs to, shape (n,).
    ell : array_like
        Effective multipoles, shape (n,).
    multipole : array_like
        Consecutive whole multipoles >= 2, shape (m,).
    window : array_like
        W: from D_ℓ [μK²] on `multipole` to the bandpowers, shape (n, m); it holds the factor 2π/ℓ(ℓ+1) where these are
        of C_ℓ.
    value : array_like
        Bandpowers d [μK²], shape (n,).
    covariance : array_like
        Their covariance C [μK⁴], shape (n, n).

    Raises
    ------
    InvalidInput
        Shapes that do not fit, an illegal entry, or a matrix that is no covariance.
    """

    spectrum: np.ndarray
    ell: np.ndarray
    multipole: np.ndarray
    window: np.ndarray
    value: np.ndarray
    covariance: np.ndarray

    def __post_init__(self) -> None:
        for name in ("ell", "window", "value", "covariance"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=float))
        object.__setattr__(self, "spectrum", np.asarray(self.spectrum, dtype=str))
        object.__setattr__(self, "multipole", _consecutive(self.multipole))
        n, m = self.value.size, self.multipole.size
        shapes = {"value": (n,), "spectrum": (n,), "ell": (n,), "window": (n, m), "covariance": (n, n)}
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape or n == 0:
                fits = f"does not fit {n} bandpowers and {m} multipoles, must be {shape}"
                raise InvalidInput(f"{name}: shape {array.shape} {fits}")
            if name != "spectrum" and not np.all(np.isfinite(array)):
                raise InvalidInput(f"{name}: every entry must be a finite number")
        for entry in self.spectra:
            if entry not in SPECTRA:
                raise InvalidInput(f"spectrum={entry!r}: unknown{nearest(entry, SPECTRA)}")
        scale = np.sqrt(np.abs(np.diagonal(self.covariance)))
        if np.any(np.abs(self.covariance - self.covariance.T) > _ASYMMETRY * np.outer(scale, scale)):
            raise InvalidInput("covariance: not symmetric")
        try:
            factor = linalg.cholesky(self.covariance, lower=True)
        except linalg.LinAlgError as error:
            raise InvalidInput(f"covariance: not positive definite ({error})") from None
        object.__setattr__(self, "_factor", factor)

    @property
    def n_data(self) -> int:
        """Number of bandpowers."""
        return len(self.value)

    @cached_property
    def spectra(self) -> tuple[str, ...]:
        """Spectra that there are bandpowers of, in the order of their first one."""
        return tuple(dict.fromkeys(self.spectrum.tolist()))

    @property
    def factor(self) -> np.ndarray:
        """Lower Cholesky factor of the covariance, shape (n, n)."""
        return self._factor  # type: ignore[attr-defined]

    @cached_property
    def _binning(self) -> dict[str, tuple[np.ndarray, sparse.csr_array]]:
        """Rows of each spectrum, and their windows without the zeros."""
        rows = {name: np.flatnonzero(self.spectrum == name) for name in self.spectra}
        return {name: (row, sparse.csr_array(self.window[row])) for name, row in rows.items()}

    @cached_property
    def _whitening(self) -> np.ndarray:
        return linalg.solve_triangular(self.factor, np.eye(self.n_data), lower=True)

    def predict(self, curves: Mapping[str, Any]) -> np.ndarray:
        """Bandpowers of spectra.

        Parameters
        ----------
        curves : mapping of str to array_like
            D_ℓ [μK²] on `multipole` by spectrum, shape P + (m,) each; spectra that the data lack are not looked at.

        Returns
        -------
        ndarray
            [μK²], shape P + (n,).

        Raises
        ------
        InvalidInput
            A spectrum that is missing, or one of another length.
        """
        given = {}
        for name in self.spectra:
            if name not in curves:
                raise InvalidInput(f"spectrum={name!r}: the data have it; given: {', '.join(curves) or 'none'}")
            given[name] = np.asarray(curves[name], dtype=float)
            if given[name].shape[-1:] != self.multipole.shape:
                raise InvalidInput(
                    f"{name}: shape {given[name].shape} does not fit {self.multipole.size} multipoles, these come last"
                )
        shape = np.broadcast_shapes(*(curve.shape[:-1] for curve in given.values()))
        prediction = np.empty((*shape, self.n_data))
        for name, (rows, window) in self._binning.items():
            curve = given[name]
            binned = window @ curve.reshape(-1, self.multipole.size).T
            prediction[..., rows] = binned.T.reshape(*curve.shape[:-1], rows.size)
        return prediction

    def chi2(self, prediction) -> np.ndarray:
        """χ² of predictions [μK²] of shape P + (n,), in shape P; infinite where one is not a finite number."""
        with np.errstate(invalid="ignore", over="ignore"):
            return _sum_of_squares(self.whiten(self.value - self._checked(prediction)))

    def amplitude(self, prediction) -> tuple[np.ndarray, np.ndarray]:
        """Best overall factor of predictions, and its standard deviation.

        Parameters
        ----------
        prediction : array_like
            [μK²], shape P + (n,).

        Returns
        -------
        value, sigma : ndarray
            A = (p·C⁻¹d)/(p·C⁻¹p), of either sign, and (p·C⁻¹p)^(-1/2), shape P; NaN and infinite for a prediction of
            zeros, NaN for one that is not finite.
        """
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            columns = self.whiten(self._checked(prediction))
            norm = np.einsum("...k,...k->...", columns, columns)
            return columns @ self.whiten(self.value) / norm, 1.0 / np.sqrt(norm)

    def chi2_free_amplitude(self, prediction) -> np.ndarray:
        """χ² at the best overall factor (see `amplitude`), in shape P; infinite where a prediction is not finite."""
        return self.chi2(self.fitted(prediction))

    def fitted(self, prediction) -> np.ndarray:
        """Predictions of shape P + (n,) at their best overall factor (see `amplitude`)."""
        with np.errstate(invalid="ignore", over="ignore"):
            prediction = self._checked(prediction)
            value, sigma = self.amplitude(prediction)
            # No factor helps a prediction of zeros.
            return np.where(np.isinf(sigma), 0.0, value)[..., np.newaxis] * prediction

    def select(self, rows) -> "Bandpowers":
        """Some of the bandpowers, with their part of the covariance.

        Parameters
        ----------
        rows : array_like
            Indices, or a mask of shape (n,).

        Raises
        ------
        InvalidInput
            None is left.
        """
        rows = np.arange(self.n_data)[rows]
        if rows.size == 0:
            raise InvalidInput(f"none of {self.n_data} bandpowers is left")
        part = (array[rows] for array in (self.window, self.value, self.covariance[:, rows]))
        return Bandpowers(self.spectrum[rows], self.ell[rows], self.multipole, *part)

    def _checked(self, prediction) -> np.ndarray:
        prediction = np.asarray(prediction, dtype=float)
        if prediction.shape[-1:] != self.value.shape:
            raise InvalidInput(f"prediction: shape {prediction.shape} does not fit {self.n_data} bandpowers")
        return prediction

    def whiten(self, vectors: np.ndarray) -> np.ndarray:
        """L⁻¹ times vectors along the last axis."""
        return vectors @ self._whitening.T


@dataclass(frozen=True, eq=False)
class BandpowerProblem:
    """χ² of one model of CMB spectra on bandpowers, at the best overall factor if the model leaves it free.

    Parameters of the model are keyword arguments: numbers, or arrays that broadcast to one shape P.

    Parameters
    ----------
    model : CmbModel
        The model.
    bandpowers : Bandpowers
        The data.

    Raises
    ------
    InvalidInput
        The data have a spectrum that the model does not predict.
    """

    model: CmbModel
    bandpowers: Bandpowers

    def __post_init__(self) -> None:
        for name in self.bandpowers.spectra:
            if name not in self.model.predicts:
                model = self.model.label or type(self.model).__name__
                predicted = ", ".join(self.model.predicts)
                raise InvalidInput(f"spectrum={name!r}: the data have it, but {model} predicts {predicted}")

    @property
    def space(self) -> ParameterSpace:
        """Parameters of the model."""
        return self.model.space

    @property
    def n_data(self) -> int:
        """Number of bandpowers."""
        return self.bandpowers.n_data

    @property
    def n_analytic(self) -> int:
        """Parameters that χ² has been minimised over: a free factor, and those that others fitted."""
        return int(self.model.free_amplitude) + self.model.n_fitted_elsewhere

    def chi2(self, **theta: Any) -> np.ndarray:
        """χ², shape P; infinite where the model has no spectrum (NaN)."""
        chi2 = self.bandpowers.chi2_free_amplitude if self.model.free_amplitude else self.bandpowers.chi2
        return self._in_blocks(lambda block: chi2(self._binned(block)), (), theta)

    def residuals(self, **theta: Any) -> np.ndarray:
        """Data minus prediction in units of their errors, decorrelated: χ² is the sum of their squares.

        Returns
        -------
        ndarray
            Shape P + (n_data,); NaN where the model has no spectrum.
        """
        return self._in_blocks(self._residuals, (self.n_data,), theta)

    def _residuals(self, theta: Mapping[str, Any]) -> np.ndarray:
        prediction = self._binned(theta)
        with np.errstate(invalid="ignore", over="ignore"):
            if self.model.free_amplitude:
                prediction = self.bandpowers.fitted(prediction)
            return self.bandpowers.whiten(self.bandpowers.value - prediction)

    def function(self, names: Sequence[str]) -> Callable[[Sequence[float]], float]:
        """χ² of the values of the parameters `names`."""
        return lambda values: float(self.chi2(**dict(zip(names, values, strict=True))))

    def prediction(self, **theta: Any) -> np.ndarray:
        """Bandpowers of the model [μK²], before any free factor (see `Bandpowers.amplitude`), shape P + (n_data,)."""
        return self._in_blocks(self._binned, (self.n_data,), theta)

    def _binned(self, theta: Mapping[str, Any]) -> np.ndarray:
        multipole = self.bandpowers.multipole
        curves = {name: self.model.d_ell(multipole, name, **theta) for name in self.bandpowers.spectra}
        return self.bandpowers.predict(curves)

    def _in_blocks(
        self, function: Callable[[Mapping[str, Any]], np.ndarray], tail: tuple[int, ...], theta: Mapping[str, Any]
    ) -> np.ndarray:
        """A function with results of shape (k,) + tail for parameters of shape (k,), for parameters of any shape P."""
        # NumPy's functions are slow to see that a number is one.
        shape = np.broadcast_shapes(*{np.shape(value) for value in theta.values() if not isinstance(value, float)})
        if not shape:
            return function(theta)
        arrays = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in theta.values()))
        flat = {name: array.ravel() for name, array in zip(theta, arrays, strict=True)}
        result = np.empty((int(np.prod(shape)), *tail))
        for i in range(0, len(result), _CHUNK):
            part = slice(i, i + _CHUNK)
            result[part] = function({name: values[part] for name, values in flat.items()})
        return result.reshape(*shape, *tail)


def _consecutive(multipole) -> np.ndarray:
    multipole = multipoles(multipole)
    whole = multipole.astype(int)
    if np.any(whole != multipole) or np.any(np.diff(whole) != 1):
        raise InvalidInput("multipole: must be consecutive whole numbers")
    return whole


def _sum_of_squares(x: np.ndarray) -> np.ndarray:
    total = np.einsum("...k,...k->...", x, x)
    return np.where(np.isnan(total), np.inf, total)
