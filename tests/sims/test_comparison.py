"""Models side by side: differences to the best one, weights, and scans on their full keys."""

import numpy as np
import pytest
import xarray as xr

from sims.comparison import compare

KEY = "models.b.params.x"


def _model(chi2, k, **axes):
    dims = tuple(axes)
    values = {"chi2": chi2, "aic": np.asarray(chi2) + 2 * k, "bic": np.asarray(chi2) + k * np.log(50)}
    return xr.Dataset({name: (dims, v) for name, v in values.items()}, coords={d: np.array(axes[d]) for d in axes})


@pytest.fixture
def plain():
    return {"a": _model(100.0, 1), "b": _model(96.5, 2), "c": _model(99.0, 3)}


def test_differences_are_to_the_lowest(plain):
    found = compare(plain)
    assert list(found["model"].values) == ["a", "b", "c"]
    np.testing.assert_allclose(found["delta_chi2"], [3.5, 0.0, 2.5])
    np.testing.assert_allclose(found["delta_aic"], [1.5, 0.0, 4.5])
    np.testing.assert_allclose(found["bic"], np.array([100.0, 96.5, 99.0]) + np.array([1, 2, 3]) * np.log(50))


def test_weights_are_those_of_akaike(plain):
    weight = compare(plain)["akaike_weight"].values
    expected = np.exp(-0.5 * np.array([1.5, 0.0, 4.5]))
    np.testing.assert_allclose(weight, expected / expected.sum(), rtol=1e-14)


def test_a_scanned_model_gets_its_full_key_and_the_others_are_repeated_along_it(plain):
    scanned = np.array([98.0, 97.0, 103.0, np.inf])
    found = compare(plain | {"b": _model(scanned, 2, x=[1.0, 2.0, 3.0, 4.0])})
    assert set(found["chi2"].dims) == {"model", KEY}
    np.testing.assert_array_equal(found[KEY], [1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(found["chi2"].sel(model="a"), np.full(4, 100.0))
    np.testing.assert_array_equal(found["chi2"].sel(model="b"), scanned)
    np.testing.assert_allclose(found["delta_chi2"].sel(model="c"), 99.0 - np.minimum(scanned, 99.0))
    np.testing.assert_allclose(found["akaike_weight"].sum("model"), np.ones(4))
    assert found["akaike_weight"].sel(model="b").values[-1] == 0.0


def test_two_scanned_models_span_a_grid(plain):
    models = {
        "a": _model([1.0, 2.0], 1, x=[0.1, 0.2]),
        "b": _model(np.ones((2, 3)), 1, x=[1.0, 2.0], y=[1.0, 2.0, 3.0]),
    }
    found = compare(models)
    sizes = {"model": 2, "models.a.params.x": 2, "models.b.params.x": 2, "models.b.params.y": 3}
    assert dict(found.sizes) == sizes
    np.testing.assert_array_equal(found["chi2"].sel(model="a").isel({KEY: 0, "models.b.params.y": 0}), [1.0, 2.0])
    delta = found["delta_chi2"].sel({"model": "a", "models.a.params.x": 0.2})
    np.testing.assert_array_equal(delta, np.ones((2, 3)))


def test_every_column_has_its_unit_and_name(plain):
    found = compare(plain)
    assert set(found.data_vars) == {"chi2", "delta_chi2", "aic", "delta_aic", "akaike_weight", "bic"}
    for variable in found.variables.values():
        assert set(variable.attrs) == {"units", "long_name"}


def test_comparing_leaves_the_models_as_they_are(plain):
    before = {name: dataset.copy(deep=True) for name, dataset in plain.items()}
    compare(plain)
    assert all(plain[name].identical(before[name]) for name in plain)
