"""The compiled χ² equals the plain one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.backgrounds import DarkEnergy, SigmaBaryons
from solvers.laws import CriticalAcceleration, MondSimple, Sigma
from solvers.supernovae import project
from solvers.supernovae.compiled import compile_chi2

AMPLITUDE = st.one_of(st.just(0.0), st.just(1e12), st.floats(-2.0, 12.0).map(lambda e: 10.0**e))


@pytest.fixture(scope="module")
def projected(dense):
    return project(dense)


@pytest.mark.parametrize("mode", ["proportional", "fixed_SI"])
@given(a_cos=AMPLITUDE, omega_b=st.floats(1e-3, 1.0), omega_r=st.floats(0.0, 1e-3), H0=st.floats(30, 110))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_compiled_equals_plain(projected, mode, a_cos, omega_b, omega_r, H0):
    law = Sigma(g_dagger=CriticalAcceleration(mode=mode))
    model = SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83}, law=law)
    names = ("H0", "a_cos", "omega_b", "omega_r")
    found = compile_chi2(projected, model, names)((H0, a_cos, omega_b, omega_r))
    plain = float(projected.chi2(model, a_cos=a_cos, omega_b=omega_b, omega_r=omega_r, H0=H0))
    assert found == pytest.approx(plain, rel=1e-10)


def test_fixed_parameters_are_kept_between_calls(projected):
    model = SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83, "omega_r": 8.5e-5})
    chi2 = compile_chi2(projected, model, ("a_cos",))
    first = chi2([8.83])
    assert chi2([500.0]) == pytest.approx(float(projected.chi2(model, a_cos=500.0)), rel=1e-11)
    assert chi2([8.83]) == first == pytest.approx(float(projected.chi2(model)), rel=1e-11)


def test_compiled_agrees_with_the_dense_matrix(projected, dense):
    model = SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83})
    found = compile_chi2(projected, model, ("a_cos",))([20.0])
    assert found == pytest.approx(dense.evaluate(model, a_cos=20.0)[0], abs=1e-6)


@pytest.mark.parametrize(
    "model",
    [
        DarkEnergy(params={"omega_m": 0.3}),
        SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83}, law=MondSimple()),
        SigmaBaryons(
            params={"omega_b": 0.05, "a_cos": 8.83}, law=Sigma(g_dagger=CriticalAcceleration(mode="evolving"))
        ),
    ],
    ids=["lcdm", "mond", "evolving"],
)
def test_models_without_a_compiled_form_say_so(projected, model):
    assert compile_chi2(projected, model, ()) is None


def test_increasing_redshifts_of_the_nodes(projected):
    """The compiled solver carries its root upwards in redshift."""
    assert np.all(np.diff(projected.u) > 0)
