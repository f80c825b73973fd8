"""The choice of the back end is checked when it is made."""

import pytest

from solvers.backend import Backend


def test_default_is_plain_numpy_on_one_thread():
    assert (Backend().name, Backend().threads) == ("numpy", 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "cuda"}, "name='cuda': must be one of numpy, numba, cupy"),
        ({"threads": 0}, "threads=0: must be >= 1"),
    ],
)
def test_illegal_choices_are_refused(settings, message):
    with pytest.raises(ValueError) as error:
        Backend(**settings)
    assert str(error.value) == message
