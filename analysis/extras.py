"""Packages that only the extra `inference` brings."""

import importlib
import warnings
from types import ModuleType

from analysis.errors import NotInstalled


def optional(module: str, package: str) -> ModuleType:
    """A module, imported when it is asked for.

    Parameters
    ----------
    module : str
        Full name, one of ours or not.
    package : str
        The package of the extra `inference` that it needs.

    Raises
    ------
    NotInstalled
        It cannot be imported.
    """
    try:
        with warnings.catch_warnings():
            # ArviZ announces its next version to whoever imports it.
            warnings.simplefilter("ignore", FutureWarning)
            return importlib.import_module(module)
    except ImportError as error:
        reason = "is not installed" if error.name == package else f"cannot be imported ({error})"
        raise NotInstalled(f'{package} {reason}: pip install -e ".[inference]"', name=package) from error
