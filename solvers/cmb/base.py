"""What every model of CMB spectra answers: D_ℓ = ℓ(ℓ+1)C_ℓ/2π in μK²."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.parametrised import Parametrised

SPECTRA = ("TT", "EE", "BB", "TE")
"""Spectra that a model may predict, in CAMB's order."""


@dataclass(frozen=True, kw_only=True)
class CmbModel(Parametrised, ABC):
    """Angular power spectra with named parameters.

    A subclass gives `domain`, `defaults`, `predicts` and `_d_ell`. Parameters that `params` fixes need not be given
    again; free ones are keyword arguments, as numbers or as arrays of one shape P.

    Parameters
    ----------
    free_amplitude : bool
        On data, an overall factor is fitted, and counted as a parameter.
    n_fitted_elsewhere : int
        Parameters that were fitted to such data by others before they were fixed here; information criteria count
        them.

    Raises
    ------
    ValueError
        An unknown, missing or illegal parameter, or a negative `n_fitted_elsewhere`.
    """

    predicts: ClassVar[tuple[str, ...]] = ("TT",)

    free_amplitude: bool = False
    n_fitted_elsewhere: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_fitted_elsewhere < 0:
            raise ValueError(f"n_fitted_elsewhere={self.n_fitted_elsewhere}: must be >= 0")

    def d_ell(self, ell, spectrum: str = "TT", **theta):
        """D_ℓ of one spectrum [μK²].

        Parameters
        ----------
        ell : array_like
            Multipoles >= 2, shape (n,); they need not be whole.
        spectrum : {"TT", "EE", "BB", "TE"}
            Which one.
        **theta
            Parameters that are not fixed, numbers or arrays of one shape P.

        Returns
        -------
        ndarray
            Shape P + (n,).

        Raises
        ------
        InvalidInput
            A multipole below 2, a spectrum that the model does not predict, or an illegal parameter.
        """
        if spectrum not in self.predicts:
            raise InvalidInput(
                f"spectrum={spectrum!r}: {self.label or 'the model'} predicts {', '.join(self.predicts)}"
            )
        p = self.joined(theta)
        self.check_domain(theta)
        return self._d_ell(multipoles(ell), spectrum, p)

    @abstractmethod
    def _d_ell(self, ell: np.ndarray, spectrum: str, p: Mapping[str, Any]):
        """The same with checked multipoles and every parameter by name (numbers or arrays of shape P)."""

    def tabulate(self, lmax: int, **theta) -> dict[str, np.ndarray]:
        """Every spectrum that is predicted, by name, at ℓ = 2…lmax; a subclass may add numbers of its own by name."""
        ell = np.arange(2.0, lmax + 1.0)
        return {spectrum: self.d_ell(ell, spectrum, **theta) for spectrum in self.predicts}

    def identity(self, **theta) -> Mapping[str, Any] | None:
        """What decides a result that is slow to compute and worth remembering; None where it is fast."""
        return None


def multipoles(ell) -> np.ndarray:
    """Multipoles as a vector of floats.

    Raises
    ------
    InvalidInput
        None at all, more than one dimension, or one that is not a finite number >= 2.
    """
    ell = np.atleast_1d(np.asarray(ell, dtype=float))
    if ell.ndim != 1 or ell.size == 0:
        raise InvalidInput("ell: give a list of multipoles")
    bad = ~(np.isfinite(ell) & (ell >= 2.0))
    if bad.any():
        raise InvalidInput(f"ell={ell[bad][0]:g}: multipoles start at 2, there is no anisotropy below")
    return ell
