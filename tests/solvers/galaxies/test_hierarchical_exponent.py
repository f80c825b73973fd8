"""The hierarchical exponent: the reference posteriors, an exact Gaussian case, and the class values of the line."""

import numpy as np
import pytest

from solvers.errors import InvalidInput
from solvers.galaxies.exponent_likelihood import EXPONENTS, SELECTION, ExponentTable, exponent_table, standardised
from solvers.galaxies.hierarchical_exponent import HyperPrior, exponent_of_class, hyper_posterior
from solvers.galaxies.power_law_kernel import GatedPowerLaw
from solvers.galaxies.splits import morphology_class

# Entries hier[…][…][…] of the reference values: galaxies lost at the top of Table 1, errors, mass-to-light ratios;
# galaxies of each class, means and standard deviations of μ, β and σ.
REFERENCE = {
    (9, "fraction", (1.0, 1.0)): (
        (25, 37, 28, 21, 5),
        (0.8049990616308733, 0.23949768953936434, 0.42945673837874976),
        (0.04092092996348849, 0.04050216410553942, 0.035622099537852496),
    ),
    (9, "fraction", (0.5, 0.7)): (
        (25, 37, 28, 21, 5),
        (0.8891840597064276, 0.16200261547358574, 0.24790360503441622),
        (0.023597025555527805, 0.02343323047020085, 0.017902059025939235),
    ),
    (9, "tabulated", (0.5, 0.7)): (
        (25, 37, 28, 21, 5),
        (0.9154545609120613, 0.16096071433887632, 0.24499383757026488),
        (0.02294788797983348, 0.022833690224284806, 0.017078861146174427),
    ),
    (0, "fraction", (1.0, 1.0)): (
        (29, 37, 28, 21, 5),
        (0.7931989325402948, 0.243394191579199, 0.41909899938418166),
        (0.03925486244114514, 0.038877934248318174, 0.03417574013194867),
    ),
    (0, "tabulated", (1.0, 1.0)): (
        (29, 37, 28, 21, 5),
        (0.8431663858487629, 0.23413242173715296, 0.4837839455130791),
        (0.04451421128949586, 0.04398567586036076, 0.03502665982383699),
    ),
}


@pytest.fixture(scope="session")
def sample(curves, table1):
    """Curves of the published sample and their class codes."""

    def _sample(drop_first, ratios):
        data = curves(*ratios, squares="unsigned", drop_first=drop_first)
        data = data.rows(SELECTION.points(data))
        return data, morphology_class(table1["hubble_type"].loc[list(data.names)])

    return _sample


@pytest.fixture(scope="session")
def published(sample):
    """The posterior of the published sample, and its z."""
    data, codes = sample(9, (1.0, 1.0))
    z = standardised(codes)
    return hyper_posterior(exponent_table(data), z), z


@pytest.mark.parametrize(("drop_first", "errors", "ratios"), REFERENCE, ids=str)
def test_reference_posteriors(drop_first, errors, ratios, sample):
    counts, mean, sd = REFERENCE[drop_first, errors, ratios]
    data, codes = sample(drop_first, ratios)
    np.testing.assert_array_equal(np.bincount(codes), counts)
    found = hyper_posterior(exponent_table(data, errors=errors), standardised(codes))
    np.testing.assert_allclose(found.mean, mean, atol=1e-4)
    np.testing.assert_allclose(found.sd, sd, atol=2e-5)
    assert found.converged
    assert found.probability.sum() == pytest.approx(1.0, abs=1e-12)


def test_the_slope_is_positive_and_the_published_errors_too_small(published):
    found, _ = published
    assert found.probability[:, found.axes["beta"] > 0].sum() > 1 - 1e-6
    for sd, printed, ratio in zip(found.sd, (0.021, 0.024, 0.028), (0.5, 0.6, 0.8), strict=True):
        assert printed / sd == pytest.approx(ratio, abs=0.05)


def test_printed_values_of_the_classes_are_not_on_the_line(published):
    found, z = published
    mean, sd = exponent_of_class(found, np.unique(z))
    np.testing.assert_allclose(mean, found.mean[0] + found.mean[1] * np.unique(z), rtol=1e-10)
    np.testing.assert_allclose(mean, [0.486, 0.696, 0.906, 1.116, 1.326], atol=1e-3)
    at_zero = exponent_of_class(found, 0.0)
    assert (at_zero[0], at_zero[1]) == (pytest.approx(found.mean[0]), pytest.approx(found.sd[0]))
    # The ends of the printed line 0.49, 0.61, 0.72, 0.90, 1.31 are right, and what is between them is not.
    off = np.abs(mean - [0.49, 0.61, 0.72, 0.90, 1.31]) / sd
    assert off[0] < 0.2 and off[4] < 0.2 and off[1] > 1.5 and off[2] > 4 and off[3] > 3


def gaussian_table(best, width, exponents=EXPONENTS):
    names = tuple(f"G{i}" for i in range(len(best)))
    return ExponentTable(names, exponents, -0.5 * ((exponents - best[:, None]) / width[:, None]) ** 2)


@pytest.fixture(scope="module")
def gaussian():
    """Galaxies with Gaussian likelihoods, every z different."""
    rng = np.random.default_rng(3)
    z, width = rng.normal(size=30), rng.uniform(0.02, 0.2, 30)
    return 1.3 + 0.15 * z + 0.2 * rng.normal(size=30) + width * rng.normal(size=30), width, z


