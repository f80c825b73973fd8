"""Results that are slow to compute, kept in the user's cache under what decides them."""

import contextlib
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from outputs.file import write_atomically


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
    # A damaged file is as good as none.
    with (
        contextlib.suppress(OSError, ValueError, KeyError, zipfile.BadZipFile),
        np.load(path, allow_pickle=False) as kept,
    ):
        return {name: kept[name] for name in kept.files}
    arrays = {name: np.asarray(array) for name, array in compute().items()}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    # Without a place to keep them they are computed again next time.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(buffer.getvalue(), path)
    return arrays
