"""Log posterior of a population: the reference catalogue, its density by scipy, its gradient by differences."""

import math

import numpy as np
import pytest
from scipy import stats

from solvers.clusters.kernels import Window
from solvers.clusters.population.einstein_angle import einstein_angle
from solvers.clusters.population.lenses import LensSettings
from solvers.clusters.population.posterior import PopulationPosterior
from solvers.clusters.population.prior import ClusterPrior, PopulationPrior
from solvers.clusters.population.synthetic import SyntheticClusters
from solvers.clusters.population.tables import convergence_tables
from solvers.errors import InvalidInput

jax = pytest.importorskip("jax")
pytest.importorskip("numpyro")

# the block `hierarchical` of the reference file
THETA_OBS = [29.0985669578, 14.4418294474, 18.1147227377, 16.7265244737, 17.156814775]
THETA_OBS += [30.8114537161, 19.9729160277, 20.2241675173, 10.5366051459, 20.7391784518]
THETA_TRUE = [32.6907124319, 14.8580590397, 17.8877816406, 15.965448195, 16.2242457446]
THETA_TRUE += [29.2543377018, 20.5048055538, 20.9394121509, 9.69184858856, 21.036044933]
A_TRUE = [7.81247140131, 3.99037747542, 3.83163590639, 3.37934090763, 5.52396913386]
A_TRUE += [6.29345843908, 4.42907881352, 3.33976528456, 3.36327817646, 5.57588918174]
SIGMA = [2.13453562159, 1.24290295199, 1.39438908203, 1.29827240975, 1.31121228723]
SIGMA += [1.96271688509, 1.52524027769, 1.54697060755, 0.984592429428, 1.55180224665]
THETA_AT_X0 = [22.6187729051, 15.7877509132, 22.1198432272, 19.8014084868, 14.6284855586]
THETA_AT_X0 += [24.6394591753, 20.8275686755, 24.1466652299, 12.4066637246, 17.9068398943]
LOGP_AT_X0, GRADIENT_AT_X0 = -53.3068305473, [-7.42725892184, 0.75, -10.9518569578, -4.15541976464]

FREE = PopulationPrior(params={"gamma": {"loc": 0.0, "scale": 0.5}})
X0 = {"mu_A": 4.6, "sigma_A": 1.0, "ell0": 200.0, "gamma": 0.0, "A": [4.6] * 10, "q": [1.05] * 10, "kappa": [0.0] * 10}


@pytest.fixture(scope="module")
def catalogue():
    settings = LensSettings(constants="published")
    clusters, truth = SyntheticClusters().draw(settings, Window(), ClusterPrior())
    return clusters, truth, settings.lenses(clusters)


@pytest.fixture(scope="module")
def target(catalogue):
    clusters, _, lenses = catalogue

    tables = {shape: convergence_tables(lenses, Window(shape=shape)) for shape in ("interior", "rising")}

    def make(prior=FREE, n=10, shape="interior"):
        return PopulationPosterior(
            tables=tables[shape].rows(range(n)),
            r500=np.array([lens.baryons.r500 for lens in lenses[:n]]),
            theta_e=np.array([each.theta_e for each in clusters[:n]]),
            theta_e_err=np.array([each.theta_e_err for each in clusters[:n]]),
            prior=prior,
        )

    return make


def test_the_default_synthetic_catalogue_is_that_of_the_reference(catalogue):
    clusters, truth, _ = catalogue
    np.testing.assert_allclose(truth.amplitude, A_TRUE, rtol=1e-11)
    np.testing.assert_allclose(truth.theta_e, THETA_TRUE, rtol=1e-6)
    np.testing.assert_allclose([each.theta_e for each in clusters], THETA_OBS, rtol=1e-6)
    np.testing.assert_allclose([each.theta_e_err for each in clusters], SIGMA, rtol=1e-6)


