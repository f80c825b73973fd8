"""What models with named parameters share: joined values, legal values and their one line for the user."""

import numpy as np
import pytest

from solvers.errors import InvalidInput
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, REAL, Interval
from solvers.inference.parametrised import Parametrised


class Model(Parametrised):
    domain = {"mass": POSITIVE, "level": REAL, "share": Interval(0.0, 1.0), "depth": NON_NEGATIVE}
    defaults = {"level": 2.0, "depth": 0.0}
    units = {"mass": "kg"}


FREE = {"mass": {"prior": {"min": 1, "max": 9}}, "share": 0.5}


def test_parameters_are_fixed_free_or_scanned():
    space = Model(params={**FREE, "depth": {"scan": [0.0, 1.0]}}).space
    assert dict(space.fixed) == {"level": 2.0, "share": 0.5}
    assert space.names == ("mass",)
    assert list(space.axes) == ["depth"]


def test_models_without_parameters_are_models():
    model = Parametrised()
    assert model.label == ""
    assert model.joined({}) == {}
    assert model.space.names == ()
    with pytest.raises(InvalidInput, match="^mass: unknown parameter"):
        model.joined({"mass": 1.0})


def test_given_values_replace_the_fixed_ones_and_defaults():
    model = Model(params=FREE)
    assert model.joined({"mass": 3.0}) == {"mass": 3.0, "level": 2.0, "share": 0.5, "depth": 0.0}
    assert model.joined({"mass": 3.0, "share": 0.1, "level": -4.0})["share"] == 0.1
    array = np.array([1.0, 2.0])
    assert model.joined({"mass": array})["mass"] is array


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ({"mas": 1.0}, "mas: unknown parameter; did you mean mass?"),
        ({"zzz": 1.0}, "zzz: unknown parameter; known: depth, level, mass, share"),
        ({}, "mass: not fixed by params, give its value"),
        ({"level": 1.0}, "mass: not fixed by params, give its value"),
    ],
)
def test_every_parameter_must_be_known_and_have_a_value(theta, message):
    with pytest.raises(InvalidInput) as error:
        Model(params=FREE).joined(theta)
    assert str(error.value) == message
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    "theta",
    [
        {},
        {"mass": 1e-300, "level": -1e300, "share": 0.0, "depth": 0.0},
        {"share": 1.0},
        {"share": 1},
        {"mass": np.float64(2.0), "level": np.int64(-2)},
        {"share": [0.0, 0.5, 1.0]},
        {"share": np.array(0.5)},
        {"mass": np.array([[1.0, 2.0], [3.0, 4.0]]), "depth": np.array([0, 1])},
    ],
    ids=str,
)
def test_legal_values_pass(theta):
    Model(params=FREE).check_domain(theta)


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ({"mass": 0.0}, "mass=0: must be > 0"),
        ({"mass": 0}, "mass=0: must be > 0"),
        ({"mass": np.float64(-1.5)}, "mass=-1.5: must be > 0"),
        ({"depth": -1e-9}, "depth=-1e-09: must be >= 0"),
        ({"share": [0.5, 2.0, 0.1]}, "share=2: must be >= 0 and <= 1"),
        ({"share": np.array([[0.5], [-2.0]])}, "share=-2: must be >= 0 and <= 1"),
        ({"share": np.array(3.0)}, "share=3: must be >= 0 and <= 1"),
        ({"level": float("nan")}, "level=nan: must be a finite number"),
        ({"level": np.array([1.0, np.nan, 2.0])}, "level=nan: must be a finite number"),
        ({"level": np.array([1.0, np.inf])}, "level=inf: must be a finite number"),
        ({"level": [0.0, -np.inf]}, "level=-inf: must be a finite number"),
        ({"mass": np.array([1, 0])}, "mass=0: must be > 0"),
    ],
)
def test_illegal_values_are_one_line(theta, message):
    with pytest.raises(InvalidInput) as error:
        Model(params=FREE).check_domain(theta)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "params.mass: missing, give a number or a prior"),
        ({"mass": 1.0}, "params.share: missing, give a number or a prior"),
        ({**FREE, "mass": -1}, "params.mass=-1: must be > 0"),
        ({**FREE, "massa": 1}, "params.massa: unknown parameter; did you mean mass?"),
        ({**FREE, "level": True}, "params.level=True: must be a number (text and formulas are not read)"),
        ({**FREE, "share": {"prior": {"min": 0, "max": 2}}}, "params.share.prior.max=2: must be >= 0 and <= 1"),
    ],
)
def test_a_model_with_illegal_parameters_cannot_be_built(params, message):
    with pytest.raises(ValueError) as error:
        Model(params=params)
    assert str(error.value) == message


def test_a_model_is_frozen_and_takes_keywords_only():
    with pytest.raises(AttributeError):
        Model(params=FREE).label = "other"
    with pytest.raises(TypeError):
        Model(FREE)
