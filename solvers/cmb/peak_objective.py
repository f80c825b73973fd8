"""The source's objective of its peak model: weighted distances from hard-coded targets, with two penalties."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.cmb.peaks import peak_ratios
from solvers.cmb.sigma_peaks import SigmaPeaks
from solvers.errors import InvalidInput


@dataclass(frozen=True, kw_only=True)
class PeakObjective:
    """weight_ell Σ((ℓ_n − ell)/ell_err)² + weight_height Σ((h_n − height)/height_err)² + weight_ratio Σ((ρ_i −
    ratio)/ratio_err)² + weight_equal ((ρ_1 − ρ_2)/equal_err)² + order_penalty where a_low >= a_high.

    ρ_i are the ratios of successive odd and even heights, h_1/h_2, h_3/h_4 and so on. The defaults are the source's
    own numbers, for which it gives no reference.

    Parameters
    ----------
    ell, height, height_err : sequence of float
        Multipoles, heights and errors [μK²] of the targets, of one length.
    ratio : sequence of float
        Targets of the ratios, at most half as many as heights.
    ell_err, ratio_err, equal_err : float
        Scales > 0 of the first, third and fourth term.
    weight_ell, weight_height, weight_ratio, weight_equal, order_penalty : float
        Weights >= 0.

    Raises
    ------
    ValueError
        Lists of other lengths, or a number out of its range.
    """

    ell: Sequence[float] = (220.0, 537.0, 810.0, 1120.0, 1420.0, 1720.0, 2000.0)
    height: Sequence[float] = (5800.0, 2420.0, 2550.0, 1100.0, 800.0, 520.0, 350.0)
    height_err: Sequence[float] = (50.0, 40.0, 50.0, 40.0, 50.0, 50.0, 60.0)
    ratio: Sequence[float] = (2.397, 2.318, 1.538)
    ell_err: float = 30.0
    ratio_err: float = 0.05
    equal_err: float = 0.1
    weight_ell: float = 0.5
    weight_height: float = 0.3
    weight_ratio: float = 200.0
    weight_equal: float = 50.0
    order_penalty: float = 1e6

    def __post_init__(self) -> None:
        for name in ("ell", "height", "height_err", "ratio"):
            values = getattr(self, name)
            if not _are_positive(values):
                raise ValueError(f"{name}={values}: must be a list of numbers > 0")
        if not len(self.ell) == len(self.height) == len(self.height_err):
            raise ValueError(f"height: {len(self.height)} of them for {len(self.ell)} ell; lengths must agree")
        if 2 * len(self.ratio) > len(self.height):
            raise ValueError(f"ratio: {len(self.ratio)} ratios need {2 * len(self.ratio)} heights")
        for name in ("ell_err", "ratio_err", "equal_err"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name}={getattr(self, name)}: must be > 0")
        for name in ("weight_ell", "weight_height", "weight_ratio", "weight_equal", "order_penalty"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name}={getattr(self, name)}: must be >= 0")

    @property
    def n_peaks(self) -> int:
        """Number of peaks that are compared."""
        return len(self.ell)

    def __call__(self, model: SigmaPeaks, **theta) -> Any:
        """The objective, in the shape P of the parameters.

        Raises
        ------
        InvalidInput
            Fewer modes than targets, or an illegal parameter.
        """
        terms = self.terms(model, **theta)
        return sum(terms.values())

    def terms(self, model: SigmaPeaks, **theta) -> dict[str, Any]:
        """Its five terms by name, each in the shape P of the parameters."""
        if model.n_modes < self.n_peaks:
            raise InvalidInput(f"n_modes={model.n_modes}: the objective compares {self.n_peaks} peaks")
        ell, height = model.centres(**theta)[..., : self.n_peaks], model.heights(**theta)[..., : self.n_peaks]
        ratios = peak_ratios(height)[..., : len(self.ratio)]
        p = model.joined(theta)
        disordered = np.broadcast_to(np.asarray(p["a_low"]) >= p["a_high"], height.shape[:-1])
        equal = (ratios[..., 0] - ratios[..., 1]) / self.equal_err if len(self.ratio) > 1 else 0.0 * height[..., 0]
        return {
            "positions": self.weight_ell * _sum_of_squares((ell - self.ell) / self.ell_err),
            "heights": self.weight_height * _sum_of_squares((height - self.height) / np.asarray(self.height_err)),
            "ratios": self.weight_ratio * _sum_of_squares((ratios - self.ratio) / self.ratio_err),
            "equal_ratios": self.weight_equal * equal**2,
            "order": self.order_penalty * disordered,
        }

    def function(self, model: SigmaPeaks, names: Sequence[str], fixed: dict[str, float]) -> Callable[[Any], Any]:
        """The objective of values of the parameters `names`, shape (k,) or (k, n), the others at `fixed`."""

        def objective(values):
            return self(model, **fixed, **dict(zip(names, values, strict=True)))

        return objective


def _are_positive(values: Any) -> bool:
    try:
        numbers = np.asarray(values)
    except ValueError:
        return False
    is_list = numbers.ndim == 1 and numbers.size > 0 and numbers.dtype.kind in "iuf"
    return is_list and bool(np.all(np.isfinite(numbers) & (numbers > 0)))


def _sum_of_squares(x):
    return np.sum(x**2, axis=-1)
