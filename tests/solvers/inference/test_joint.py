"""Independent data add their χ², their number and their eliminated parameters."""

import numpy as np
import pytest

from solvers.backgrounds import DarkEnergy, SigmaBaryons
from solvers.bao import BaoLikelihood, confront_bao
from solvers.inference.joint import JointProblem
from solvers.supernovae import DenseLikelihood
from solvers.supernovae.problem import confront


@pytest.fixture(scope="module", params=["lcdm", "sigma"])
def parts(request):
    model = {
        "lcdm": DarkEnergy(params={"omega_m": {"prior": {"min": 0.1, "max": 0.9}}}),
        "sigma": SigmaBaryons(params={"omega_b": 0.05, "a_cos": {"prior": {"min": 1, "max": 50}}}),
    }[request.param]
    rng = np.random.default_rng(3)
    z = np.sort(rng.uniform(0.02, 1.2, 40))
    dense = DenseLikelihood.from_variance(20 + 5 * np.log10(z) + rng.normal(0, 0.1, 40), z, z, np.full(40, 0.02))
    bao = BaoLikelihood.from_covariance([0.5, 0.5], ["DM_over_rs", "DH_over_rs"], [13.0, 21.0], np.diag([0.1, 0.2]))
    return {"sn": confront(model, dense), "bao": confront_bao(model, bao)}


def test_chi2_numbers_and_eliminated_parameters_add(parts):
    joint = JointProblem(parts)
    (name,) = joint.space.names
    assert (joint.n_data, joint.n_analytic) == (42, 2)
    points = np.array([0.2, 0.3, 0.7]) if name == "omega_m" else np.array([2.0, 8.83, 40.0])
    expected = parts["sn"].chi2(**{name: points}) + parts["bao"].chi2(**{name: points})
    np.testing.assert_allclose(joint.chi2(**{name: points}), expected, rtol=1e-14)
    function = joint.function((name,))
    assert [function((value,)) for value in points] == pytest.approx(list(expected), rel=1e-12)
