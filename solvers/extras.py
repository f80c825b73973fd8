"""Packages that only an extra brings."""

import importlib
import warnings
from types import ModuleType

from solvers.errors import InvalidInput

__all__ = ["jax_64", "of_extra"]


def of_extra(module: str, extra: str) -> ModuleType:
    """A module, imported when it is asked for.

    Parameters
    ----------
    module : str
        Full name.
    extra : str
        The extra that brings it.

    Raises
    ------
    InvalidInput
        It is not installed.
    """
    try:
        with warnings.catch_warnings():
            # ArviZ announces its next version to whoever imports it.
            warnings.simplefilter("ignore", FutureWarning)
            return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise InvalidInput(f'{package} cannot be imported ({error}): pip install -e ".[{extra}]"') from error


def jax_64() -> ModuleType:
    """jax with numbers of 64 bits; it has to be asked for before anything is computed by it.

    Raises
    ------
    InvalidInput
        jax is not installed.
    """
    jax = of_extra("jax", "nuts")
    jax.config.update("jax_enable_x64", True)
    return jax
