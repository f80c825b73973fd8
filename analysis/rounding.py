"""Numbers with their errors, as they are printed."""

import numpy as np


def decimals(sigma: float) -> int:
    """Decimals that show two figures of an error."""
    return max(0, 1 - int(np.floor(np.log10(sigma))))


def with_error(value: float, sigma: float) -> str:
    """A value ± its error, both to two figures of the error; without an error, the value to six figures."""
    if not (np.isfinite(sigma) and sigma > 0):
        return f"{value:.6g}"
    digits = decimals(sigma)
    return f"{value:.{digits}f} ± {sigma:.{digits}f}"
