"""What `run.py` does around a computation: exit status, failed and resumed cells, tidy folders.

Importing this module registers the resolvers that `conf/config.yaml` uses; workers of a sweep import it too.
"""

import contextlib
import math
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from outputs import sweep
from outputs.file import write_run
from outputs.lock_file import LOCK_FILE
from outputs.objective import finished_value, worst_value
from outputs.request import CONF, Request, execute, experiments, prepare
from outputs.targets import nearest

_REFUSED_BY_SYSTEM = (2, 13, 17, 20, 21, 27, 28, 30, 36, 122)
"""errno of a missing or forbidden path, a full or read-only disk, a quota: the user can put them right."""


def _experiment_lines() -> str:
    width = max(len(name) for name in experiments())
    return "\n".join(f"  {name:<{width}}  {line}" for name, line in experiments().items())


OmegaConf.register_new_resolver("cell", lambda *, _root_: sweep.cell_name(_root_), replace=True)
OmegaConf.register_new_resolver("experiments", _experiment_lines, replace=True)
OmegaConf.register_new_resolver("only", lambda name: name or "several", replace=True)


def answer(config: DictConfig, present: Callable[[Any, Path | None], None]) -> float | None:
    """Answer one configuration: a single run, or a cell of a sweep.

    Parameters
    ----------
    config : DictConfig
        As composed.
    present : callable
        `(tree, folder)` prints the summary of a single run, and draws its figure into the folder if there is one.

    Returns
    -------
    float or None
        The objective of a cell, if the configuration names one. Infinity, of the sign that its sweeper reads as the
        worst value, for a cell that failed or whose objective is not finite.

    Raises
    ------
    SystemExit
        A single run that failed: 2 if the user can put it right, else 1.
    """
    hydra = HydraConfig.get()
    folder, overrides = Path(hydra.runtime.output_dir), list(hydra.overrides.task)
    if hydra.mode == RunMode.MULTIRUN:
        return _cell(config, folder, overrides)
    try:
        tree, path = _answered(prepare(config), overrides, folder, resume=bool(config.resume))
    except BaseException as error:
        _remove_empty(folder)
        if not isinstance(error, Exception):
            raise
        raise SystemExit(report(error)) from None
    try:
        present(tree, folder if config.figure else None)
    except Exception as error:
        print(f"the run is whole, its summary or figure is not: {error}", file=sys.stderr)
        print(path)
        raise SystemExit(1) from None
    print(path)
    return None


def _answered(request: Request, overrides: list[str], folder: Path, *, resume: bool) -> tuple[Any, Path]:
    """Execute and write; what the sim kept for a resume goes when the run is whole."""
    unfinished = sweep.workspace(folder, request.content_hash, resume=resume)
    try:
        tree = execute(request, overrides, unfinished)
        path = write_run(tree, folder)
        # A specification that was locked stays with the run; the rest was kept for a resume.
        for lock in unfinished.glob(LOCK_FILE):
            lock.replace(path.with_name(LOCK_FILE))
        shutil.rmtree(unfinished, ignore_errors=True)
    finally:
        # What is empty goes; a chain that was interrupted stays.
        for empty in (unfinished, unfinished.parent):
            with contextlib.suppress(OSError):
                empty.rmdir()
    return tree, path


def _cell(config: DictConfig, folder: Path, overrides: list[str]) -> float | None:
    worst = worst_value(HydraConfig.get().sweeper)
    try:
        sweep.record_overrides(folder, overrides)
        request = prepare(config)
        if done := sweep.finished_before(folder, request.content_hash, elsewhere=bool(config.resume)):
            print(f"finished before: {sweep.link(done, folder)}", flush=True)
        else:
            _, path = _answered(request, overrides, folder, resume=bool(config.resume))
            print(path, flush=True)
        objective = request.config["objective"]
        value = None if objective is None else finished_value(folder, objective)
    except Exception as error:
        print(sweep.record_failure(folder, error), file=sys.stderr, flush=True)
        return worst
    return value if value is None or math.isfinite(value) else worst


