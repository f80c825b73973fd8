"""Two mechanisms at once."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from solvers.errors import InvalidInput
from solvers.galaxies.curves import Curves
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.systems import Systems

__all__ = ["COMBINATIONS", "Combined"]

COMBINATIONS = ("sum", "product")
"""K = ΣKᵢ, or 1 + K = Π(1 + Kᵢ)."""


@dataclass(frozen=True, kw_only=True)
class Combined(Mechanism):
    """Several mechanisms with numbers for all their parameters, on the same inputs.

    Parameters
    ----------
    parts : mapping of str to Mechanism
        By name; their own `inputs` and `sigma_v` do not count.
    combination : {"sum", "product"}
        How their K are put together.

    Raises
    ------
    InvalidInput
        Fewer than two parts, one that is no mechanism or has a free parameter, or an unknown combination.
    """

    origin: ClassVar[str] = "that of its parts"

    parts: Mapping[str, Mechanism] = field(default_factory=dict)
    combination: str = "sum"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.combination not in COMBINATIONS:
            raise InvalidInput(f"combination={self.combination!r}: must be one of {', '.join(COMBINATIONS)}")
        if len(self.parts) < 2:
            raise InvalidInput("parts: name at least two mechanisms")
        for name, part in self.parts.items():
            if not isinstance(part, Mechanism):
                raise InvalidInput(f"parts.{name}: is no mechanism")
            loose = [*part.space.axes, *part.space.names]
            if loose:
                raise InvalidInput(f"parts.{name}.params.{loose[0]}: give a number")

    @property
    def takes(self) -> frozenset[str]:  # type: ignore[override]
        """Which numbers of `Systems` enter K of a part."""
        return frozenset().union(*(part.takes for part in self.parts.values()))

    def kernel(self, curves: Curves, systems: Systems, p: dict[str, Any]) -> Any:
        """K at the points."""
        own = [part.kernel(curves, systems, dict(part.space.fixed)) for part in self.parts.values()]
        if self.combination == "sum":
            return sum(own[1:], own[0])
        # In this form no digits of a small K are lost.
        return functools.reduce(lambda total, k: total + k + total * k, own)
