"""Progress of what takes longer than a moment, on standard error and on a terminal only."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
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


@contextlib.contextmanager
def reporter(description: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar that is told how far it is: `report(done, of)`; silent where there is no terminal.

    Parameters
    ----------
    description : str
        Words in front of the bar.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(description)
        yield lambda done, of: progress.update(task, completed=done, total=of)
