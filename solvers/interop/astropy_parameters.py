"""What `solvers.interop.astropy_cosmology` accepts: checks of its parameters, and redshifts in astropy's many forms."""

import math
from collections.abc import Callable
from dataclasses import field
from typing import Any

import numpy as np
from astropy import constants
from astropy import units as u
from astropy.cosmology import Parameter
from astropy.cosmology import units as cu

from solvers.backgrounds.base import redshifts
from solvers.constants import C_M_S, KM_PER_MPC
from solvers.errors import InvalidInput
from solvers.laws.critical_acceleration import FORMS

N_EFF = 3.046
"""Massless neutrino species that share the radiation with the photons."""

_NEUTRINOS_PER_PHOTON = 7.0 / 8.0 * (4.0 / 11.0) ** (4.0 / 3.0) * N_EFF
_ACCELERATION = u.m / u.s**2


def derived(doc: str, unit: str | None = None) -> Any:
    """A parameter of FLRW that follows from the others: no argument, and not printed."""
    return field(default=Parameter(default=0.0, derived=True, unit=unit, doc=doc), init=False, repr=False)


def photon_temperature(radiation: u.Quantity) -> u.Quantity:
    """Temperature [K] of the photons in a density of photons and `N_EFF` massless neutrinos [mass/volume]."""
    energy = radiation / (1.0 + _NEUTRINOS_PER_PHOTON) * constants.c**3 / (4.0 * constants.sigma_sb)
    return (energy**0.25).to(u.K)


def _number(parameter: Parameter, value: Any) -> Any:
    """A scalar in the parameter's unit: a Quantity where there is one, else a float."""
    quantity = u.Quantity(value, parameter.unit or u.one, dtype=float)
    if not quantity.isscalar:
        raise InvalidInput(f"{parameter.name}: must be a single number")
    return quantity if parameter.unit is not None else float(quantity.value)


def positive(_cosmology: Any, parameter: Parameter, value: Any) -> Any:
    """A finite number above 0.

    Raises
    ------
    InvalidInput
        Anything else, or more than one number.
    """
    number = _number(parameter, value)
    if not 0.0 < getattr(number, "value", number) < math.inf:
        raise InvalidInput(f"{parameter.name}={number}: must be > 0")
    return number


def non_negative(_cosmology: Any, parameter: Parameter, value: Any) -> Any:
    """A finite number not below 0.

    Raises
    ------
    InvalidInput
        Anything else, or more than one number.
    """
    number = _number(parameter, value)
    if not 0.0 <= getattr(number, "value", number) < math.inf:
        raise InvalidInput(f"{parameter.name}={number}: must be >= 0")
    return number


def flag(_cosmology: Any, parameter: Parameter, value: Any) -> int:
    """0 or 1 from True and False, numbers or text: a number fits into every format of astropy's.

    Raises
    ------
    InvalidInput
        Anything else.
    """
    text = str(value)
    if text not in ("True", "False", "1", "0", "1.0", "0.0"):
        raise InvalidInput(f"{parameter.name}={text}: must be True or False")
    return int(text in ("True", "1", "1.0"))


def critical_kappa(cosmology: Any, parameter: Parameter, value: Any) -> float:
    """κ = g†/(c H0) from a number, the name of a published form, or g† as an acceleration.

    Parameters
    ----------
    cosmology : object
        Anything with the Quantity `H0`, which an acceleration is divided by.
    parameter : Parameter
        For the name in an error.
    value : float, str or Quantity
        κ in one of its three forms; text that is no form's name is read as a number.

    Raises
    ------
    InvalidInput
        An unknown form, or a number that is not positive.
    """
    if isinstance(value, str):
        try:
            value = FORMS[value] if value in FORMS else float(value)
        except ValueError:
            forms = ", ".join(FORMS)
            raise InvalidInput(f"{parameter.name}={value!r}: must be a number > 0 or one of {forms}") from None
    elif isinstance(value, u.Quantity) and value.unit.is_equivalent(_ACCELERATION):
        hubble = cosmology.H0.to_value(u.km / u.s / u.Mpc)
        value = value.to_value(_ACCELERATION) * KM_PER_MPC / (C_M_S * hubble)
    return positive(cosmology, parameter, value)


def redshift(z: Any) -> np.ndarray:
    """Redshifts as an array of any shape, from numbers, lists, columns and Quantities.

    Raises
    ------
    TypeError, astropy.units.UnitConversionError
        Not numbers, or a unit that is no redshift.
    """
    return np.asarray(u.Quantity(z, cu.redshift).value, dtype=float)


def over_redshifts(function: Callable[[np.ndarray], np.ndarray], z: Any) -> Any:
    """Values of a function of a vector of redshifts, in the shape of `z`; a scalar for a scalar.

    Raises
    ------
    InvalidInput
        A redshift that is not a finite number above −1.
    """
    array = redshift(z)
    values = function(redshifts(array.ravel())) if array.size else array.ravel()
    return values.reshape(array.shape)[()]
