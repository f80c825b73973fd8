"""The notation of parameters, and one message for every way to get it wrong."""

import math

import numpy as np
import pytest

from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, REAL, Interval, parse_parameters

DOMAIN = {"omega_m": POSITIVE, "a_cos": NON_NEGATIVE, "w0": REAL, "H0": POSITIVE}
DEFAULTS = {"omega_m": 0.3, "a_cos": 1.0, "w0": -1.0, "H0": 70.0}


def parse(params, defaults=DEFAULTS):
    return parse_parameters(params, DOMAIN, defaults)


def test_numbers_fix_and_defaults_fill_in():
    space = parse({"omega_m": 0.25, "w0": {"value": -0.9}, "a_cos": np.float64(3)})
    assert space.fixed == {"omega_m": 0.25, "a_cos": 3.0, "w0": -0.9, "H0": 70.0}
    assert space.free == ()
    assert dict(space.axes) == {}


def test_priors_free_in_the_order_of_the_configuration():
    space = parse({"w0": {"prior": {"min": -2, "max": 0}}, "omega_m": {"prior": {"min": 0.1, "max": 0.5}}})
    assert space.names == ("w0", "omega_m")
    assert [(p.low, p.high, p.ref, p.latex) for p in space.free] == [(-2, 0, -1, "w0"), (0.1, 0.5, 0.3, "omega_m")]
    assert set(space.fixed) == {"a_cos", "H0"}


def test_reference_label_and_distribution_are_read():
    prior = {"min": 0.1, "max": 0.5, "dist": "uniform"}
    (p,) = parse({"omega_m": {"prior": prior, "ref": 0.2, "latex": r"\\Omega_m", "proposal": 0.01}}).free
    assert (p.ref, p.latex) == (0.2, r"\\Omega_m")


@pytest.mark.parametrize(
    ("low", "high", "logarithmic", "ref"),
    [(0.1, 10.0, False, 5.05), (0.1, 10.1, True, math.sqrt(1.01)), (0.1, 1e5, True, 100.0), (0.0, 1e5, False, 5e4)],
)
def test_wide_priors_are_logarithmic(low, high, logarithmic, ref):
    (p,) = parse({"a_cos": {"prior": {"min": low, "max": high}}}).free
    assert p.is_logarithmic == logarithmic
    assert p.ref == pytest.approx(ref, rel=1e-14)
    middle = math.sqrt(low * high) if logarithmic else (low + high) / 2
    np.testing.assert_allclose(p.grid(3), [low, middle, high], rtol=1e-14)


@pytest.mark.parametrize(
    ("node", "axis"),
    [
        ([0.3, 0.1, 0.2], [0.3, 0.1, 0.2]),
        ({"min": 1, "max": 3, "num": 5}, [1, 1.5, 2, 2.5, 3]),
        ({"min": 1, "max": 100, "num": 3, "log": True}, [1, 10, 100]),
        ({"min": 1, "max": 3, "num": 3, "log": False}, [1, 2, 3]),
    ],
)
def test_scans_are_axes(node, axis):
    space = parse({"a_cos": {"scan": node}})
    np.testing.assert_allclose(space.axes["a_cos"], axis, rtol=1e-14)
    assert "a_cos" not in space.fixed


def test_a_scan_beside_a_prior_wins_and_an_empty_one_does_not():
    prior = {"min": 0.1, "max": 0.5}
    assert parse({"omega_m": {"prior": prior, "scan": [0.2]}}).free == ()
    assert parse({"omega_m": {"prior": prior, "scan": None}}).names == ("omega_m",)


def test_axes_keep_the_order_of_the_configuration():
    assert list(parse({"H0": {"scan": [60]}, "omega_m": {"scan": [0.3]}}).axes) == ["H0", "omega_m"]