def test_angles_and_gradient_at_the_reference_point(target):
    posterior = target()
    x = posterior.coordinates(X0)
    theta, found = jax.jit(posterior.angles)(x)
    assert np.asarray(found).all()
    np.testing.assert_allclose(theta, THETA_AT_X0, rtol=1e-6)
    gradient = jax.jit(jax.grad(posterior.log_density))(x)
    np.testing.assert_allclose(gradient[:4], GRADIENT_AT_X0, atol=1e-4)


def test_log_posterior_at_the_reference_point(target):
    posterior = target()
    # The reference leaves out what does not depend on the parameters, but for the angles.
    q_norm = math.log(0.15) + math.log(np.diff(stats.norm.cdf([0.7, 1.4], 1.0, 0.15))[0])
    normals = 0.5 * math.log(2.0 * math.pi)
    constant = (-math.log(3.0) - normals) + (math.log(2.0) - math.log(2.0) - normals)
    constant += 2.0 * (-math.log(0.5) - normals) + 10.0 * (-normals) + 10.0 * (math.log(0.7) - q_norm - normals)
    constant += 10.0 * (-normals)
    found = float(jax.jit(posterior.log_density)(posterior.coordinates(X0)))
    assert found - constant == pytest.approx(LOGP_AT_X0, abs=1e-4)


def _density_by_scipy(posterior, x):
    """ln of likelihood times prior density, with Jacobians, from scipy's densities and the angles in NumPy."""
    v = {name: np.asarray(each) for name, each in posterior.parameters(x).items()}
    n = posterior.n_clusters
    total = stats.norm.logpdf(v["mu_A"], 5.0, 3.0) + stats.halfnorm.logpdf(v["sigma_A"], scale=2.0) + x[1]
    # the density in ln(ℓ0/200) is that in ℓ0 times ℓ0
    total += stats.lognorm.logpdf(v["ell0"], 0.5, scale=200.0) + np.log(v["ell0"])
    if posterior.prior.gamma_is_free:
        total += stats.norm.logpdf(v["gamma"], 0.0, 0.5)
    total += stats.norm.logpdf((v["A"] - v["mu_A"]) / v["sigma_A"]).sum()
    q = stats.truncnorm.logpdf(v["q"], (0.7 - 1.0) / 0.15, (1.4 - 1.0) / 0.15, 1.0, 0.15)
    total += (q + np.log((v["q"] - 0.7) * (1.4 - v["q"]) / 0.7)).sum()
    total += (stats.norm.logpdf(v["kappa"], 0.0, 0.05) + np.log(0.05)).sum()
    ell0 = v["ell0"] * (posterior.r500 / 1000.0) ** v["gamma"]
    theta = [float(einstein_angle(posterior.tables, i, v["A"][i], ell0[i], v["q"][i], v["kappa"][i])) for i in range(n)]
    return total + stats.norm.logpdf(posterior.theta_e, theta, posterior.theta_e_err).sum()


@pytest.mark.parametrize("prior", [FREE, PopulationPrior()], ids=["gamma_free", "gamma_zero"])
@pytest.mark.parametrize("shape", ["interior", "rising"])
def test_density_is_the_product_of_its_parts_and_its_gradient_that_of_differences(target, prior, shape):
    posterior = target(prior, shape=shape)
    both = jax.jit(jax.value_and_grad(posterior.log_density))
    rng = np.random.default_rng(8)
    for x in posterior.start(rng, 3) + 0.2 * rng.normal(size=(3, posterior.n_coordinates)):
        value, gradient = both(x)
        assert float(value) == pytest.approx(_density_by_scipy(posterior, x), abs=1e-9)
        h = 1e-5
        numeric = [(float(both(x + e)[0]) - float(both(x - e)[0])) / (2.0 * h) for e in h * np.eye(x.size)]
        np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-6)


def test_coordinates_and_parameters_are_inverse(target):
    posterior = target()
    x = posterior.start(np.random.default_rng(2), 1)[0]
    values = {name: np.asarray(each) for name, each in posterior.parameters(x).items()}
    np.testing.assert_allclose(posterior.coordinates(values), x, atol=1e-12)


