"""Spectra that were computed before, in place of the model that computed them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from solvers.cmb.base import SPECTRA, CmbModel
from solvers.errors import InvalidInput


@dataclass(frozen=True, kw_only=True)
class TabulatedSpectra(CmbModel):
    """A model without parameters whose D_ℓ stand in a table.

    Parameters
    ----------
    table : mapping of str to ndarray
        D_ℓ [μK²] of each spectrum at ℓ = 2, 3, …, as `CmbModel.tabulate` gives them.
    """

    table: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def predicts(self) -> tuple[str, ...]:  # type: ignore[override]
        """Spectra of the table."""
        return tuple(name for name in SPECTRA if name in self.table)

    def _d_ell(self, ell, spectrum, p):
        curve, index = self.table[spectrum], ell.astype(int)
        if not np.array_equal(index, ell):
            raise InvalidInput("ell: a table has whole multipoles only")
        if index.max() - 2 >= len(curve):
            raise InvalidInput(f"ell={index.max()}: the table ends at {len(curve) + 1}")
        return curve[index - 2]
