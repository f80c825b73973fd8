"""Galaxies divided for blind tests: morphology classes, the seeded splits of the source, and random ones.

A split is of row numbers into the caller's galaxies. The seeded splits depend on an order of the galaxies, which is
part of their definition: names sorted bytewise, or the rows of SPARC's Table 1.

References
----------
SI §5.4 (80/20), §14.3 (classes), §17.6 (70/15/15).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

SOURCE_SEED = 42
"""Seed of every seeded number of the source."""

CLASS_NAMES = ("irregular", "late", "intermediate", "early spiral", "early")
"""Of the class codes 0 to 4: Hubble types 9–11, 6–8, 4–5, 2–3 and up to 1."""

_LAST_TYPES = (1, 3, 5, 8, 11)
"""Last Hubble type of the classes, from code 4 down to 0."""

Rng = np.random.Generator | np.random.RandomState
"""What draws; of the two only RandomState gives the numbers of the source."""


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of the galaxies of each part, in the order in which they were drawn.

    Parameters
    ----------
    training, test : ndarray of int
        Shapes (n_training,) and (n_test,).
    validation : ndarray of int
        Shape (n_validation,); empty where a split has two parts.
    """

    training: np.ndarray
    test: np.ndarray
    validation: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def parts(self) -> dict[str, np.ndarray]:
        """The parts that are not empty, by name."""
        named = {"training": self.training, "validation": self.validation, "test": self.test}
        return {name: rows for name, rows in named.items() if rows.size}


def source_random_state() -> np.random.RandomState:
    """NumPy's legacy generator with the source's seed: `default_rng(42)` draws other galaxies."""
    return np.random.RandomState(SOURCE_SEED)


def morphology_class(hubble_type: Any) -> np.ndarray:
    """Class codes 0 (irregular) to 4 (early) of Hubble types, shape (n_galaxies,).

    Parameters
    ----------
    hubble_type : array_like of int
        T of Table 1, 0 (S0) to 11 (BCD), shape (n_galaxies,).

    Raises
    ------
    InvalidInput
        A type outside 0 to 11.

    References
    ----------
    SI §14.3.
    """
    types = np.asarray(hubble_type)
    if types.size and not (types.min() >= 0 and types.max() <= _LAST_TYPES[-1]):
        raise InvalidInput(f"hubble_type: from {types.min()} to {types.max()}, must be from 0 to {_LAST_TYPES[-1]}")
    return len(CLASS_NAMES) - 1 - np.searchsorted(_LAST_TYPES, types)


def stratified_split(
    names: Sequence[str],
    classes: Any,
    rng: Rng,
    *,
    training: float = 0.70,
    validation: float = 0.15,
) -> Split:
    """Training, validation and test galaxies with the same share of every class.

    Class after class, in increasing code, the names sorted bytewise are permuted; `round(training n)` of them train,
    the next `round(validation n)` validate (halves go to the even number), the others test.

    Parameters
    ----------
    names : sequence of str
        Galaxies, in any order.
    classes : array_like of int
        Their codes, shape (n_galaxies,).
    rng : numpy.random.RandomState or numpy.random.Generator
        One for all classes; `source_random_state()` for the split of the specification.
    training, validation : float
        Shares, >= 0, together at most 1.

    Raises
    ------
    InvalidInput
        Another number of codes than of names, a name twice, or shares out of their range.

    References
    ----------
    SI §17.6 says that the split is stratified; its order and seed are not published.
    """
    _check_shares(training, validation)
    codes = np.asarray(classes)
    if codes.shape != (len(names),):
        raise InvalidInput(f"classes: has shape {codes.shape}, must have ({len(names)},)")
    order = _sorted_rows(names)
    drawn: list[tuple[np.ndarray, ...]] = []
    for code in np.unique(codes):
        rows = rng.permutation(order[codes[order] == code])
        first = round(training * rows.size)
        drawn.append(tuple(np.split(rows, (first, first + round(validation * rows.size)))))
    trained, validated, tested = (np.concatenate(part) for part in zip(*drawn, strict=True))
    return Split(trained, tested, validated)


def plain_split(names: Sequence[str], rng: Rng, *, training: float = 0.70, validation: float = 0.15) -> Split:
    """The same without classes: one permutation of the sorted names, `int(share n)` of them; as `stratified_split`.

    References
    ----------
    SI §17.6: 122, 26 and 27 galaxies of 175, which this rule gives and a stratified one does not.
    """
    _check_shares(training, validation)
    rows = rng.permutation(_sorted_rows(names))
    first = int(training * rows.size)
    trained, validated, tested = np.split(rows, (first, first + int(validation * rows.size)))
    return Split(trained, tested, validated)


def holdout_by_type(hubble_type: Any, table_row: Any, *, share: float = 0.2, seed: int = SOURCE_SEED) -> Split:
    """Training and test galaxies, the test ones drawn from every Hubble type for itself.

    Types come in the order of their first galaxy in Table 1; `max(1, int(share n))` of the n galaxies of a type are
    drawn without replacement, from a generator that starts afresh with every type.

    Parameters
    ----------
    hubble_type : array_like of int
        T, shape (n_galaxies,).
    table_row : array_like of int
        Row of each galaxy in Table 1, shape (n_galaxies,).
    share : float
        Share of the test, above 0 and below 1.
    seed : int
        Of NumPy's legacy generator.

    Raises
    ------
    InvalidInput
        Columns of other lengths, or a share out of its range.

    References
    ----------
    SI §5.4 (seed 42).
    """
    types, order = np.asarray(hubble_type), np.argsort(np.asarray(table_row), kind="stable")
    if types.shape != order.shape:
        raise InvalidInput(f"table_row: {order.size} of them for {types.size} galaxies")
    if not 0 < share < 1:
        raise InvalidInput(f"share={share}: must be above 0 and below 1")
    tested = []
    for hubble in dict.fromkeys(types[order].tolist()):
        rows = order[types[order] == hubble]
        # The legacy generator, and anew for each type, because the source does so.
        rng = np.random.RandomState(seed)
        tested.append(rng.choice(rows, max(1, int(share * rows.size)), replace=False))
    test = np.concatenate(tested)
    return Split(order[~np.isin(order, test)], test)


def random_split(n_galaxies: int, n_training: int, n_test: int, rng: np.random.Generator) -> Split:
    """A random division into parts of given sizes; what is left over validates.

    Parameters
    ----------
    n_galaxies : int
        All galaxies.
    n_training, n_test : int
        Sizes, >= 1, together at most `n_galaxies`.
    rng : numpy.random.Generator
        Draws the permutation.

    Raises
    ------
    InvalidInput
        Sizes out of their range.
    """
    if n_training < 1 or n_test < 1 or n_training + n_test > n_galaxies:
        sizes = f"n_training={n_training}, n_test={n_test}"
        raise InvalidInput(f"{sizes}: both must be >= 1, together at most {n_galaxies}")
    rows = rng.permutation(n_galaxies)
    return Split(rows[:n_training], rows[n_galaxies - n_test :], rows[n_training : n_galaxies - n_test])


def _sorted_rows(names: Sequence[str]) -> np.ndarray:
    """Rows of the names, sorted bytewise."""
    if len(set(names)) != len(names):
        raise InvalidInput("names: one stands there twice")
    return np.array(sorted(range(len(names)), key=lambda row: names[row].encode()), dtype=np.int64)


def _check_shares(training: float, validation: float) -> None:
    if not (training > 0 and validation >= 0 and training + validation <= 1):
        raise InvalidInput(f"training={training}, validation={validation}: must be > 0 and >= 0, together at most 1")
