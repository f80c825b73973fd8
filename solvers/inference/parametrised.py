"""What every model with named parameters has: which of them are fixed, free or scanned, and their legal values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.parameters import Interval, ParameterSpace, nearest, parse_parameters


@dataclass(frozen=True, kw_only=True)
class Parametrised:
    """A model with named parameters.

    A subclass gives `domain` (legal values by name), `defaults` and `units`.

    Parameters
    ----------
    params : mapping
        Parameters in Cobaya's notation (see `solvers.inference.parameters`).
    label : str
        Name for tables and figures.

    Raises
    ------
    ValueError
        An unknown, missing or illegal parameter.
    """

    domain: ClassVar[Mapping[str, Interval]] = {}
    defaults: ClassVar[Mapping[str, float]] = {}
    units: ClassVar[Mapping[str, str]] = {}

    params: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""

    def __post_init__(self) -> None:
        space = parse_parameters(self.params, self.domain, self.defaults)
        object.__setattr__(self, "_space", space)

    @property
    def space(self) -> ParameterSpace:
        """Which parameters are fixed, free and scanned."""
        return self._space  # type: ignore[attr-defined]

    def joined(self, theta: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter by name: the fixed ones, and `theta`.

        Raises
        ------
        InvalidInput
            A name that the model does not know, or one that is neither fixed nor given.
        """
        for name in theta:
            if name not in self.domain:
                raise InvalidInput(f"{name}: unknown parameter{nearest(name, self.domain)}")
        joined = {**self.space.fixed, **theta}
        for name in self.domain:
            if name not in joined:
                raise InvalidInput(f"{name}: not fixed by params, give its value")
        return joined

    def check_domain(self, theta: Mapping[str, Any]) -> None:
        """Raise for a value, or an array with one, that is not legal.

        Raises
        ------
        InvalidInput
            One line: the name, the value, what is allowed.
        """
        for name, value in theta.items():
            # numpy's reductions cost more than a small model when the value is a number.
            if isinstance(value, float):
                numbers: tuple[Any, ...] = (value,)
            else:
                # Arrays of other modules than NumPy have these two as well.
                array = value if hasattr(value, "min") else np.asarray(value)
                numbers = (array.min(), array.max())
            for number in numbers:
                if float(number) not in self.domain[name]:
                    raise InvalidInput(f"{name}={number:g}: {self.domain[name]}")
