"""One question asked five ways: the matter density of flat ΛCDM on Pantheon+."""

import numpy as np
import pytest

WAYS = {
    "minimize": [],
    "profile": ["inference.points=11"],
    "grid": [],
    "emcee": [],
    "nautilus": ["inference.n_live=400", "inference.n_eff=4000"],
}


@pytest.fixture(scope="module")
def answers(composed, pantheon_plus):
    from outputs.request import execute, prepare

    typed = ["+experiment=pantheon_baryons", "models=[lcdm]", "profile=[]"]
    return {
        way: execute(prepare(composed(*typed, f"inference={way}", *settings)), typed)["models/lcdm"]
        for way, settings in WAYS.items()
    }


def _centre_and_width(way, node):
    if way == "minimize":
        return node["best_fit"].item(), node["sigma"].item()
    if way == "profile":
        lower, upper = node["interval"].sel(param="omega_m").isel(level=0).values
        return 0.5 * (lower + upper), 0.5 * (upper - lower)
    return node["posterior_mean"].item(), node["posterior_sd"].item()


@pytest.mark.parametrize("way", WAYS)
def test_each_way_agrees_with_the_grid_within_a_tenth_of_an_error(answers, way):
    centre, width = _centre_and_width(way, answers[way])
    mean, sd = _centre_and_width("grid", answers["grid"])
    assert mean == pytest.approx(0.331, abs=0.0018)
    assert sd == pytest.approx(0.018, abs=0.0005)
    assert abs(centre - mean) < 0.1 * sd
    assert width == pytest.approx(sd, rel=0.1)


def test_the_evidence_of_nautilus_is_that_of_the_grid(answers):
    nautilus, grid = answers["nautilus"], answers["grid"]
    error = nautilus["log_evidence_error"].item()
    assert error < 0.02
    assert abs(nautilus["log_evidence"].item() - grid["log_evidence"].item()) < 3.0 * error


def test_the_evidence_of_the_grid_is_the_integral_of_the_likelihood(answers, composed, pantheon_plus):
    """Laplace's approximation from best fit and error, which for this nearly Gaussian posterior is good to 0.01."""
    node = answers["minimize"]
    width = 0.99 - 0.01
    laplace = -0.5 * node["chi2"].item() + 0.5 * np.log(2.0 * np.pi) + np.log(node["sigma"].item() / width)
    assert answers["grid"]["log_evidence"].item() == pytest.approx(laplace, abs=0.01)


@pytest.mark.parametrize("way", ["emcee", "nautilus"])
def test_samplers_say_that_they_converged_and_keep_their_draws(answers, way):
    node = answers[way]
    assert bool(node["posterior_converged"])
    draws = node["posterior/omega_m"].values
    # Those of a nested sampler are resampled from weighted points, which give the mean.
    tolerance = 1e-12 if way == "emcee" else 0.1 * node["posterior_sd"].item()
    assert draws.mean() == pytest.approx(node["posterior_mean"].item(), abs=tolerance)
    assert draws.ndim == 2


def test_a_chain_that_is_cut_short_says_so(executed):
    short = ["inference=emcee", "inference.max_steps=40", "inference.block=20", "profile=[]", "models=[lcdm]"]
    assert not bool(executed("pantheon_baryons", *short)["models/lcdm/posterior_converged"])


def test_a_model_has_the_same_chain_whoever_stands_beside_it(executed):
    settings = ["inference=emcee", "inference.max_steps=40", "inference.block=20", "profile=[]"]
    alone = executed("pantheon_baryons", "models=[lcdm]", *settings)["models/lcdm/posterior/omega_m"].values
    beside = executed("pantheon_baryons", "models=[wcdm,lcdm]", *settings)["models/lcdm/posterior/omega_m"].values
    np.testing.assert_array_equal(alone, beside)
    other = executed("pantheon_baryons", "models=[lcdm]", *settings, "seed=1")["models/lcdm/posterior/omega_m"].values
    assert not np.array_equal(alone, other)
