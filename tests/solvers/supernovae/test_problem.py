"""How a projection is chosen: fine enough for the prior, refused where nothing is fine enough."""

import numpy as np
import pytest

from solvers.backgrounds import CambLCDM, DarkEnergy, PowerLaw, SigmaBaryons
from solvers.supernovae.problem import NODE_COUNTS, TOLERANCE, confront


def prior(low, high):
    return {"prior": {"min": low, "max": high}}


EASY = PowerLaw(params={"p": 0.8})
HARD = DarkEnergy(params={"omega_m": prior(0.1, 0.5), "w0": prior(-2.0, -0.3), "wa": prior(-1.0, 1.0)})


def test_a_hard_model_gets_more_nodes_than_an_easy_one(dense):
    easy, hard = confront(EASY, dense), confront(HARD, dense)
    assert len(easy.projected.u_nodes) == NODE_COUNTS[0]
    assert len(hard.projected.u_nodes) > NODE_COUNTS[0]
    assert max(easy.projection_error, hard.projection_error) <= TOLERANCE


def test_the_corners_of_a_hard_prior_are_good(dense):
    problem = confront(HARD, dense)
    for theta in ({"omega_m": 0.1, "w0": -2.0, "wa": -1.0}, {"omega_m": 0.5, "w0": -0.3, "wa": -1.0}):
        assert float(problem.chi2(**theta)) == pytest.approx(dense.evaluate(HARD, **theta)[0], abs=1e-6)


class Step(PowerLaw):
    """A power law with a step in E at z = 0.5."""

    def ln_efunc(self, u, p):
        return super().ln_efunc(u, p) + 0.3 * (u > np.log(1.5))


def test_a_step_in_the_expansion_is_refused(dense):
    with pytest.raises(ValueError, match="^Step: distances are not smooth enough, chi2 still changes by"):
        confront(Step(params={"p": 0.8}), dense)


def test_the_problem_says_what_it_is(dense):
    problem = confront(HARD, dense)
    assert problem.space.names == ("omega_m", "w0", "wa")
    assert problem.n_data == 200
    assert problem.n_analytic == 1


@pytest.mark.parametrize("compiled", [False, True])
def test_the_scalar_function_is_chi2_by_position(dense, compiled):
    model = SigmaBaryons(params={"omega_b": prior(0.01, 0.1), "a_cos": prior(0.1, 1e5)})
    problem = confront(model, dense, compiled=compiled)
    function = problem.function(("a_cos", "omega_b"))
    exact = dense.evaluate(model, a_cos=30.0, omega_b=0.02)[0]
    assert function([30.0, 0.02]) == pytest.approx(exact, abs=1e-6)
    assert isinstance(function([30.0, 0.02]), float)


def test_asking_for_compiled_forms_is_no_error_where_there_are_none(dense):
    problem = confront(EASY, dense, compiled=True)
    assert problem.function(("p",))([0.9]) == pytest.approx(dense.evaluate(EASY, p=0.9)[0], abs=1e-6)


@pytest.mark.parametrize(
    "model",
    [
        DarkEnergy(params={"omega_m": 0.3, "H0": prior(60, 80)}),
        SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83, "H0": {"scan": [60, 70, 80]}}),
        CambLCDM(params={"omega_m": prior(0.2, 0.4)}),
    ],
    ids=["free H0", "scanned H0", "camb"],
)
def test_every_background_can_be_confronted_with_any_of_its_parameters_free(dense, model):
    problem = confront(model, dense)
    theta = {p.name: p.ref for p in problem.space.free} | {k: v[0] for k, v in problem.space.axes.items()}
    assert float(problem.chi2(**theta)) == pytest.approx(dense.evaluate(model, **theta)[0], abs=1e-6)


def test_corners_without_expansion_do_not_hide_what_lies_between(dense):
    model = DarkEnergy(params={"omega_m": 0.1, "omega_k": prior(-3.0, 0.5)})
    problem = confront(model, dense)
    assert problem.chi2(omega_k=-3.0) == np.inf
    assert float(problem.chi2(omega_k=0.2)) == pytest.approx(dense.evaluate(model, omega_k=0.2)[0], abs=1e-6)
