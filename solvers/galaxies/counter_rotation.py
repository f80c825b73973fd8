"""Σ of a disk of which a share rotates the other way, by two laws of its coherence."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

__all__ = ["BOOST", "LAWS", "coherence", "counter_rotating_boost", "scaled_boost"]

BOOST = 2.69
"""Σ of the disk that SI §6.4 has in mind, an input there."""

LAWS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {"linear": lambda f: 1.0 - f, "symmetric": lambda f: np.square(1.0 - 2.0 * f)}
)
"""Coherence by the counter-rotating share f.

`linear` is printed. A disk that rotates the other way as a whole is a normal one seen from behind, which `symmetric`
respects: it is the same for f and 1 − f.

References
----------
SI §6.4.1 (linear); `clusters.md` §6 (symmetric).
"""


def scaled_boost(coherence: Any, boost: float = BOOST) -> Any:
    """Σ = 1 + C (`boost` − 1) for a coherence C in [0, 1], number or array (SI §6.4.1, §6.4.3)."""
    return 1.0 + coherence * (boost - 1.0)


def coherence(fraction: Any, law: str = "linear") -> Any:
    """Coherence in [0, 1] of disks with a counter-rotating share, in the shape of `fraction`.

    Parameters
    ----------
    fraction : array_like
        Share of the stars that rotate the other way, 0 to 1.
    law : str
        Of `LAWS`.

    Raises
    ------
    InvalidInput
        A share that is not in 0 to 1, or an unknown law.
    """
    fraction = np.asarray(fraction, dtype=float)
    if not np.all((fraction >= 0.0) & (fraction <= 1.0)):
        raise InvalidInput("fraction: must be from 0 to 1; it is a share of the stars")
    if law not in LAWS:
        raise InvalidInput(f"law={law!r}: must be one of {', '.join(LAWS)}")
    return LAWS[law](fraction)


def counter_rotating_boost(fraction: Any, law: str = "linear", boost: float = BOOST) -> Any:
    """Σ = 1 + S0 times the coherence, in the shape of `fraction`.

    Parameters
    ----------
    fraction, law
        As in `coherence`.
    boost : float
        Σ of a disk without counter-rotation, 1 + S0 >= 1.

    Raises
    ------
    InvalidInput
        As in `coherence`, or a boost below 1.
    """
    if not (boost >= 1.0 and np.isfinite(boost)):
        raise InvalidInput(f"boost={boost}: must be >= 1, Σ without counter-rotation")
    return scaled_boost(coherence(fraction, law), boost)
