"""What SI §10 prints of the GWTC-4.0 events (n = 79) and of the cumulative catalogue. Msun, Mpc, percent."""

from typing import NamedTuple

from solvers.gw.correlation import r_p_value
from solvers.gw.p_values import fisher_p_value, ks_p_value, mann_whitney_p_value

N_NORMAL, N_GAP = 68, 11
"""Events below and in the gap."""

R, N_EVENTS = 0.639, 79
"""Pearson's r of mass and distance, and its number of events (SI §10.3)."""

SELECTION_R, SELECTION_R_ERR = 0.215, 0.005
"""r of the selection-only Monte Carlo (SI §10.3)."""

EPSILON = 3.4e-7
"""Gain in one period (SI §10.7)."""


class Printed(NamedTuple):
    """A number of the source: its section, what it says, and the statistic of a run that it stands for."""

    section: str
    quantity: str
    value: float
    statistic: str
    run: str


_LATEST, _ALL = "O4a", "all"

PRINTED = (
    Printed("10.3", "n", N_EVENTS, "n", _LATEST),
    Printed("10.3", "r", R, "r", _LATEST),
    Printed("10.3", "p of r", 2.33e-10, "r_p", _LATEST),
    Printed("10.3", "binned r", 0.990, "binned_r", _LATEST),
    Printed("10.4", "gap events", N_GAP, "n_gap", _LATEST),
    Printed("10.4", "median distance, normal [Mpc]", 2078.0, "distance_normal", _LATEST),
    Printed("10.4", "median distance, gap [Mpc]", 3983.0, "distance_gap", _LATEST),
    Printed("10.4", "U, gap more distant", 586.0, "distance_u", _LATEST),
    Printed("10.4", "p of U", 1.37e-3, "distance_p", _LATEST),
    Printed("10.5", "median chi_eff, normal", 0.027, "spin_normal", _LATEST),
    Printed("10.5", "median chi_eff, gap", 0.059, "spin_gap", _LATEST),
    Printed("10.5", "chi_eff > 0.3, normal [%]", 4.4, "high_spin_normal", _LATEST),
    Printed("10.5", "chi_eff > 0.3, gap [%]", 27.3, "high_spin_gap", _LATEST),
    Printed("10.5", "KS D", 0.243, "ks_d", _LATEST),
    Printed("10.5", "KS p", 0.545, "ks_p", _LATEST),
    Printed("10.5", "U of chi_eff", 459.0, "spin_u", _LATEST),
    Printed("10.5", "p of U of chi_eff", 0.232, "spin_p", _LATEST),
    *(
        Printed("10.6", f"{run} {words}", value, statistic, run)
        for run, values in {
            "O3a": (50, 5, 0.692, 5.08e-7, 15.5),
            "O3b": (29, 1, 0.686, 1.06e-6, None),
            "O4a": (86, 13, 0.653, 3.25e-7, 70.4),
        }.items()
        for words, statistic, value in zip(
            ("n", "gap events", "r", "median epsilon", "CV of epsilon [%]"),
            ("n", "n_gap", "r", "epsilon", "epsilon_cv"),
            values,
            strict=True,
        )
        if value is not None
    ),
    Printed("10.6", "mean epsilon of the runs", 6.33e-7, "cross_mean", _ALL),
    Printed("10.6", "CV of epsilon across runs [%]", 49.7, "cross_cv", _ALL),
)
"""Every printed number that a catalogue gives."""


def consistent_p_values() -> dict[str, float]:
    """p-values that follow from the printed r, U, D and counts alone (SI §10.3 to §10.5)."""
    return {
        "p of r": float(r_p_value(R, N_EVENTS)),
        "p of U": mann_whitney_p_value(586.0, N_GAP, N_NORMAL, "greater"),
        "KS p": ks_p_value(0.243, N_GAP, N_NORMAL),
        "p of U of chi_eff": mann_whitney_p_value(459.0, N_GAP, N_NORMAL),
        "Fisher p of 3/11 against 3/68": fisher_p_value(3, N_GAP, 3, N_NORMAL),
    }
