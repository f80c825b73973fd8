"""How everything here is timed: blocks of work next to blocks of one reference, on one core, and medians."""

import contextlib
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

N_BLOCKS = 7
BLOCK_SECONDS = 0.12
REFERENCE_SIZE = 1590
"""Supernovae of Pantheon+ above z = 0.01, and so the size of its matrix."""

Points = Sequence[Any] | np.ndarray

_THREAD_VARIABLES = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR", "NUMBA")
_PACKAGES = ("numpy", "scipy", "numba", "mpmath", "cobaya", "cosmofit", "sigma-gravity")


def measure(
    function: Callable[[Any], Any], points: Points, *, items: int = 1, n_blocks: int = N_BLOCKS
) -> dict[str, float]:
    """Time of `function(point)`, cycling through the points so that nothing can be remembered.

    Parameters
    ----------
    function : callable
        The work.
    points : sequence or ndarray
        Arguments, more than any cache of the function holds.
    items : int
        Results per call; times are per result.
    n_blocks : int
        Blocks, each of about `BLOCK_SECONDS`, after a round that warms up.

    Returns
    -------
    dict
        `time_us` and `fastest_us`, median and least of the blocks [µs]; `reference_us`, the median of x·A·x
        in between [µs]; `ratio_to_reference`, the median of the ratios of neighbouring blocks.
    """
    reference = _quadratic_form()
    loops = _loops(function, points, BLOCK_SECONDS)
    reference_loops = _loops(reference, [None], 0.25 * BLOCK_SECONDS)
    work, yardstick = [], []
    for _ in range(n_blocks):
        yardstick.append(_block(reference, [None], reference_loops) / reference_loops)
        work.append(_block(function, points, loops) / (loops * len(points) * items))
    return {
        "time_us": 1e6 * statistics.median(work),
        "fastest_us": 1e6 * min(work),
        "ratio_to_reference": statistics.median(w / y for w, y in zip(work, yardstick, strict=True)),
        "reference_us": 1e6 * statistics.median(yardstick),
    }


def _block(function: Callable[[Any], Any], points: Points, loops: int) -> float:
    """Seconds for `loops` rounds over the points."""
    start = time.perf_counter()
    for _ in range(loops):
        for point in points:
            function(point)
    return time.perf_counter() - start


def _loops(function: Callable[[Any], Any], points: Points, seconds: float) -> int:
    """Rounds that fill a block, estimated after a round that warms up."""
    _block(function, points, 1)
    return max(1, round(seconds / _block(function, points, 1)))


def _quadratic_form() -> Callable[[Any], float]:
    """x·A·x with a full float64 matrix: what any dense form costs at least."""
    generator = np.random.default_rng(0)
    matrix = generator.standard_normal((REFERENCE_SIZE, REFERENCE_SIZE))
    vector = generator.standard_normal(REFERENCE_SIZE)
    return lambda _: float(vector @ matrix @ vector)


def report(collect: Callable[[], dict[str, Any]]) -> None:
    """Run one participant on one core and print its JSON object; whatever else it prints goes to stderr."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with contextlib.redirect_stdout(sys.stderr), threadpool_limits(1):
        answer = collect()
    print(json.dumps(answer))


def one_core_environment() -> dict[str, str]:
    """The environment with every thread pool set to one thread."""
    threads = {f"{name}_NUM_THREADS": "1" for name in _THREAD_VARIABLES}
    return {**os.environ, **threads}


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "cpu": _cpu_model(),
        "n_cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _cpu_model() -> str:
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
