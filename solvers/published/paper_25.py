"""What SI §25 prints of slip and lensing masses, beside what its formulas give.

Generators of the tables of §25.5, §25.7 and §25.9, and of the statements in words; each a tuple of `Row`.
"""

from solvers.clusters.slip import VARIANTS
from solvers.published.paper_6_7 import Row, percent_above

_SI = VARIANTS["si"]

ETA = {1.0: 1.00, 1.5: 0.80, 2.0: 0.75, 3.0: 0.71}
"""Σ and printed η (SI §25.5)."""

LENS_OVER_DYN = {1.0: (1.00, 0.0), 1.5: (0.90, -10.0), 2.0: (0.875, -12.5), 3.0: (0.857, -14.3)}
"""Σ, printed M_lens/M_dyn and its deviation from 1 [%] (SI §25.7)."""

ENVIRONMENTS = {
    "Solar System": (1.0, 1.00),
    "inner galaxy": (1.2, 0.88),
    "outer galaxy": (2.0, 0.75),
    "galaxy clusters": (2.5, 0.73),
}
"""Environment: typical Σ and printed η (SI §25.9)."""

FOX_MEDIANS = {"naive": 0.68, "dynamical": 0.68, "lensing": 0.60}
"""Median M_Σ/M_SL by what is taken for the mass, of 42 clusters (SI §25.8)."""

GAS_MEDIANS = {(0.15, 0.4): (0.68, 0.60), (0.22, 0.6): (0.93, 0.81)}
"""Gas fraction and concentration: printed dynamical and lensing ratio, the second 0.875 times the first (SI §25.9)."""

ETA_BOUND, ETA_BOUND_ERR, SIGMA_OF_BOUND = 1.0, 0.1, 1.5
"""Measured η and error as quoted, and the Σ up to which SI §25.9 says that it is met."""

RATIO_BOUND, RATIO_BOUND_ERR = 1.0, 0.1
"""Measured M_lens/M_dyn and error, as SI §25.7 quotes them."""

LOWEST_RATIO = 0.85
"""Lower end of M_lens/M_dyn "across the relevant range" (SI §25.7)."""

SLIP_PERCENT = {1.5: 20.0, 3.0: 30.0}
"""Σ at the ends of the table, and the slip "in the enhanced regime" [%] (SI §25.5)."""


def slip_table() -> tuple[Row, ...]:
    """η by Σ (SI §25.5)."""
    return tuple(Row("25.5", f"eta at Sigma = {s:g}", "", eta, float(_SI.eta(s))) for s, eta in ETA.items())


def lens_over_dyn_table() -> tuple[Row, ...]:
    """M_lens/M_dyn and its deviation from 1 by Σ (SI §25.7)."""
    rows = []
    for sigma, (ratio, deviation) in LENS_OVER_DYN.items():
        computed = float(_SI.lens_over_dyn(sigma))
        rows += [
            Row("25.7", f"M_lens/M_dyn at Sigma = {sigma:g}", "", ratio, computed),
            Row("25.7", f"deviation at Sigma = {sigma:g}", "%", deviation, percent_above(computed, 1.0)),
        ]
    return tuple(rows)


def environment_table() -> tuple[Row, ...]:
    """η by environment (SI §25.9)."""
    return tuple(
        Row("25.9", f"eta, {name}, Sigma = {sigma:g}", "", eta, float(_SI.eta(sigma)))
        for name, (sigma, eta) in ENVIRONMENTS.items()
    )


def statements() -> tuple[Row, ...]:
    """What §25 says in words of the range of both numbers and of the measured bounds."""
    _, highest = _SI.allowed_sigma(ETA_BOUND, ETA_BOUND_ERR)
    limit = _SI.lens_over_dyn_limit
    return (
        *(
            Row("25.5", f"slip at Sigma = {s:g}", "%", percent, -percent_above(float(_SI.eta(s)), 1.0))
            for s, percent in SLIP_PERCENT.items()
        ),
        Row("25.7", "lowest M_lens/M_dyn", "", LOWEST_RATIO, limit, "the limit of large Sigma; 0.85 is at Sigma = 4"),
        Row(
            "25.9",
            f"highest Sigma with eta within {ETA_BOUND:g} +- {ETA_BOUND_ERR:g}",
            "",
            SIGMA_OF_BOUND,
            highest,
            f"eta is {float(_SI.eta(SIGMA_OF_BOUND)):.2f} at Sigma = {SIGMA_OF_BOUND:g}",
        ),
    )