def enter(main: Callable[[], Any]) -> int:
    """Run Hydra's main and turn what comes out of it into an exit status.

    Returns
    -------
    int
        0 done; 2 the request was wrong (one line, no traceback); 130 interrupted; 1 anything else, also a sweep
        with an unfinished cell.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"
    if any(argument.startswith("--experimental-rerun") for argument in sys.argv[1:]):
        print("--experimental-rerun: unpickles a file; use python -m analysis rerun FILE", file=sys.stderr)
        return 2
    try:
        status = _status(main)
    finally:
        _tidy()
    if sweep.last_sweep is None or not sweep.last_sweep.is_dir():
        return status
    unfinished = sweep.unfinished_cells(sweep.last_sweep)
    if unfinished:
        print(f"{len(unfinished)} cells not finished: {', '.join(unfinished)}", file=sys.stderr)
    print(sweep.last_sweep.resolve())
    return status or int(bool(unfinished))


def _status(main: Callable[[], Any]) -> int:
    try:
        main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        return _interrupted() if _is_interrupt(error) else report(error)
    return 0


def _interrupted() -> int:
    kept = "finished cells of a sweep and chains with a checkpoint are kept, resume=true goes on with them"
    print(f"interrupted; {kept}", file=sys.stderr)
    return 130


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether an error was raised because of an interrupt, which libraries may turn into one of their own."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def report(error: Exception) -> int:
    """Print an error as its reader needs it, and return the exit status that it means.

    One line and 2 for what the user can put right; the traceback and 1 for the rest.
    """
    is_null_group = isinstance(error, ValueError) and str(error).startswith("Config group override")
    if is_null_group or isinstance(error, HydraException | OmegaConfBaseException):
        print(_composition_line(error), file=sys.stderr)
        return 2
    if isinstance(error, OSError) and error.errno in _REFUSED_BY_SYSTEM:
        where = f": {error.filename}" if error.filename else ""
        print(f"{error.strerror}{where}; nothing was written", file=sys.stderr)
        return 2
    if getattr(error, "exit_code", None) == 2:
        print(" ".join(str(error).splitlines()), file=sys.stderr)
        return 2
    traceback.print_exception(error)
    return 1


def _composition_line(error: Exception) -> str:
    """Hydra's message on one line, with the nearest names where a name is unknown."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    cause = error.__cause__
    parent = getattr(cause, "parent_node", None)
    wrong, known = "", []
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        group, _, wrong = str(error.missing_cfg_file).rpartition("/")
        known = [path.stem for path in (CONF / group).glob("*.yaml")]
        lines = [f"{group}={wrong}: there is no such file in conf/{group}"]
    elif isinstance(parent, DictConfig) and getattr(cause, "key", None) is not None:
        wrong, known = str(cause.key), [str(key) for key in parent]  # type: ignore[union-attr]
    if isinstance(error, OverrideParseException):
        lines = [f"{error.override}: {lines[0] if lines else 'cannot be read'}"]
    text = " ".join(lines[:2])
    return text + nearest(wrong, sorted(known)) if known and wrong not in known else text


def _remove_empty(folder: Path) -> None:
    """Remove a folder that Hydra made for nothing, and what is empty above it up to `outputs/`."""
    ours = [path for path in folder.parents if "outputs" in path.parts]
    for path in (folder, *ours):
        with contextlib.suppress(OSError):
            path.rmdir()


def _tidy() -> None:
    """Remove a sweep's folder that holds Hydra's record of the request and nothing else."""
    folder = sweep.last_sweep
    if folder is None or not folder.is_dir():
        return
    records = {"multirun.yaml", sweep.PLAN_FILE, sweep.SEARCH_FILE}
    if {path.name for path in folder.iterdir()} <= records:
        for name in records:
            (folder / name).unlink(missing_ok=True)
        _remove_empty(folder)
