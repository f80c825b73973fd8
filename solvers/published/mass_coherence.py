"""What is published of F_missing and of the fits to it: best parameters, and the shares that are quoted."""

from collections.abc import Mapping

from solvers.microphysics.missing_models import DispersionRatio, MassRatio, MissingModel, PowerRatio, VelocityRatio

PARAMETERS: Mapping[type, Mapping[str, float]] = {
    DispersionRatio: {"amplitude": 10.05, "a": 0.40},
    PowerRatio: {"amplitude": 10.02, "a": 0.10, "b": 0.31},
    MassRatio: {"k_max": 19.5793, "psi0": 7.34107e-8, "gamma": 0.136124, "factor": 1.33286},
    VelocityRatio: {"f_max": 10.376, "psi0": 9.80e-3, "delta": 2.035, "v_ref": 125.5},
}
"""Best fits by kind of model (`microphysics.md` §7), to the digits that are given."""

BOXES: Mapping[type, Mapping[str, tuple[float, float]]] = {
    DispersionRatio: {"amplitude": (0.1, 100.0), "a": (0.1, 5.0)},
    PowerRatio: {"amplitude": (0.1, 100.0), "a": (0.1, 5.0), "b": (0.1, 5.0)},
    MassRatio: {"k_max": (0.1, 20.0), "psi0": (1e-10, 1e-4), "gamma": (0.1, 3.0), "factor": (1.0, 5.0)},
    VelocityRatio: {"f_max": (1.0, 50.0), "psi0": (1e-3, 1.0), "delta": (0.1, 3.0), "v_ref": (50.0, 500.0)},
}
"""Ends of the parameters in these fits."""

ELL0 = 5.0
"""ℓ0 of the fit of the mass [kpc]."""

N_FITTED = 158
"""Galaxies of these fits."""

SHARE = 0.09
"""What roughness is said to explain of what a rotation curve asks for."""

TEXT = {"K_max": "about 0.9", "R_eff": "2.2 R_d", "v_ref": "200 km/s"}
"""What the text of the same source says of parameters whose fits are others."""


def published_of(model: MissingModel) -> Mapping[str, float] | None:
    """The published parameters of a model; None where its form has none."""
    if isinstance(model, MassRatio) and model.ell0 != ELL0:
        return None
    return PARAMETERS.get(type(model))
