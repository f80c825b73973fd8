"""What the project promises, and whether these measurements keep it.

A target that could not be measured has the value and the verdict None.
"""

from typing import Any

MAX_CHI2_US = 5.0
MIN_SPEEDUP = 200.0
MAX_DELTA_CHI2 = 1e-6
MAX_RELATIVE_ERROR = 1e-13
MAX_SAMPLING_SECONDS = 15.0
SAMPLING_EVALUATIONS = 200_000
MAX_FIT_SECONDS = 1.0
MAX_STARS_SECONDS = 0.05
MAX_RELATIVE_CHI2 = 1e-5
MAX_HARNESS_SECONDS = 5.0
MAX_GRID_SECONDS = 20.0
PEERS = {"cobaya": "peer_cobaya", "cosmofit": "peer_cosmofit"}

Parts = dict[str, dict[str, Any]]


def pantheon_targets(parts: Parts) -> list[dict[str, Any]]:
    """Targets of the supernova χ²; adds `delta_chi2` to the peers and `speedup` to their rows.

    The promised speed-up compares whole work with whole work: it is that over the fastest row of the peer
    that computes its distances, as ours does. Rows with fixed distances carry their ratio without a verdict.
    `speedup_of_fastest` takes the fastest blocks of both sides, and so leaves out what neighbours disturb.
    """
    ours = parts["supernovae"]
    compiled = ours["rows"][0] if ours["rows"] else None
    speedups: dict[str, float | None] = {}
    for peer, module in PEERS.items():
        part = parts[module]
        part["delta_chi2"] = {
            model: chi2 - ours["chi2"][model] for model, chi2 in part.get("chi2", {}).items() if "chi2" in ours
        }
        for row in part["rows"]:
            row["speedup"] = row["time_us"] / compiled["time_us"] if compiled else None
            row["speedup_of_fastest"] = row["fastest_us"] / compiled["fastest_us"] if compiled else None
        complete = [row["speedup"] for row in part["rows"] if row["distances"] != "none" and row["speedup"]]
        speedups[peer] = min(complete, default=None)
    deltas = [row["abs_delta_chi2"] for row in ours["rows"] if row["abs_delta_chi2"] is not None]
    peer_deltas = [abs(d) for module in PEERS.values() for d in parts[module]["delta_chi2"].values()]
    return [
        _at_most("χ² compiled [µs]", compiled and compiled["time_us"], MAX_CHI2_US),
        *(_at_least(f"times faster than {peer}", value, MIN_SPEEDUP) for peer, value in speedups.items()),
        _at_most("abs(Δχ²), projected against dense", max(deltas, default=None), MAX_DELTA_CHI2),
        _at_most("abs(Δχ²), peers against ours", max(peer_deltas, default=None), MAX_DELTA_CHI2),
    ]


def sampling_targets(parts: Parts) -> list[dict[str, Any]]:
    """Target of 200,000 evaluations by emcee; gives the peer's rows the time that as many would take."""
    rows = parts["sampling"]["rows"]
    for row in parts["peer_cobaya"]["rows"]:
        row["seconds"] = 1e-6 * row["time_us"] * SAMPLING_EVALUATIONS
    return [
        _at_most("seconds for 200,000 emcee evaluations", rows[0]["seconds"] if rows else None, MAX_SAMPLING_SECONDS)
    ]


def rotation_targets(parts: Parts) -> list[dict[str, Any]]:
    """Targets of the galaxy fits, two models and two mass-to-light ratios, and of one model on many stars."""
    ours, peer = parts["rotation"], parts["peer_scipy"]
    fits = [row["seconds"] for row in ours["rows"] if "galaxies" in row["what"]]
    stars = [row["seconds"] for row in ours["rows"] if "stars" in row["what"]]
    worse = [
        (a - b) / b
        for name, values in peer.get("chi2", {}).items()
        for a, b in zip(ours.get("chi2", {}).get(name, ()), values, strict=False)
    ]
    return [
        _at_most(
            "seconds for 174 galaxies, two models, two mass-to-light ratios",
            2.0 * sum(fits) if fits else None,
            MAX_FIT_SECONDS,
        ),
        _at_most("χ² above differential evolution, relative", max(worse, default=None), MAX_RELATIVE_CHI2),
        _at_most("seconds for one model on 144,000 stars", stars[0] if stars else None, MAX_STARS_SECONDS),
    ]


def mechanism_targets(parts: Parts) -> list[dict[str, Any]]:
    """Targets of the harness of the mechanisms and of the grid of pairing."""
    seconds = [row["seconds"] for row in parts["mechanisms"]["rows"]] or [None, None]
    return [
        _at_most("seconds for the harness with all mechanisms", seconds[0], MAX_HARNESS_SECONDS),
        _at_most("seconds for 2,400 points of pairing", seconds[1], MAX_GRID_SECONDS),
    ]


def expansion_targets(parts: Parts) -> list[dict[str, Any]]:
    """Targets of the E(z) solvers."""
    rows = parts["expansion"]["rows"]
    worst = max((row["relative_error"] for row in rows), default=None)
    failures = sum(row["n_failed"] for row in rows) if rows else None
    return [
        _at_most("relative error of E", worst, MAX_RELATIVE_ERROR),
        _at_most("cases without an answer", failures, 0),
    ]


def _at_most(name: str, value: float | None, target: float) -> dict[str, Any]:
    return {
        "name": name,
        "rule": "<=",
        "target": target,
        "value": value,
        "met": None if value is None else value <= target,
    }


def _at_least(name: str, value: float | None, target: float) -> dict[str, Any]:
    return {
        "name": name,
        "rule": ">=",
        "target": target,
        "value": value,
        "met": None if value is None else value >= target,
    }
