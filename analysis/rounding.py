"""Numbers with their errors, as they are printed."""

import numpy as np

_SMALL = 1e-4
"""Below it numbers are written with a power of ten."""


def decimals(sigma: float) -> int:
    """Decimals that show two figures of an error."""
    return max(0, 1 - int(np.floor(np.log10(sigma))))


def with_error(value: float, sigma: float) -> str:
    """A value ± its error, both to two figures of the error; without an error, the value to six figures.

    Small numbers have a common power of ten: (4.8 ± 2.7)e-10.
    """
    if not (np.isfinite(sigma) and sigma > 0):
        return f"{value:.6g}"
    largest = max(abs(value), sigma)
    if largest < _SMALL:
        power = int(np.floor(np.log10(largest)))
        return f"({with_error(value / 10.0**power, sigma / 10.0**power)})e{power}"
    digits = decimals(sigma)
    return f"{value:.{digits}f} ± {sigma:.{digits}f}"
