"""Backgrounds that several files test."""

import pytest

from solvers.backgrounds import SigmaBaryons
from solvers.laws import CriticalAcceleration, Sigma


@pytest.fixture(scope="session")
def sigma():
    """A function that builds the Σ background of a form and mode of the critical acceleration."""

    def build(a_cos=8.83, form="2e", mode="proportional", omega_b=0.05, **params):
        law = Sigma(g_dagger=CriticalAcceleration(form=form, mode=mode))
        return SigmaBaryons(params={"omega_b": omega_b, "a_cos": a_cos, **params}, law=law)

    return build
