"""The contract of a law: a user's own law needs `h` only, and amplitudes are checked."""

import math
from dataclasses import dataclass

import mpmath
import numpy as np
import pytest

from solvers import friedmann
from solvers.backgrounds import SigmaBaryons
from solvers.laws import GeometricAmplitude, Law


@dataclass(frozen=True, kw_only=True)
class Lorentzian(Law):
    """A law with nothing but `h`."""

    def h(self, x):
        return 1.0 / (1.0 + x * x)


def exact_lorentzian(x):
    return 1 / (1 + x * x)


@pytest.mark.parametrize("x", np.geomspace(1e-2, 1e3, 11))
def test_numerical_slope_of_a_users_law_is_good_to_1e_9(x):
    with mpmath.workdps(30):
        exact = float(-2 * mpmath.mpf(x) ** 2 / (1 + mpmath.mpf(x) ** 2))
    assert Lorentzian().log_slope(x) == pytest.approx(exact, rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("a_cos", [0.0, 3.0, 1e4])
def test_a_users_law_goes_through_the_bracketed_solver(a_cos, exact_ln_efunc, monkeypatch):
    calls = []
    solver = friedmann.bracketed_newton
    monkeypatch.setattr(friedmann, "bracketed_newton", lambda *a, **k: calls.append(a) or solver(*a, **k))
    u = np.array([0.0, 0.5, 2.0, 7.0])
    found = friedmann.ln_efunc(u, 0.05, a_cos, 8.5e-5, 0.2, Lorentzian())
    exact = [float(exact_ln_efunc(v, 0.05, a_cos, 8.5e-5, 0.2, exact_lorentzian)) for v in u]
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-13)
    assert len(calls) == 1


def test_a_background_takes_a_users_law(exact_ln_efunc):
    law = Lorentzian()
    model = SigmaBaryons(params={"omega_b": 0.05, "a_cos": 5.0}, law=law)
    kappa = law.g_dagger.kappa(70.0)
    exact = float(mpmath.exp(exact_ln_efunc(math.log1p(1.0), 0.05, 5.0, 0.0, kappa, exact_lorentzian)))
    assert model.efunc(1.0)[0] == pytest.approx(exact, rel=1e-13)
    assert model.compiled_efunc(["a_cos"], np.array([1.0, 2.0])) is None


def test_a_law_without_h_cannot_be_built():
    @dataclass(frozen=True, kw_only=True)
    class Empty(Law):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Empty()


def test_default_amplitudes_are_those_of_the_source():
    amplitude = GeometricAmplitude()
    assert amplitude.disk == pytest.approx(1.7320508075688772, rel=1e-15)
    assert amplitude.sphere == pytest.approx(4.442882938158366, rel=1e-15)
    assert GeometricAmplitude(disk=0.0).disk == 0.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"disk": -1.0}, "disk=-1.0: must be >= 0"),
        ({"sphere": math.nan}, "sphere=nan: must be >= 0"),
        ({"sphere": math.inf}, "sphere=inf: must be >= 0"),
    ],
)
def test_illegal_amplitudes_are_refused(settings, message):
    with pytest.raises(ValueError) as error:
        GeometricAmplitude(**settings)
    assert str(error.value) == message