PRIOR = {"min": 0.1, "max": 0.5}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"omega_n": 1}, "params.omega_n: unknown parameter; did you mean omega_m?"),
        ({"qqq": 1}, "params.qqq: unknown parameter; known: H0, a_cos, omega_m, w0"),
        ({"omega_m": None}, "params.omega_m: missing, give a number or a prior"),
        ({"omega_m": "0.3"}, "params.omega_m='0.3': must be a number (text and formulas are not read)"),
        ({"omega_m": True}, "params.omega_m=True: must be a number (text and formulas are not read)"),
        ({"omega_m": 0}, "params.omega_m=0: must be > 0"),
        ({"a_cos": -1}, "params.a_cos=-1: must be >= 0"),
        ({"w0": math.nan}, "params.w0=nan: must be a finite number"),
        ({"omega_m": {"value": -2}}, "params.omega_m.value=-2: must be > 0"),
        ({"omega_m": {}}, "params.omega_m: needs a number, `prior`, `scan` or `value`"),
        ({"omega_m": {"piror": PRIOR}}, "params.omega_m.piror: unknown key; did you mean prior?"),
        ({"omega_m": {"prior": [0.1, 0.5]}}, "params.omega_m.prior=[0.1, 0.5]: must be {min: ..., max: ...}"),
        ({"omega_m": {"prior": {"min": 0.1}}}, "params.omega_m.prior: needs both min and max"),
        ({"omega_m": {"prior": {**PRIOR, "maxi": 1}}}, "params.omega_m.prior.maxi: unknown key; did you mean max?"),
        ({"omega_m": {"prior": {"min": 0, "max": 1}}}, "params.omega_m.prior.min=0: must be > 0"),
        ({"omega_m": {"prior": {"min": 2, "max": 1}}}, "params.omega_m.prior.min=2: must be below max=1"),
        ({"omega_m": {"prior": PRIOR, "ref": 0.6}}, "params.omega_m.ref=0.6: must be >= 0.1 and <= 0.5"),
        ({"a_cos": {"scan": []}}, "params.a_cos.scan=[]: must be a list or {min, max, num, log}"),
        ({"a_cos": {"scan": "1,2"}}, "params.a_cos.scan='1,2': must be a list or {min, max, num, log}"),
        ({"a_cos": {"scan": 3}}, "params.a_cos.scan=3: must be a list or {min, max, num, log}"),
        ({"a_cos": {"scan": [1, -1]}}, "params.a_cos.scan[1]=-1: must be >= 0"),
        ({"a_cos": {"scan": {"min": 1, "max": 2}}}, "params.a_cos.scan: needs min, max and num"),
        ({"a_cos": {"scan": {"min": 1, "max": 2, "n": 3}}}, "params.a_cos.scan.n: unknown key"),
        ({"a_cos": {"scan": {"min": 1, "max": 2, "num": 1}}}, "params.a_cos.scan.num=1: must be a whole number >= 2"),
        ({"a_cos": {"scan": {"min": 1, "max": 2, "num": 2.5}}}, "params.a_cos.scan.num=2.5: must be a whole number"),
        ({"a_cos": {"scan": {"min": 2, "max": 2, "num": 3}}}, "params.a_cos.scan.min=2: must be below max=2"),
        (
            {"a_cos": {"scan": {"min": 0, "max": 2, "num": 3, "log": True}}},
            "params.a_cos.scan.min=0: must be > 0 for a logarithmic scan",
        ),
    ],
)
def test_every_mistake_has_its_message(params, message):
    with pytest.raises(ValueError) as error:
        parse(params)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_prior_of_another_distribution_is_refused():
    with pytest.raises(
        ValueError, match=r"^params\.w0\.prior=.*cauchy.*: must be \{min: \.\.\., max: \.\.\.\}, with dist"
    ):
        parse({"w0": {"prior": {"dist": "cauchy", "loc": -1, "scale": 0.1}}})


def test_a_parameter_without_default_must_be_given():
    with pytest.raises(ValueError, match=r"^params\.omega_m: missing, give a number or a prior$"):
        parse({}, defaults={"a_cos": 1.0, "w0": -1.0, "H0": 70.0})


@pytest.mark.parametrize(
    ("interval", "inside", "outside", "text"),
    [
        (POSITIVE, [1e-300, 5.0], [0.0, -1.0, math.inf, math.nan], "must be > 0"),
        (NON_NEGATIVE, [0.0, 5.0], [-1e-300, math.inf, math.nan], "must be >= 0"),
        (REAL, [-1e300, 0.0], [math.inf, -math.inf, math.nan], "must be a finite number"),
        (Interval(0.0, 1.0), [0.0, 1.0], [1.0000001, -0.1], "must be >= 0 and <= 1"),
    ],
)
def test_intervals_know_their_members_and_say_so(interval, inside, outside, text):
    assert all(value in interval for value in inside)
    assert not any(value in interval for value in outside)
    assert str(interval) == text


def test_a_normal_prior_is_cut_by_the_limits_beside_it():
    node = {"prior": {"dist": "norm", "loc": 0.3, "scale": 0.01, "min": 0.01, "max": 0.31}}
    (free,) = parse_parameters({"x": node}, {"x": POSITIVE}, {}).free
    assert (free.dist, free.loc, free.scale) == ("norm", 0.3, 0.01)
    assert free.low == pytest.approx(0.22)
    assert free.high == 0.31


def test_entries_that_are_null_are_not_there():
    node = {"prior": {"dist": "loguniform", "min": 0.1, "max": 10.0, "loc": None, "scale": None}}
    (free,) = parse_parameters({"x": node}, {"x": POSITIVE}, {}).free
    assert (free.dist, free.low, free.high, free.ref) == ("loguniform", 0.1, 10.0, 5.05)
