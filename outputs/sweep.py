"""Cells of a sweep: their names, what was finished before, what failed, and the exit status."""

import contextlib
import json
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, ListConfig

from outputs.file import RUN_FILE, write_atomically
from outputs.hashing import content_hash
from outputs.request import prepare

OVERRIDES_FILE = ".overrides.json"
PLAN_FILE = ".sweep.json"
SEARCH_FILE = ".search"
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


def finished_before(folder: Path, digest: str, *, elsewhere: bool = True) -> Path | None:
    """A whole run with this content in any earlier sweep, or in the cell's own folder.

    Parameters
    ----------
    folder : Path
        The cell's own folder, `outputs/sweeps/EXPERIMENT/TIMESTAMP/CELL`.
    digest : str
        Its full content hash.
    elsewhere : bool
        False: look into its own folder only, which has a run where a sweeper asks for the same cell again.
    """
    import h5py

    everywhere = folder.parent.parent.parent.glob(f"*/*/*-{digest[:_HASH_LENGTH]}/{RUN_FILE}")
    for path in sorted(everywhere) if elsewhere else folder.glob(RUN_FILE):
        with contextlib.suppress(OSError), h5py.File(path, locking=False) as run:
            if run.attrs.get("content_hash") == digest:
                return path
    return None


def workspace(folder: Path, digest: str, *, resume: bool) -> Path:
    """Folder for what an unfinished request wants to find again, by its content, beside `runs/` and `sweeps/`.

    Parameters
    ----------
    folder : Path
        The folder of the run or cell.
    digest : str
        Its content hash.
    resume : bool
        Take the latest one that is there; else a new one, made here, so that no chain is ever overwritten.
    """
    root = next((path for path in folder.parents if path.name in ("runs", "sweeps")), folder).parent / "unfinished"
    name = digest[:_HASH_LENGTH]
    earlier = sorted(root.glob(f"{name}.*"), key=lambda path: int(path.suffix[1:]))
    if resume and earlier:
        return earlier[-1]
    number = int(earlier[-1].suffix[1:]) + 1 if earlier else 1
    while True:
        claimed = root / f"{name}.{number}"
        try:
            claimed.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return claimed


def link(finished: Path, folder: Path) -> Path:
    """Put a finished run into a cell's folder, as a hard link where the file system has them."""
    target = folder / RUN_FILE
    if finished == target:
        return target
    try:
        os.link(finished, target)
    except OSError:
        write_atomically(finished.read_bytes(), target)
    return target


def record_overrides(folder: Path, overrides: list[str]) -> None:
    """Note at the start of a cell what it was asked, so that one that dies is still known; forget how it failed."""
    (folder / TRACEBACK_FILE).unlink(missing_ok=True)
    (folder / OVERRIDES_FILE).write_text(json.dumps(overrides), encoding="utf-8")


def record_failure(folder: Path, error: BaseException) -> str:
    """Keep the traceback of a cell in its folder and return the one line to print."""
    lines = traceback.format_exception(error)
    (folder / TRACEBACK_FILE).write_text("".join(lines), encoding="utf-8")
    return f"failed: {folder.name}: {error} (traceback in {folder / TRACEBACK_FILE})"


def planned_cells(sweep: Path) -> tuple[list[str], list[list[str]]]:
    """The swept keys, and the overrides of every cell that was planned; empty where there is no plan."""
    path = sweep / PLAN_FILE
    if not path.is_file():
        return [], []
    plan = json.loads(path.read_text(encoding="utf-8"))
    return plan["keys"], plan["cells"]


def is_search(sweep: Path) -> bool:
    """Whether the sweeper chose the cells as it went, as Optuna does, so that they are no grid."""
    return (sweep / SEARCH_FILE).is_file()


def begun_cells(sweep: Path) -> dict[Path, list[str]]:
    """The folder of every cell that began, with its overrides."""
    paths = sorted(sweep.glob(f"*/{OVERRIDES_FILE}"))
    return {path.parent: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def unfinished_cells(sweep: Path) -> list[str]:
    """Cells without a run file, or without the objective that they were asked for.

    The folders of those that began, the overrides of those that did not.
    """
    begun = begun_cells(sweep)
    failed = [not (folder / RUN_FILE).exists() or (folder / TRACEBACK_FILE).exists() for folder in begun]
    unfinished = [folder.name for folder, has_failed in zip(begun, failed, strict=True) if has_failed]
    waiting = [cell for cell in planned_cells(sweep)[1] if cell not in begun.values()]
    return unfinished + [" ".join(cell) for cell in waiting]


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
        if config.hydra.sweeper._target_.endswith("BasicSweeper"):
            _record_plan(last_sweep, overrides)
        else:
            _refuse_search_without_objective(config)
            last_sweep.mkdir(parents=True, exist_ok=True)
            (last_sweep / SEARCH_FILE).touch()
        config.hydra.overrides.hydra += [
            f"hydra.sweep.dir={last_sweep}",
            f"hydra.job.config.override_dirname.exclude_keys={json.dumps(fixed)}",
        ]


def _record_plan(folder: Path, overrides: list[Override]) -> None:
    """Note every cell before the first begins, so that a sweep that is killed is known to lack the others."""
    batches = BasicSweeper.split_arguments(overrides, max_batch_size=None)
    keys = [override.get_key_element().lstrip("+~") for override in overrides if override.is_sweep_override()]
    plan = {"keys": keys, "cells": [list(cell) for batch in batches for cell in batch]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLAN_FILE).write_text(json.dumps(plan), encoding="utf-8")


def _refuse_search_without_objective(config: DictConfig) -> None:
    """A sweeper with a direction looks for the best cell: it has to know by which number."""
    direction = config.hydra.sweeper.get("direction")
    if direction is None:
        return
    if isinstance(direction, ListConfig) and len(direction) != 1:
        print(f"hydra.sweeper.direction={list(direction)}: must be one, that of objective", file=sys.stderr)
        raise SystemExit(2)
    if config.get("objective") is None:
        print(
            "objective=null: the sweeper needs the path of a number in the run, such as objective=models/lcdm/chi2",
            file=sys.stderr,
        )
        raise SystemExit(2)


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
