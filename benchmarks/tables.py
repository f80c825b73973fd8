"""The measurements as tables in the terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.targets import Parts

_MODELS = {"lcdm": "ΛCDM, Ω_m = 0.3", "sigma": "Σ, Ω_b = 0.05, A = 8.83"}


def print_pantheon(console: Console, parts: Parts) -> None:
    """The supernova χ², ours and the peers'."""
    console.print("[bold]Pantheon+ χ², 1590 supernovae, full covariance[/]", highlight=False)
    table = _table("who", "what", "distances of")
    for heading in ("time [µs]", "/ x·A·x", "ours faster", "abs(Δχ²)"):
        table.add_column(heading, justify="right")
    for part in parts.values():
        for row in part["rows"]:
            speedup, delta = row.get("speedup"), row.get("abs_delta_chi2")
            table.add_row(
                row["who"],
                row["what"],
                row["distances"],
                *_times(row),
                f"{speedup:.0f}×" if speedup else "",
                f"{delta:.0e}" if delta is not None else "",
            )
    _print_rows(console, table)
    _print_absent(console, parts)
    for name, part in parts.items():
        for model, delta in part.get("delta_chi2", {}).items():
            console.print(f"  {name}: χ² − ours = {delta:+.1e} ({_MODELS[model]})", highlight=False)


def print_sampling(console: Console, parts: Parts) -> None:
    """A chain of ours, and what as many evaluations of the peer would take."""
    console.print("[bold]200,000 evaluations, 1590 supernovae, full covariance[/]", highlight=False)
    table = _table("who", "what", "distances of")
    for heading in ("each [µs]", "all [s]"):
        table.add_column(heading, justify="right")
    for part in parts.values():
        for row in part["rows"]:
            times = (f"{row['time_us']:.4g}", f"{row['seconds']:.3g}")
            table.add_row(row["who"], row["what"], row["distances"], *times)
    _print_rows(console, table)
    _print_absent(console, parts)


def print_rotation(console: Console, parts: Parts) -> None:
    """Fits of every galaxy, and one model on many stars."""
    _print_seconds(console, "Rotation: two parameters of every galaxy, one model on many stars", parts)


def print_mechanisms(console: Console, parts: Parts) -> None:
    """The harness, and a grid of parameters."""
    _print_seconds(console, "Mechanisms: all on all systems, one at many parameters", parts)


def _print_seconds(console: Console, title: str, parts: Parts) -> None:
    console.print(f"[bold]{title}[/]", highlight=False)
    table = _table("who", "what")
    table.add_column("seconds", justify="right")
    for part in parts.values():
        for row in part["rows"]:
            table.add_row(row["who"], row["what"], f"{row['seconds']:.3g}")
    _print_rows(console, table)
    _print_absent(console, parts)


def print_expansion(console: Console, parts: Parts) -> None:
    """The E(z) solvers."""
    title = "E(z) of the Σ-Friedmann equation, 2000 redshifts, A from 0 to 1e12"
    console.print(f"[bold]{title}[/]", highlight=False)
    table = _table("solver")
    for heading in ("time [µs]", "/ x·A·x", "relative error", "cases", "failed"):
        table.add_column(heading, justify="right")
    for row in parts["expansion"]["rows"]:
        counts = (str(row["n_cases"]), str(row["n_failed"]))
        table.add_row(row["what"], *_times(row), f"{row['relative_error']:.0e}", *counts)
    _print_rows(console, table)
    _print_absent(console, parts)


def print_targets(console: Console, targets: list[dict[str, Any]]) -> None:
    """Each target with its value and verdict."""
    table = _table("target", "", "measured", "met")
    verdicts = {True: "[green]yes[/]", False: "[red]no[/]", None: "not measured"}
    for target in targets:
        value = "" if target["value"] is None else f"{target['value']:.3g}"
        bound = f"{target['rule']} {target['target']:g}"
        table.add_row(target["name"], bound, value, verdicts[target["met"]])
    console.print(table)
    console.print()


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, padding=(0, 2, 0, 0))


def _print_rows(console: Console, table: Table) -> None:
    if table.row_count:
        console.print(table)


def _times(row: dict[str, Any]) -> tuple[str, str]:
    return f"{row['time_us']:.4g}", f"{row['ratio_to_reference']:.2g}"


def _print_absent(console: Console, parts: Parts) -> None:
    for name, part in parts.items():
        for reason in ("missing", "failed"):
            if reason in part:
                console.print(f"  {name}: {part[reason]}", markup=False, highlight=False, soft_wrap=True)
