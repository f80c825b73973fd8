"""How the numbers are computed: plain NumPy, or compiled where a model has a compiled form."""

from dataclasses import dataclass

NAMES = ("numpy", "numba")


@dataclass(frozen=True, kw_only=True)
class Backend:
    """Choice of the computing back end.

    Parameters
    ----------
    name : {"numpy", "numba"}
        `numba` takes the compiled form of a model's χ² where there is one, and NumPy elsewhere.
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
