"""Independent oracles of the solvers' tests: the Friedmann root at 30 digits, and the paper's law."""

import mpmath
import pytest

from solvers.laws import CriticalAcceleration, MondRar, MondSimple, MondStandard, Sigma


def sigma_h(x):
    return 1 / (mpmath.sqrt(x) * (1 + x))


def rar_h(x):
    return 1 / (1 - mpmath.exp(-mpmath.sqrt(x))) - 1


def simple_h(x):
    return mpmath.mpf(1) / 2 + mpmath.sqrt(mpmath.mpf(1) / 4 + 1 / x) - 1


def standard_h(x):
    return mpmath.sqrt(mpmath.mpf(1) / 2 + mpmath.sqrt(mpmath.mpf(1) / 4 + 1 / x**2)) - 1


ENHANCEMENTS = {Sigma: sigma_h, MondRar: rar_h, MondSimple: simple_h, MondStandard: standard_h}


@pytest.fixture(scope="session")
def exact_h():
    """The published enhancement functions in mpmath, by class, straight from their definitions."""
    return ENHANCEMENTS


@pytest.fixture(scope="session")
def exact_ln_efunc():
    """ln E by bisection in mpmath; m and r are formed there from ln(1+z)."""

    def solve(u, omega_b, a_cos, omega_r, kappa, h=sigma_h, digits=30):
        with mpmath.workdps(digits + 5):
            u, omega_b, a_cos, omega_r, kappa = map(mpmath.mpf, (u, omega_b, a_cos, omega_r, kappa))
            matter, radiation = omega_b * mpmath.exp(3 * u), omega_r * mpmath.exp(4 * u)

            def image(y):
                return mpmath.log(matter * (1 + a_cos * h(mpmath.exp(y) / kappa)) + radiation) / 2

            lower = mpmath.log(matter + radiation) / 2
            upper = image(lower)
            goal = mpmath.mpf(10) ** (-digits)
            while upper - lower > goal:
                middle = (lower + upper) / 2
                if image(middle) > middle:
                    lower = middle
                else:
                    upper = middle
            return (lower + upper) / 2

    return solve


@pytest.fixture(scope="session")
def sigma_2e():
    """Σ with the critical acceleration of SI §9A, κ = 1/(2e)."""
    return Sigma(g_dagger=CriticalAcceleration(form="2e"))
