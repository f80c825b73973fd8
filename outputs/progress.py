"""Progress of what takes longer than a moment, on standard error and on a terminal only."""

from collections.abc import Iterable
from typing import TypeVar

_T = TypeVar("_T")


def track(steps: Iterable[_T], description: str = "computing") -> Iterable[_T]:
    """Iterate over steps behind a progress bar that disappears at the end.

    Parameters
    ----------
    steps : iterable
        What to iterate over; with a length the bar knows how far it is.
    description : str
        Word in front of the bar.
    """
    from rich.console import Console
    from rich.progress import track as rich_track

    console = Console(stderr=True)
    if not console.is_terminal:
        return steps
    return rich_track(steps, description=description, console=console, transient=True)
