"""E(z) of the Σ-Friedmann equation by every solver of the suite, against mpmath at 30 digits.

The parameters go far beyond any prior: A from 0 to 1e12, κ from 1e-3 to 1e3, redshifts up to 10⁴.
"""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import mpmath
import numpy as np

from benchmarks.timing import measure, report
from solvers import friedmann
from solvers.compiled_friedmann import sigma_efunc
from solvers.laws import Law, Sigma
from solvers.laws.critical_acceleration import FORMS
from solvers.laws.mond import MondStandard

N_REDSHIFTS = 2000
DIGITS = 30
AMPLITUDES = (0.0, 1e-3, 1.0, 8.83, 1e2, 1e4, 1e6, 1e9, 1e12)
KAPPAS = (*FORMS.values(), 1e-3, 1e3)
ONE_PLUS_Z = np.geomspace(1.0, 1e4, N_REDSHIFTS)
CHECKED = slice(0, None, 333)
"""Which redshifts are compared with mpmath: among all 2000, and solved again without the others."""


class Case(NamedTuple):
    """Ω_b, A, Ω_r, κ."""

    omega_b: float
    a_cos: float
    omega_r: float
    kappa: float


CASES = tuple(Case(*case) for case in itertools.product((0.01, 0.05, 1.0), AMPLITUDES, (0.0, 9e-5), KAPPAS))
PAPER = Case(0.05, 8.83, 0.0, FORMS["4sqrtpi"])

Solver = Callable[[Case, np.ndarray], np.ndarray]


def numpy_solver(method: Callable[..., Any], law: Law, **options: Any) -> Solver:
    """E of one of the NumPy solvers, a function of the case and 1+z."""

    def efunc(case: Case, one_plus_z: np.ndarray) -> np.ndarray:
        matter, radiation = case.omega_b * one_plus_z**3, case.omega_r * one_plus_z**4
        answer = method(matter, radiation, case.a_cos, case.kappa, law, **options)
        return np.exp(getattr(answer, "ln_efunc", answer))

    return efunc


def compiled_solver(case: Case, one_plus_z: np.ndarray) -> np.ndarray:
    """E of the compiled solver."""
    out = np.empty(len(one_plus_z))
    sigma_efunc(one_plus_z, *case, out)
    return out


def exact_efunc(case: Case, h: Callable[[Any], Any]) -> list[Any]:
    """E at the checked redshifts by a bracketing root finder of mpmath, `DIGITS` digits."""
    omega_b, a_cos, omega_r, kappa = (mpmath.mpf(value) for value in case)
    roots = []
    for number in ONE_PLUS_Z[CHECKED]:
        matter, radiation = omega_b * mpmath.mpf(number) ** 3, omega_r * mpmath.mpf(number) ** 4

        def image(y, matter=matter, radiation=radiation):
            return mpmath.log(matter * (1 + a_cos * h(mpmath.exp(y) / kappa)) + radiation) / 2

        lower = mpmath.log(matter + radiation) / 2
        if a_cos > 0:
            bracket = (lower, image(lower))
            lower = mpmath.findroot(lambda y, f=image: y - f(y), bracket, solver="anderson", verify=False)
            if abs(lower - image(lower)) > mpmath.mpf(10) ** (4 - DIGITS):
                raise ArithmeticError(f"mpmath found no root for {case}, 1+z={number}")
        roots.append(mpmath.exp(lower))
    return roots


def sigma_h(x: Any) -> Any:
    """Σ's own h, in mpmath."""
    return 1 / (mpmath.sqrt(x) * (1 + x))


def standard_h(x: Any) -> Any:
    """ν − 1 of the standard MOND function, in mpmath."""
    return mpmath.sqrt(0.5 + mpmath.sqrt(0.25 + 1 / x**2)) - 1


def compare(solver: Solver, exact: dict[Case, list[Any]]) -> dict[str, Any]:
    """Largest relative error over the cases, where it is, and the number of cases without an answer."""
    worst, where, n_failed = 0.0, None, 0
    for case, roots in exact.items():
        try:
            found = [*solver(case, ONE_PLUS_Z)[CHECKED], *solver(case, ONE_PLUS_Z[CHECKED].copy())]
        except (ArithmeticError, ValueError):
            found = [np.nan]
        if not np.all(np.isfinite(found)):
            n_failed += 1
            continue
        error = max(float(abs(mpmath.mpf(e) / root - 1)) for e, root in zip(found, 2 * roots, strict=True))
        if error > worst:
            worst, where = error, case._asdict()
    return {"relative_error": worst, "worst_case": where, "n_cases": len(exact), "n_failed": n_failed}


def collect() -> dict[str, Any]:
    """Time and accuracy of every solver."""
    mpmath.mp.dps = DIGITS + 10
    exact = {case: exact_efunc(case, sigma_h) for case in CASES}
    exact_standard = {case: exact_efunc(case, standard_h) for case in CASES[::3]}
    sigma, standard = Sigma(), MondStandard()
    solvers = {
        "fixed point": (numpy_solver(friedmann.fixed_point, sigma), exact),
        "fixed point, relaxed": (numpy_solver(friedmann.fixed_point, sigma, relaxed=True), exact),
        "Newton": (numpy_solver(friedmann.newton, sigma), exact),
        "bracketed Newton": (numpy_solver(friedmann.bracketed_newton, sigma), exact),
        "bracketed Newton, standard MOND h": (
            numpy_solver(friedmann.bracketed_newton, standard),
            exact_standard,
        ),
        "compiled": (compiled_solver, exact),
    }
    return {
        "rows": [
            {
                "who": "ours",
                "what": name,
                **measure(partial(solver, PAPER), [ONE_PLUS_Z]),
                **compare(solver, truth),
            }
            for name, (solver, truth) in solvers.items()
        ],
        "n_redshifts": N_REDSHIFTS,
        "digits": DIGITS,
    }


if __name__ == "__main__":
    report(collect)