def test_a_negative_amplitude_is_clipped_with_gradient_zero(target):
    posterior = target(PopulationPrior(), n=2)
    values = {"mu_A": 1.0, "sigma_A": 1.0, "ell0": 200.0, "A": [-1.0, 2.0], "q": [1.0, 1.0], "kappa": [0.0, 0.0]}
    x = posterior.coordinates(values)
    jacobian = np.asarray(jax.jit(jax.jacobian(lambda y: posterior.angles(y)[0]))(x))
    assert jacobian[0, 3] == jacobian[0, 0] == jacobian[0, 1] == jacobian[0, 2] == 0.0
    assert jacobian[1, 4] > 0.0
    assert jacobian[0, 5] > 0.0


def test_without_a_crossing_the_density_is_zero_and_its_gradient_finite(target):
    posterior = target(PopulationPrior(), n=3)
    x = posterior.middle.copy()
    x[-3] = 30.0  # κ_ext = 1.5 of the first cluster
    _, found = jax.jit(posterior.angles)(x)
    assert found.tolist() == [False, True, True]
    both = jax.jit(jax.value_and_grad(posterior.log_density))
    value, gradient = both(x)
    assert value == -np.inf
    assert np.isfinite(gradient).all()
    likelihoods = np.asarray(jax.jit(posterior.log_likelihoods)(x))
    assert likelihoods[0] == -np.inf
    assert np.isfinite(likelihoods[1:]).all()
    x = posterior.middle.copy()
    x[2] = 20.0  # ℓ0 beyond the tables
    assert both(x)[0] == -np.inf


def test_illegal_posteriors_and_priors(target):
    good = target(n=2)
    with pytest.raises(InvalidInput, match="name at least two"):
        target(n=1)
    with pytest.raises(InvalidInput, match="theta_e_err: must be 2 numbers > 0"):
        PopulationPosterior(tables=good.tables, r500=good.r500, theta_e=good.theta_e, theta_e_err=np.array([1.0, 0.0]))
    for wrong, words in (
        ({"mu": {"loc": 0.0, "scale": 1.0}}, "unknown"),
        ({"mu_A": 4.6}, "mu_A=4.6"),
        ({"mu_A": {"loc": 4.6}}, "loc and scale"),
        ({"gamma": {"loc": 0.0, "scale": -1.0}}, "gamma.scale=-1.0"),
        ({"ell0": {"loc": -200.0, "scale": 0.5}}, "ell0.loc"),
        ({"sigma_A": {"scale": "wide"}}, "must be a number"),
    ):
        with pytest.raises(InvalidInput, match=words):
            PopulationPrior(params=wrong)
    for wrong in ({"q_sd": 0.0}, {"q_min": 1.5}, {"q_mean": 0.5}, {"kappa_sd": -1.0}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            ClusterPrior(**wrong)


def test_q_is_drawn_from_the_truncated_normal_and_catalogues_from_their_seed():
    q, kappa = ClusterPrior(q_sd=0.3).draw(np.random.default_rng(5), 4000)
    assert stats.kstest(q, stats.truncnorm(-1.0, 4.0 / 3.0, 1.0, 0.3).cdf).pvalue > 1e-3
    assert stats.kstest(kappa, stats.norm(0.0, 0.05).cdf).pvalue > 1e-3
    drawn = [SyntheticClusters(n=2, seed=s).draw(LensSettings(), Window(), ClusterPrior())[0] for s in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    for wrong in ({"n": 1}, {"z_s": [0.3, 2.0]}, {"m500": [2e15, 1e15]}, {"sigma_A": 0.0}, {"error_fraction": -0.1}):
        with pytest.raises(InvalidInput, match=f"^{next(iter(wrong))}="):
            SyntheticClusters(**wrong)
