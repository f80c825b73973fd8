"""Densities in one variable on a grid: exact probability of every interval, linear inside it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solvers.errors import InvalidInput

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True, eq=False)
class TabulatedDensity:
    """A density that is cut into intervals.

    Inside an interval the density is a straight line between its values at the ends, scaled to the exact probability
    of the interval, so that a smooth density on intervals of width h is wrong by O(h²) in shape and nowhere in mass.

    Parameters
    ----------
    nodes : ndarray
        Increasing ends of the intervals, shape (n + 1,).
    probability : ndarray
        Probability of each interval, shape (n,).
    lean : ndarray
        Density at the lower end over the sum of those at both ends, shape (n,).
    total : float
        Integral of the density that was given, before it was normalised.
    """

    nodes: np.ndarray
    probability: np.ndarray
    lean: np.ndarray
    total: float

    @classmethod
    def of(cls, density: Callable[[np.ndarray], np.ndarray], nodes: np.ndarray) -> "TabulatedDensity":
        """Tabulate a density that need not be normalised.

        Parameters
        ----------
        density : callable
            Values >= 0, of any shape, to densities >= 0 of the same shape; smooth inside the intervals.
        nodes : ndarray
            Increasing, shape (n + 1,).

        Raises
        ------
        InvalidInput
            A density that is negative, not finite or zero everywhere.
        """
        half = 0.5 * np.diff(nodes)
        mass = half * (density(nodes[:-1, np.newaxis] + half[:, np.newaxis] * (1.0 + _POINTS)) @ _WEIGHTS)
        ends, total = density(nodes), float(mass.sum())
        if not (np.all(mass >= 0) and np.all(ends >= 0) and 0 < total < np.inf and np.all(np.isfinite(ends))):
            raise InvalidInput(f"density: has no finite integral from {nodes[0]:g} to {nodes[-1]:g}")
        both = ends[:-1] + ends[1:]
        lean = np.where(both > 0, ends[:-1] / np.where(both > 0, both, 1.0), 0.5)
        return cls(nodes, mass / total, lean, total)

    @cached_property
    def cumulative(self) -> np.ndarray:
        """Probability below each node, shape (n + 1,), from 0 to 1."""
        sums = np.append(0.0, np.cumsum(self.probability))
        return sums / sums[-1]

    def within(self, rows: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Where in its interval, 0 to 1, a fraction u of the interval's probability is below."""
        lean = self.lean[rows]
        # The root of 2 a t + (1 − 2a) t² = u in the form that holds for a = 1/2 and does not cancel; 0/0 at u = 0.
        root = lean + np.sqrt(lean * lean + (1.0 - 2.0 * lean) * u)
        return u / np.where(root > 0, root, 1.0)

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """The value below which a fraction u, 0 <= u < 1, of the probability lies."""
        rows = np.minimum(np.searchsorted(self.cumulative[1:], u, side="right"), len(self.lean) - 1)
        low, high = self.cumulative[rows], self.cumulative[rows + 1]
        inside = self.within(rows, (u - low) / (high - low))
        return self.nodes[rows] + inside * (self.nodes[rows + 1] - self.nodes[rows])

    def below(self, x: np.ndarray) -> np.ndarray:
        """Probability below x; 0 and 1 outside the nodes."""
        rows = np.clip(np.searchsorted(self.nodes, x, side="right") - 1, 0, len(self.lean) - 1)
        width = self.nodes[rows + 1] - self.nodes[rows]
        inside = np.clip((x - self.nodes[rows]) / width, 0.0, 1.0)
        return self.below_inside(rows, inside)

    def below_inside(self, rows: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """Probability below the point at `inside`, 0 to 1, of the interval `rows`."""
        low, high = self.cumulative[rows], self.cumulative[rows + 1]
        lean = self.lean[rows]
        return low + (high - low) * inside * (2.0 * lean + (1.0 - 2.0 * lean) * inside)
