"""``python -m benchmarks [--out FILE.json] [--rows NAME...]``: speed and accuracy beside the peers."""

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from benchmarks.tables import (
    print_expansion,
    print_mechanisms,
    print_pantheon,
    print_rotation,
    print_sampling,
    print_targets,
)
from benchmarks.targets import (
    expansion_targets,
    mechanism_targets,
    pantheon_targets,
    rotation_targets,
    sampling_targets,
)
from benchmarks.timing import machine, one_core_environment


class Participant(NamedTuple):
    """A module that measures, the package that it needs, and the extra that installs it."""

    module: str
    package: str
    extra: str


ROWS = {
    "pantheon_chi2": (
        Participant("supernovae", "numba", ""),
        Participant("peer_cobaya", "cobaya", "bench"),
        Participant("peer_cosmofit", "cosmofit", "bench"),
    ),
    "sampling": (Participant("sampling", "emcee", "inference"), Participant("peer_cobaya", "cobaya", "bench")),
    "expansion": (Participant("expansion", "mpmath", "bench"),),
    "rotation_fits": (Participant("rotation", "numpy", ""), Participant("peer_scipy", "scipy", "")),
    "mechanisms": (Participant("mechanisms", "numpy", ""),),
}

VIEWS = {
    "pantheon_chi2": (pantheon_targets, print_pantheon),
    "sampling": (sampling_targets, print_sampling),
    "expansion": (expansion_targets, print_expansion),
    "rotation_fits": (rotation_targets, print_rotation),
    "mechanisms": (mechanism_targets, print_mechanisms),
}
"""What each row is judged by, and how it is printed."""


def run(participant: Participant) -> dict[str, Any]:
    """What one participant measured in its own process; `missing` or `failed` says why there is nothing."""
    if importlib.util.find_spec(participant.package) is None:
        extra = f".[{participant.extra}]" if participant.extra else "."
        return {"missing": f'{participant.package} is not installed: pip install -e "{extra}"', "rows": []}
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{participant.module}"],
        cwd=Path(__file__).resolve().parent.parent,
        env=one_core_environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip(" -")]
        reason = lines[-1].strip() if lines else f"exit status {done.returncode}"
        return {"failed": f"{reason} (all of it: python -m benchmarks.{participant.module})", "rows": []}
    return json.loads(done.stdout.splitlines()[-1])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments, by default those of the process.

    Returns
    -------
    int
        0, also where a peer is not installed or a target is missed; 1 if a participant failed;
        130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write everything as JSON")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="NAME", help=", ".join(ROWS))
    options = parser.parse_args(argv)
    if options.out is not None and not options.out.resolve().parent.is_dir():
        parser.error(f"--out {options.out}: its folder does not exist, make it first")

    console = Console(width=None if sys.stdout.isatty() else 140)
    answer: dict[str, Any] = {"machine": machine(), "rows": {}, "targets": {}}
    try:
        for name in dict.fromkeys(options.rows):
            parts = {}
            for participant in ROWS[name]:
                with Console(stderr=True).status(f"{name}: {participant.module}"):
                    parts[participant.module] = run(participant)
            judge, show = VIEWS[name]
            targets = judge(parts)
            answer["rows"][name], answer["targets"][name] = parts, targets
            show(console, parts)
            print_targets(console, targets)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    if options.out is not None:
        options.out.write_text(json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
        print(options.out)
    failed = any("failed" in part for parts in answer["rows"].values() for part in parts.values())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