def test_gaussian_likelihoods_have_an_exact_posterior(gaussian):
    best, width, z = gaussian
    found = hyper_posterior(gaussian_table(best, width), z)
    mu, beta, sigma = np.meshgrid(*found.axes.values(), indexing="ij")
    prior = HyperPrior()
    log_joint = prior.log_density(mu, beta, sigma)
    for value, error, class_value in zip(best, width, z, strict=True):
        variance = sigma**2 + error**2
        # ∫ exp(−(p−a)²/2s²) N(p; m, σ²) dp
        log_joint += np.log(error) - 0.5 * np.log(variance) - 0.5 * (value - mu - beta * class_value) ** 2 / variance
    joint = np.exp(log_joint - log_joint.max())
    np.testing.assert_allclose(found.density / found.density.max(), joint, atol=2e-4)
    weight = joint / joint.sum()
    for name, mesh, mean, sd in zip(found.axes, (mu, beta, sigma), found.mean, found.sd, strict=True):
        expected = np.sum(weight * mesh)
        assert mean == pytest.approx(expected, abs=1e-4), name
        assert sd == pytest.approx(np.sqrt(np.sum(weight * (mesh - expected) ** 2)), abs=1e-4), name
    cell = np.prod([axis[1] - axis[0] for axis in found.axes.values()])
    evidence = np.log(joint.sum() * cell) + log_joint.max()
    assert found.log_evidence == pytest.approx(evidence, abs=1e-3)


def test_without_scatter_the_posterior_reaches_zero():
    z = np.linspace(-1.5, 1.5, 40)
    table = gaussian_table(1.2 + 0.1 * z, np.full(40, 0.1))
    found = hyper_posterior(table, z)
    assert found.axes["sigma"][0] == 0.0
    assert found.mean[2] < 0.05
    np.testing.assert_allclose(found.mean[:2], [1.2, 0.1], atol=0.002)


def test_a_flat_likelihood_returns_the_prior():
    z = np.array([-1.0, 0.0, 1.0])
    prior = HyperPrior(mu=1.5, mu_sd=0.3, beta_sd=0.2, sigma_sd=0.4)
    found = hyper_posterior(gaussian_table(np.ones(3), np.full(3, 1e9)), z, prior=prior, points=41)
    np.testing.assert_allclose(found.mean, [1.5, 0.0, 0.4 * np.sqrt(2 / np.pi)], atol=2e-3)
    np.testing.assert_allclose(found.sd, [0.3, 0.2, 0.4 * np.sqrt(1 - 2 / np.pi)], atol=2e-3)
    assert found.log_evidence == pytest.approx(0.0, abs=5e-3)


def test_the_prior_integrates_to_one():
    mu, beta = np.linspace(-3.0, 4.5, 101)[:, None, None], np.linspace(-2.0, 2.0, 101)[:, None]
    sigma = np.linspace(0.0, 3.5, 201)
    density = np.exp(HyperPrior().log_density(mu, beta, sigma))
    density[..., 0] /= 2
    assert density.sum() * 0.075 * 0.04 * 0.0175 == pytest.approx(1.0, rel=1e-6)


def test_the_table_is_the_likelihood_of_each_galaxy(sample):
    data, _ = sample(9, (1.0, 1.0))
    table = exponent_table(data, exponents=np.array([0.5, 0.757, 3.0]))
    error = np.maximum(0.1 * data.v_obs, 1.0)
    for i, p in enumerate(table.exponents):
        kernel = GatedPowerLaw(params={"p": p}).enhancement(data) - 1.0
        velocity = np.sqrt(data.v_bar_squared * (1.0 + np.minimum(kernel, 100.0)))
        for galaxy in (0, 50, 115):
            rows = data.galaxy == galaxy
            chi2 = np.sum(((velocity - data.v_obs) / error)[rows] ** 2)
            assert table.log_likelihood[galaxy, i] == pytest.approx(-0.5 * chi2, rel=1e-12)
    assert table.log_likelihood.shape == (116, 3)
    assert table.names == data.names


def test_z_has_mean_zero_and_unit_spread():
    z = standardised([0, 0, 1, 4])
    assert (z.mean(), z.std()) == (pytest.approx(0.0, abs=1e-15), pytest.approx(1.0))


TABLE = gaussian_table(np.array([0.5, 1.0]), np.array([0.1, 0.1]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exponent_table(None, errors="ten"), "errors='ten': must be one of fraction, tabulated"),
        (
            lambda: exponent_table(None, exponents=[1.0, 0.5]),
            "exponents: 2 of them, must be at least two increasing numbers",
        ),
        (lambda: standardised([2, 2]), "classes: all are equal, there is no slope to find"),
        (lambda: hyper_posterior(TABLE, [1.0]), "z: has shape (1,), must be 2 finite numbers"),
        (lambda: hyper_posterior(TABLE, [1.0, np.nan]), "z: has shape (2,), must be 2 finite numbers"),
        (lambda: hyper_posterior(TABLE, [1.0, 2.0], points=20), "points=20: must be odd and >= 13"),
        (lambda: HyperPrior(mu_sd=0.0), "mu_sd=0.0: must be > 0"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message
    assert isinstance(error.value, InvalidInput) == (not message.startswith("mu_sd"))
