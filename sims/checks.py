"""Keys of experiments that are lists of numbers."""

from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.parameters import Interval, parse_axis


def checked_list(key: str, values: Any, legal: Interval) -> np.ndarray:
    """A list of numbers, or one number, as a vector.

    Parameters
    ----------
    key : str
        What messages start with.
    values : list or number
        As in the configuration.
    legal : Interval
        Legal values.

    Raises
    ------
    InvalidInput
        No list, an empty one, or an illegal number in it.
    """
    try:
        return parse_axis(key, [values] if isinstance(values, int | float) else values, legal)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
