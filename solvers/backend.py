"""How the numbers are computed: plain NumPy, compiled where a model has a compiled form, or on a GPU."""

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

from array_api_compat import numpy

from solvers.errors import InvalidInput

NAMES = ("numpy", "numba", "cupy")


@dataclass(frozen=True, kw_only=True)
class Backend:
    """Choice of the computing back end.

    Parameters
    ----------
    name : {"numpy", "numba", "cupy"}
        `numba` takes the compiled form of a model's χ² where there is one, and NumPy elsewhere. `cupy` computes on a
        GPU, where an experiment can.
    threads : int
        Threads of the linear algebra library. They change the last bits of a result, so they are part of it.

    Raises
    ------
    ValueError
        An unknown name or fewer than one thread.
    """

    name: str = "numpy"
    threads: int = 1

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"name={self.name!r}: must be one of {', '.join(NAMES)}")
        if self.threads < 1:
            raise ValueError(f"threads={self.threads}: must be >= 1")

    @property
    def compiled(self) -> bool:
        """Whether compiled forms are wanted, asked by what computes on the CPU alone.

        Raises
        ------
        InvalidInput
            A GPU was asked for.
        """
        if self.name == "cupy":
            raise InvalidInput("backend=cupy: this experiment computes on the CPU, take backend=numba or numpy")
        return self.name == "numba"

    def arrays(self) -> ModuleType:
        """The module of arrays, NumPy or CuPy through array-api-compat, asked by what computes on either.

        Raises
        ------
        InvalidInput
            CuPy is not installed, or there is no GPU.
        """
        if self.name != "cupy":
            return numpy
        try:
            cupy: Any = importlib.import_module("array_api_compat.cupy")
        except ImportError as error:
            raise InvalidInput('backend=cupy: cupy is not installed, pip install -e ".[gpu]" does') from error
        try:
            cupy.asarray([0.0])
        except Exception as error:
            reason = " ".join(str(error).split())
            raise InvalidInput(f"backend=cupy: no GPU that works ({reason}), take backend=numpy") from error
        return cast(ModuleType, cupy)
