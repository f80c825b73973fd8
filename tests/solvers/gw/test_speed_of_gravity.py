"""GW170817: the numbers of a galactic path in astropy's units, and when the check passes."""

import math

import pytest
from astropy import constants, units
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.gw.speed_of_gravity import shift_of_delay, speed_of_gravity


def test_the_galactic_path_of_the_source_fails():
    found = speed_of_gravity()
    assert found.delay == pytest.approx(1.03e5, rel=1e-3)
    assert found.delay / 86400 == pytest.approx(1.19, abs=5e-3)
    assert found.mean_shift == pytest.approx(2.5e-11, rel=1e-12, abs=0)
    assert found.factor == pytest.approx(5e4, rel=1e-12)
    assert found.path_to_bound == pytest.approx(0.02, rel=1e-12)
    assert found.bound == 5e-16
    assert found.passes is False


def test_the_observed_delay_is_below_the_bound():
    assert shift_of_delay() == pytest.approx(4.1e-16, rel=0.01, abs=0)
    assert shift_of_delay() < speed_of_gravity().bound


POSITIVE = {"path": st.floats(1e-6, 10.0), "distance": st.floats(1.0, 1e4), "bound": st.floats(1e-18, 1e-6)}


@given(shift=st.floats(1e-15, 1e-3), **POSITIVE)
@settings(deadline=None, derandomize=True)
def test_units_and_relations(shift, path, distance, bound):
    found = speed_of_gravity(shift, path, distance, bound)
    delay = (shift * path * units.kpc / constants.c).to_value(units.s)
    assert found.delay == pytest.approx(delay, rel=1e-13)
    assert found.mean_shift == pytest.approx(
        shift * (path * units.kpc / (distance * units.Mpc)).to_value(""), rel=1e-13
    )
    assert shift_of_delay(found.delay, distance) == pytest.approx(found.mean_shift, rel=1e-13)
    assert found.factor == pytest.approx(path / (found.path_to_bound / 1e3), rel=1e-13)
    assert found.passes == (found.mean_shift < bound)


def test_a_path_as_long_as_allowed_reaches_the_bound():
    allowed = speed_of_gravity().path_to_bound / 1e3
    assert speed_of_gravity(path=allowed).factor == pytest.approx(1.0, rel=1e-14)
    assert speed_of_gravity(path=0.99 * allowed).passes
    assert not speed_of_gravity(path=1.01 * allowed).passes


def test_no_shift_passes_on_any_path():
    found = speed_of_gravity(shift=0.0)
    assert (found.delay, found.factor, found.path_to_bound, found.passes) == (0.0, 0.0, math.inf, True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: speed_of_gravity(shift=-1e-6), "shift=-1e-06: must be >= 0"),
        (lambda: speed_of_gravity(shift=math.nan), "shift=nan: must be >= 0"),
        (lambda: speed_of_gravity(path=0.0), "path=0.0: must be > 0"),
        (lambda: speed_of_gravity(distance=math.inf), "distance=inf: must be > 0"),
        (lambda: speed_of_gravity(bound=-1.0), "bound=-1.0: must be > 0"),
        (
            lambda: speed_of_gravity(path=5e4, distance=40.0),
            "path=50000.0: must be within the distance of the source, 40000 kpc",
        ),
        (lambda: shift_of_delay(delay=-1.0), "delay=-1.0: must be >= 0"),
        (lambda: shift_of_delay(distance=0.0), "distance=0.0: must be > 0"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(InvalidInput) as error:
        call()
    assert str(error.value) == message
