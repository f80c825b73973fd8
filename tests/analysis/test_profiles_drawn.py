"""Figures of profiles: one parameter as a curve, two as a surface, a renamed axis under its parameter's symbol."""

import numpy as np
import pytest

from analysis.figures import chi2_profile, panels_of, surface
from outputs.posteriors import apart_from_draws
from outputs.tree import variable


@pytest.fixture
def run(made):
    """A model with the profiles of omega_m, of w, and of both."""
    fitted, made_up = made
    x, y = np.linspace(0.1, 0.5, 5), np.linspace(-1.5, -0.5, 7)
    chi2 = 40.0 + (x[:, None] - 0.3) ** 2 / 1e-2 + (y + 1.0) ** 2 / 1e-2
    profiles = {
        "omega_m": variable("omega_m", x, "", "axis"),
        "w": variable("w", y, "", "axis"),
        "profile_omega_m": variable("omega_m", chi2.min(axis=1), "", "profile"),
        "profile_w": variable("w", chi2.min(axis=0), "", "profile"),
        "profile_omega_m_w": variable(("omega_m", "w"), chi2, "", "profile"),
    }
    model = fitted(40.0, {"omega_m": 0.3, "w": -1.0}).assign(profiles)
    return made_up({"wcdm": apart_from_draws(model, ["w"])}, config="models: {wcdm: {params: {w: {latex: w_0}}}}")


def test_a_profile_over_one_parameter_is_a_curve(run):
    first, second = chi2_profile.draw(run).axes
    assert (first.get_xlabel(), second.get_xlabel()) == ("omega_m", "$w_0$")
    np.testing.assert_array_equal(second.lines[0].get_xdata(), np.linspace(-1.5, -0.5, 7))


def test_a_profile_over_two_parameters_is_a_surface(run, run_of):
    assert surface.applies(run)
    panel = surface.draw(run).axes[0]
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("$w_0$", "omega_m")
    assert not surface.applies(run_of(1.0, 2.0))


@pytest.mark.parametrize(("number", "inches"), [(1, (5.0, 4.0)), (3, (15.0, 4.0)), (5, (15.0, 8.0))])
def test_panels_stand_in_rows_of_three(number, inches):
    figure, panels = panels_of(number, (5.0, 4.0))
    assert tuple(figure.get_size_inches()) == inches
    assert len(panels) == number == sum(panel.get_visible() for panel in figure.axes)
