"""Tests of whether counter-rotating galaxies have less dark matter: matched controls, like mass, and unmatched."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from sims.case_table import case_table
from solvers.galaxies.matched_samples import MatchedPairs, listed_pairs, mass_matched, paired_test, two_sample
from solvers.published import paper_6_4

_NONE = MatchedPairs(
    case=np.empty(0), control=np.empty(0), rows=np.empty(0, int), n_controls=np.empty(0, int), n_distinct=0
)


def groups(data: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the counter-rotating and of the normal galaxies."""
    counter = data["is_counter_rotating"].values.astype(bool)
    return np.flatnonzero(counter), np.flatnonzero(~counter)


def matched(data: xr.Dataset, listed: xr.Dataset | None, mass_width: float) -> dict[str, MatchedPairs]:
    """Pairs of `controls` that are listed, and of like `mass`; no pairs where there is no list."""
    cases, normal = groups(data)
    f_dm, log_mass = data["f_dm"].values, np.log10(data["stellar_mass"].values)
    like = mass_matched(f_dm[cases], log_mass[cases], f_dm[normal], log_mass[normal], mass_width)
    if listed is None:
        return {"controls": _NONE, "mass": like}
    ids = data["manga_id"].values
    case_row, control_row = ({name: i for i, name in enumerate(ids[rows].tolist())} for rows in (cases, normal))
    pairs = [
        (case_row[case], control_row[control])
        for case, control in zip(listed["case_id"].values.tolist(), listed["control_id"].values.tolist(), strict=True)
        if case in case_row and control in control_row
    ]
    rows = np.array(pairs, dtype=int).reshape(-1, 2)
    return {"controls": listed_pairs(f_dm[cases], f_dm[normal], rows[:, 0], rows[:, 1]), "mass": like}


def tests_table(data: xr.Dataset, found: Mapping[str, MatchedPairs]) -> xr.Dataset:
    """Every test with its numbers and what is printed for it; the matched ones first."""
    cases, normal = groups(data)
    f_dm = data["f_dm"].values
    unmatched = two_sample(f_dm[cases], f_dm[normal])
    known = {
        "controls": (paper_6_4.AUDIT_DIFFERENCE, np.nan),
        "mass": (paper_6_4.MATCHED_DIFFERENCE, paper_6_4.P_PAIRED),
    }
    rows: list[tuple[Any, ...]] = []
    for name, (difference, p) in known.items():
        pairs = found[name]
        test = paired_test(pairs) if pairs.case.size >= 2 else None
        values = (test.difference, test.low, test.high, test.median_difference, test.p) if test else (np.nan,) * 5
        matching = "listed controls" if name == "controls" else "like mass"
        rows.append((matching, "paired t", pairs.case.size, pairs.n_distinct, *values, difference, p))
    same: tuple[Any, ...] = (
        unmatched.n_cases,
        unmatched.n_controls,
        unmatched.difference,
        unmatched.low,
        unmatched.high,
    )
    same += (unmatched.median_difference,)
    for test_name, p, printed in (
        ("Kolmogorov-Smirnov", unmatched.ks_p, paper_6_4.P_KS),
        ("Mann-Whitney, lower", unmatched.mann_whitney_p, paper_6_4.P_MANN_WHITNEY),
        ("t, one variance", unmatched.t_p, paper_6_4.P_T),
        ("t, two variances", unmatched.welch_p, np.nan),
    ):
        rows.append(("unmatched", test_name, *same, p, paper_6_4.DIFFERENCE, printed))
    words = (
        ("matching", "", "what the normal galaxies have in common with the counter-rotating ones"),
        ("test", "", "test"),
        ("n_cases", "", "counter-rotating galaxies"),
        ("n_controls", "", "normal galaxies"),
        ("difference", "", "mean fraction of dark matter, counter-rotating minus normal"),
        ("low", "", "lower end of its 95 % interval"),
        ("high", "", "upper end"),
        ("median_difference", "", "median of the differences of the pairs; unmatched: difference of the medians"),
        ("p", "", "p of the test"),
        ("printed_difference", "", "as SI 6.4.1 prints it; of listed controls that of the author's later audit"),
        ("printed_p", "", "as SI 6.4.1 prints it; NaN: not printed"),
    )
    return case_table(rows, words)


def groups_table(data: xr.Dataset) -> xr.Dataset:
    """Number, mean and median of the fraction of dark matter, with the printed ones."""
    rows = []
    printed_n = (paper_6_4.N_CASES, paper_6_4.N_CONTROLS)
    for name, own, n in zip(paper_6_4.F_DM_MEAN, groups(data), printed_n, strict=True):
        f_dm, log_mass = data["f_dm"].values[own], np.log10(data["stellar_mass"].values[own])
        numbers = (own.size, f_dm.mean(), np.median(f_dm), np.median(log_mass))
        rows.append((name, *numbers, n, paper_6_4.F_DM_MEAN[name], paper_6_4.F_DM_MEDIAN[name]))
    words = (
        ("group", "", "galaxies"),
        ("n", "", "number"),
        ("mean", "", "mean fraction of dark matter inside the effective radius"),
        ("median", "", "its median"),
        ("median_log_mass", "dex(solMass)", "median stellar mass"),
        ("printed_n", "", "number in SI 6.4.1"),
        ("printed_mean", "", "mean in SI 6.4.1"),
        ("printed_median", "", "median in SI 6.4.1"),
    )
    return case_table(rows, words)


def cases_table(data: xr.Dataset, found: Mapping[str, MatchedPairs]) -> xr.Dataset:
    """Every counter-rotating galaxy beside the medians of its controls; NaN: it has none."""
    cases, _ = groups(data)
    columns = {}
    for name, pairs in found.items():
        median, number = np.full(cases.size, np.nan), np.zeros(cases.size, dtype=int)
        median[pairs.rows], number[pairs.rows] = pairs.control, pairs.n_controls
        columns[name] = median, number
    rows = list(
        zip(
            data["manga_id"].values[cases],
            np.log10(data["stellar_mass"].values[cases]),
            data["f_dm"].values[cases],
            *columns["controls"][::-1],
            *columns["mass"][::-1],
            strict=True,
        )
    )
    words = (
        ("manga_id", "", "MaNGA ID"),
        ("log_mass", "dex(solMass)", "stellar mass"),
        ("f_dm", "", "fraction of dark matter inside the effective radius"),
        ("n_controls", "", "listed controls with a fraction"),
        ("median_controls", "", "their median fraction"),
        ("n_like_mass", "", "normal galaxies of like mass"),
        ("median_like_mass", "", "their median fraction"),
    )
    return case_table(rows, words)
