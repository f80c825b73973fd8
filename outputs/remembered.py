"""Results that are slow to compute, kept in the user's cache under what decides them."""

import contextlib
import hashlib
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from outputs.file import write_atomically

_PATIENCE = 30.0
"""Seconds that a process waits for another one that computes the same."""


def cache_folder() -> Path:
    """The folder of what may be computed again: ``$SIGMA_CACHE_DIR``, else the user's cache of the system."""
    if chosen := os.environ.get("SIGMA_CACHE_DIR"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("sigma_gravity"))


def remembered(
    kind: str, identity: Mapping[str, Any], compute: Callable[[], Mapping[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Arrays from an earlier calculation, of any run, with the same identity; else they are computed and kept.

    Parameters
    ----------
    kind : str
        Name of their folder.
    identity : mapping
        Everything that decides them, the version of the code that computes them included; numbers and text.
    compute : callable
        Gives arrays of numbers by name.

    Returns
    -------
    dict of str to ndarray
        Bit for bit what `compute` gave.
    """
    digest = hashlib.sha256(json.dumps(dict(identity), sort_keys=True).encode()).hexdigest()
    path = cache_folder() / "computed" / kind / f"{digest[:32]}.npz"
    kept = _kept(path)
    if kept is not None:
        return kept
    with _claimed(path):
        kept = _kept(path)
        if kept is not None:
            return kept
        arrays = {name: np.asarray(array) for name, array in compute().items()}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        # Without a place to keep them they are computed again next time.
        with contextlib.suppress(OSError):
            write_atomically(buffer.getvalue(), path)
    return arrays


def _kept(path: Path) -> dict[str, np.ndarray] | None:
    """What lies there; None for no file and for a damaged one."""
    # A damaged archive raises whatever its damage leads to, EOFError and NotImplementedError among them.
    with contextlib.suppress(Exception), np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
    return None


@contextlib.contextmanager
def _claimed(path: Path) -> Iterator[None]:
    """Say to other processes that this one computes; wait for one that has said so, but not for ever.

    A claim is a file, not a lock: what a crash leaves behind costs the next process `_PATIENCE`, once.
    """
    claim = path.with_suffix(".claim")
    mine = False
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + _PATIENCE
        while not mine and time.monotonic() < until:
            try:
                claim.touch(exist_ok=False)
                mine = True
            except FileExistsError:
                if path.exists():
                    break
                time.sleep(0.1)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            claim.unlink()
