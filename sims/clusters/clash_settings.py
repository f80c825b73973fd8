"""Settings of a run on CLASH clusters: their words and numbers, and which of them belong to which catalogue."""

import math
from collections.abc import Mapping
from typing import Any

from sims.clusters.clash_rows import BARYONS, FRACTIONS
from sims.likelihoods.clash import SYSTEMATIC
from solvers.clusters.clash_points import ERRORS
from solvers.errors import InvalidInput
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, Interval

_UNIT = Interval(0.0, 1.0)
_WORDS = {"errors": ERRORS, "baryons": BARYONS, "systematic": SYSTEMATIC}
_NUMBERS = {"scatter": NON_NEGATIVE, "H0": POSITIVE, "Om0": _UNIT}

_OF_ACCELERATIONS = {"errors": "both", "scatter": 0.0}
_OF_MASSES = {"baryons": "accelerations", "systematic": "none"}
_OF_SHARES = {"fractions": FRACTIONS, "H0": 70.0, "Om0": 0.3}
"""Settings of each kind with their defaults."""


def check_settings(settings: Mapping[str, Any]) -> None:
    """Raise unless every word is known and every number in its range, whatever the catalogue.

    Parameters
    ----------
    settings : mapping
        errors, scatter, baryons, systematic, fractions, redshifts, H0 and Om0 of `sims.clusters.clash.clash`.

    Raises
    ------
    InvalidInput
        An unknown word or fraction, or a number out of its range.
    """
    for key, known in _WORDS.items():
        if settings[key] not in known:
            raise InvalidInput(f"sim.{key}={settings[key]!r}: must be one of {', '.join(known)}")
    for key, legal in _NUMBERS.items():
        _check_number(key, settings[key], legal)
    for name, value in settings["fractions"].items():
        if name not in FRACTIONS:
            raise InvalidInput(f"sim.fractions.{name}: must be one of {', '.join(FRACTIONS)}")
        _check_number(f"fractions.{name}", value, _UNIT)
    for name, value in settings["redshifts"].items():
        _check_number(f"redshifts.{name}", value, NON_NEGATIVE)


def require_accelerations_alone(settings: Mapping[str, Any], name: str) -> None:
    """Raise if a setting of masses is not left at its default while the catalogue `name` has accelerations.

    Raises
    ------
    InvalidInput
        A setting that does nothing.
    """
    _require_default(settings, _OF_MASSES | _OF_SHARES, f"is of masses; the accelerations of {name} have none")


def require_masses_alone(settings: Mapping[str, Any], name: str) -> None:
    """Raise if a setting of accelerations, or of other baryons, is not left at its default while `name` has masses.

    Raises
    ------
    InvalidInput
        A setting that does nothing.
    """
    _require_default(settings, _OF_ACCELERATIONS, f"is of accelerations; the masses of {name} have none")
    if settings["baryons"] != "gas_fraction":
        _require_default(settings, _OF_SHARES, "is of sim.baryons=gas_fraction; measured baryons need none")


def _require_default(settings: Mapping[str, Any], defaults: Mapping[str, Any], why: str) -> None:
    for key, default in defaults.items():
        if isinstance(default, Mapping):
            nested = {f"{key}.{name}": (value, default[name]) for name, value in settings[key].items()}
        else:
            nested = {key: (settings[key], default)}
        for name, (value, own) in nested.items():
            if value != own:
                raise InvalidInput(f"sim.{name}={value}: {why}")


def _check_number(key: str, value: Any, legal: Interval) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or value not in legal:
        raise InvalidInput(f"sim.{key}={value!r}: {legal}")
