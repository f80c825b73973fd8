"""The projected likelihood: equal to the dense one over the priors, for numbers, arrays and long arrays."""

import numpy as np
import pytest

from solvers.backgrounds import DarkEnergy, GRBaryons, PowerLaw, SigmaBaryons
from solvers.laws import MondSimple
from solvers.supernovae import DenseLikelihood, project
from solvers.supernovae.compiled import compile_chi2
from solvers.supernovae.problem import confront
from solvers.supernovae.projected import _CHUNK


@pytest.fixture(scope="module")
def projected(dense):
    return project(dense)


def test_projected_equals_dense_over_the_prior(background, dense, points):
    chosen = confront(background, dense).projected
    for theta in points(background, 25):
        chi2, offset = dense.evaluate(background, **theta)
        assert float(chosen.chi2(background, **theta)) == pytest.approx(chi2, abs=1e-6), theta
        assert chosen.offset(background, **theta) == pytest.approx(offset, abs=1e-8), theta


def test_projected_equals_dense_for_independent_errors(diagram):
    diagonal = DenseLikelihood.from_variance(*diagram.columns, np.diag(diagram.covariance))
    model = DarkEnergy(params={"omega_m": 0.3})
    assert project(diagonal).chi2(model) == pytest.approx(diagonal.evaluate(model)[0], abs=1e-6)


def test_more_nodes_than_needed_change_nothing(dense):
    model = PowerLaw(params={"p": 0.8})
    exact = dense.evaluate(model)[0]
    for n_nodes, n_integration in ((16, None), (24, 60), (54, None), (80, None)):
        assert project(dense, n_nodes, n_integration).chi2(model) == pytest.approx(exact, abs=1e-7)


def test_too_few_nodes_are_not_enough(dense):
    model = PowerLaw(params={"p": 2.0})
    assert abs(project(dense, 4).chi2(model) - dense.evaluate(model)[0]) > 1e-4


def test_a_model_without_expansion_has_infinite_chi2(projected):
    bouncing = DarkEnergy(params={"omega_m": 0.1, "omega_k": -3.0})
    assert projected.chi2(bouncing) == np.inf
    mixed = projected.chi2(bouncing, omega_k=np.array([-3.0, 0.0]))
    assert np.isfinite(mixed).tolist() == [False, True]


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1, 2)])
def test_results_have_the_shape_of_the_parameters(projected, shape):
    model = DarkEnergy(params={"omega_m": 0.3})
    omega_m = np.linspace(0.2, 0.4, int(np.prod(shape, dtype=int))).reshape(shape)
    chi2 = projected.chi2(model, omega_m=omega_m)
    assert np.shape(chi2) == shape
    for index in np.ndindex(shape):
        single = float(projected.chi2(model, omega_m=float(omega_m[index])))
        assert chi2[index] == pytest.approx(single, abs=1e-9)


def test_parameters_of_different_shapes_broadcast(projected):
    model = DarkEnergy(params={"omega_m": 0.3})
    omega_m, w0 = np.array([[0.2], [0.3]]), np.array([-1.2, -1.0, -0.8])
    chi2 = projected.chi2(model, omega_m=omega_m, w0=w0)
    assert chi2.shape == (2, 3)
    assert chi2[1, 2] == pytest.approx(float(projected.chi2(model, omega_m=0.3, w0=-0.8)), abs=1e-9)
    assert np.shape(projected.chi2(model, omega_m=0.3, w0=w0)) == (3,)


@pytest.mark.parametrize(
    "model",
    [
        DarkEnergy(params={"omega_m": 0.3}),
        PowerLaw(params={"p": 0.8}),
        GRBaryons(params={"omega_b": 0.05}),
        SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83}),
        SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83}, law=MondSimple()),
    ],
    ids=["lcdm", "power", "baryons", "sigma", "mond"],
)
def test_an_array_of_h0_has_its_shape_also_where_h0_does_not_matter(projected, model):
    chi2 = projected.chi2(model, H0=np.array([[60.0, 70.0, 80.0]]))
    assert chi2.shape == (1, 3)
    single = [float(projected.chi2(model, H0=rate)) for rate in (60.0, 70.0, 80.0)]
    np.testing.assert_allclose(chi2[0], single, rtol=0, atol=1e-9)


def test_long_arrays_equal_a_loop(projected, priors):
    n = 2 * _CHUNK + 3
    a_cos = np.geomspace(0.1, 1e5, n)
    chi2 = projected.chi2(priors["sigma"], a_cos=a_cos)
    assert chi2.shape == (n,)
    rows = [0, 1, _CHUNK - 1, _CHUNK, _CHUNK + 1, 2 * _CHUNK - 1, 2 * _CHUNK, n - 1]
    single = [float(projected.chi2(priors["sigma"], a_cos=a_cos[i])) for i in rows]
    np.testing.assert_allclose(chi2[rows], single, rtol=0, atol=1e-9)


def test_a_constant_in_the_magnitudes_leaves_chi2(projected, diagram):
    shifted = DenseLikelihood.from_covariance(diagram.magnitude - 19.3, *diagram.columns[1:], diagram.covariance)
    model = PowerLaw(params={"p": 0.8})
    other = project(shifted)
    assert other.chi2(model) == pytest.approx(float(projected.chi2(model)), abs=1e-8)
    assert other.offset(model) - projected.offset(model) == pytest.approx(-19.3, abs=1e-9)


def test_a_diagram_that_cannot_be_projected_is_refused(diagram):
    magnitude, z, z_prefactor = diagram.columns
    at_zero = np.where(np.arange(200) == 5, 0.0, z)
    with pytest.raises(ValueError, match="^z: the projection needs redshifts above 0$"):
        project(DenseLikelihood.from_variance(magnitude, at_zero, z_prefactor, np.ones(200)))


@pytest.mark.parametrize("n_rows", [2, 7, 16, 17])
def test_fewer_supernovae_than_nodes_are_projected_too(diagram, n_rows):
    columns = [column[:n_rows] for column in diagram.columns]
    few = DenseLikelihood.from_variance(*columns, np.full(n_rows, 0.02))
    model = SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83})
    assert float(project(few).chi2(model)) == pytest.approx(few.evaluate(model)[0], abs=1e-7)
    compiled = compile_chi2(project(few), model, ())
    assert compiled(()) == pytest.approx(few.evaluate(model)[0], abs=1e-7)
