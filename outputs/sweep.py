"""Cells of a sweep: their names, what was finished before, what failed, and the exit status."""

import contextlib
import json
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from outputs.file import RUN_FILE, write_atomically
from outputs.hashing import content_hash
from outputs.request import prepare

OVERRIDES_FILE = ".overrides.json"
TRACEBACK_FILE = "traceback.txt"
_NAME_LENGTH = 80
_HASH_LENGTH = 10

last_sweep: Path | None = None
"""Folder of the sweep that this process started."""


def cell_name(config: DictConfig) -> str:
    """Folder name of a cell: its swept overrides, shortened, and the first digits of its content hash."""
    fixed = set(config.hydra.job.config.override_dirname.exclude_keys)
    words = []
    for override in config.hydra.overrides.task:
        key, _, value = override.partition("=")
        if key not in fixed:
            words.append(f"{key.lstrip('+~').rpartition('.')[2]}={value}")
    name = re.sub(r"[^A-Za-z0-9=.,+-]+", "_", ",".join(words) or str(config.experiment))[:_NAME_LENGTH].strip("_")
    return f"{name}-{_digits(config)}"


def _digits(config: DictConfig) -> str:
    try:
        return prepare(config).content_hash[:_HASH_LENGTH]
    except Exception:
        # The cell will say what is wrong when it runs; here it only needs a name of its own.
        return content_hash({"overrides": list(config.hydra.overrides.task)}, {})[:_HASH_LENGTH]


def finished_before(folder: Path, digest: str) -> Path | None:
    """A whole run with this content in any earlier sweep of the same experiment.

    Parameters
    ----------
    folder : Path
        The cell's own folder, `outputs/sweeps/EXPERIMENT/TIMESTAMP/CELL`.
    digest : str
        Its full content hash.
    """
    import h5py

    for path in sorted(folder.parent.parent.glob(f"*/*-{digest[:_HASH_LENGTH]}/{RUN_FILE}")):
        with contextlib.suppress(OSError), h5py.File(path, locking=False) as run:
            if run.attrs.get("content_hash") == digest:
                return path
    return None


def link(finished: Path, folder: Path) -> Path:
    """Put a finished run into a cell's folder, as a hard link where the file system has them."""
    target = folder / RUN_FILE
    try:
        os.link(finished, target)
    except OSError:
        write_atomically(finished.read_bytes(), target)
    return target


def record_overrides(folder: Path, overrides: list[str]) -> None:
    """Note at the start of a cell what it was asked, so that one that dies is still known."""
    (folder / OVERRIDES_FILE).write_text(json.dumps(overrides), encoding="utf-8")


def record_failure(folder: Path, error: BaseException) -> str:
    """Keep the traceback of a cell in its folder and return the one line to print."""
    lines = traceback.format_exception(error)
    (folder / TRACEBACK_FILE).write_text("".join(lines), encoding="utf-8")
    return f"failed: {folder.name}: {error} (traceback in {folder / TRACEBACK_FILE})"


def unfinished_cells(sweep: Path) -> list[str]:
    """Names of the cells that began and have no run file."""
    begun = {path.parent for path in sweep.glob(f"*/{OVERRIDES_FILE}")}
    return sorted(cell.name for cell in begun if not (cell / RUN_FILE).exists())


class Door(Callback):
    """Hydra callback of a sweep: one folder for all cells, and no launcher that is silently ignored."""

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Fix the time stamp of the sweep's folder, and say which keys stay out of the cells' names."""
        global last_sweep
        parser = OverridesParser.create()
        overrides = [parser.parse_override(text) for text in config.hydra.overrides.task]
        _refuse_swept_launcher(overrides)
        fixed = [text.partition("=")[0] for text in config.hydra.overrides.task]
        fixed = [key for key, override in zip(fixed, overrides, strict=True) if not override.is_sweep_override()]
        last_sweep = Path(config.hydra.sweep.dir)
        config.hydra.overrides.hydra += [
            f"hydra.sweep.dir={last_sweep}",
            f"hydra.job.config.override_dirname.exclude_keys={json.dumps(fixed)}",
        ]


def _refuse_swept_launcher(overrides: list[Override]) -> None:
    for override in overrides:
        if override.key_or_group != "experiment" or not override.is_sweep_override():
            continue
        for name in override.sweep_string_iterator():
            if _names_launcher(str(name)):
                print(
                    f"experiment={name}: chooses a launcher, which a sweep over experiments would ignore; "
                    "give hydra/launcher=NAME on the command line",
                    file=sys.stderr,
                )
                raise SystemExit(2)


def _names_launcher(experiment: str) -> bool:
    from outputs.request import CONF

    path = CONF / "experiment" / f"{experiment}.yaml"
    return path.is_file() and re.search(r"override /hydra/launcher", path.read_text()) is not None
