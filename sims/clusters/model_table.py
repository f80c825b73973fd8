"""What a run of clusters says of its models: amplitude and g† of each, and who stands beside Σ."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.clusters.enhancements import ClusterModel, LawEnhancement, LensModel, NoEnhancement, WindowedEnhancement
from solvers.errors import InvalidInput
from solvers.laws.mond import Mond

_OF_WINDOW = ("ell0", "p", "n")


def is_sigma(model: LensModel) -> bool:
    """Whether a model is one of Σ-Gravity: a window, or any law that is none of MOND's."""
    return isinstance(model, WindowedEnhancement) or (isinstance(model, LawEnhancement) and not is_mond(model))


def is_mond(model: LensModel) -> bool:
    """Whether a model is one of MOND's functions."""
    return isinstance(model, LawEnhancement) and isinstance(model.law, Mond)


def require_models(models: Mapping[str, LensModel], fixed: bool = True) -> None:
    """Raise unless there are models with numbers for all parameters, and beside one of Σ both MOND and baryons.

    Parameters
    ----------
    models : mapping of str to LensModel
        By name.
    fixed : bool
        False allows free and scanned parameters.

    Raises
    ------
    InvalidInput
        No models, a free or scanned parameter, or Σ without the two that it has to be read beside.
    """
    if not models:
        raise InvalidInput("models: name at least one")
    for name, model in models.items():
        loose = [*model.space.axes, *model.space.names]
        if fixed and loose:
            raise InvalidInput(f"models.{name}.params.{loose[0]}: give a number; nothing is fitted here")
    if any(is_sigma(model) for model in models.values()):
        if not any(is_mond(model) for model in models.values()):
            raise InvalidInput("models: Σ is shown beside MOND; add cluster_mond_simple")
        if not any(isinstance(model, NoEnhancement) for model in models.values()):
            raise InvalidInput("models: Σ is shown beside the baryons alone; add cluster_baryons")


def require_accelerations(models: Mapping[str, LensModel]) -> None:
    """Raise unless every model has a Σ of the acceleration by the baryons.

    Raises
    ------
    InvalidInput
        One has a window in projection instead.
    """
    for name, model in models.items():
        if not isinstance(model, ClusterModel):
            raise InvalidInput(f"models.{name}: has no Σ of an acceleration; use cluster_sigma")


def model_table(models: Mapping[str, LensModel]) -> xr.Dataset:
    """Amplitude and g† of every model; of windows their length and exponents. NaN: not in the model, or free."""
    numbers = {name: model.space.fixed for name, model in models.items()}

    def column(key: str) -> list[float]:
        return [float(fixed.get(key, np.nan)) for fixed in numbers.values()]

    windows = [model.window if isinstance(model, WindowedEnhancement) else "" for model in models.values()]
    table = {
        "model": variable("model", list(models), "", "model"),
        "label": variable("model", [model.label or name for name, model in models.items()], "", "as in figures"),
        "amplitude": variable("model", column("amplitude"), "", "A"),
        "g_dagger": variable("model", column("g_dagger"), "m/s2", "critical acceleration, of MOND a0"),
    }
    if any(windows):
        words = {"ell0": ("kpc", "length of the window"), "p": ("", "its inner exponent"), "n": ("", "its outer one")}
        table["window"] = variable("model", windows, "", "shape of the window in projection; empty: none")
        table |= {key: variable("model", column(key), *words[key]) for key in _OF_WINDOW}
    return xr.Dataset(table)


def model_notes(models: Mapping[str, LensModel]) -> list[str]:
    """Which amplitude and g† every Σ of the run has, and which A and a0 every MOND: a sentence of each there is."""
    sentences = []
    for group, belongs in (("Σ", is_sigma), ("MOND", is_mond)):
        parts = [f"{name}: {_stated(model)}" for name, model in models.items() if belongs(model)]
        if parts:
            sentences.append(f"Amplitudes and accelerations of {group} in this run: {'; '.join(parts)}.")
    return sentences


def _stated(model: LensModel) -> str:
    fixed = model.space.fixed
    words = f"A = {_number(fixed, 'amplitude')}"
    if isinstance(model, WindowedEnhancement):
        return f"{words}, window {model.window}"
    return f"{words}, {'a0' if is_mond(model) else 'g†'} = {_number(fixed, 'g_dagger', '.4e', ' m/s²')}"


def _number(fixed: Mapping[str, float], key: str, digits: str = ".5g", unit: str = "") -> str:
    return f"{float(fixed[key]):{digits}}{unit}" if key in fixed else "free"
