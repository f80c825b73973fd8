"""The critical acceleration g†: its three published forms and how it scales with the expansion.

Accelerations in m/s², Hubble constants in km/s/Mpc.
"""

import math
from dataclasses import dataclass
from types import MappingProxyType

from solvers.constants import C_M_S, KM_PER_MPC

FORMS = MappingProxyType(
    {
        "2e": 1.0 / (2.0 * math.e),
        "4sqrtpi": 1.0 / (4.0 * math.sqrt(math.pi)),
        "6": 1.0 / 6.0,
    }
)
"""κ = g†/(c H0) of each form: SI §9A (`2e`), SI §5A.4 and later (`4sqrtpi`), SI §19.1 (`6`)."""

MODES = ("proportional", "fixed_SI", "evolving")


@dataclass(frozen=True, kw_only=True)
class CriticalAcceleration:
    """g†, as a fraction κ of c H0 or as a number.

    Parameters
    ----------
    form : {"4sqrtpi", "2e", "6"}
        Which κ = g†/(c H0) the theory uses.
    mode : {"proportional", "fixed_SI", "evolving"}
        How a cosmological model carries g†. `proportional`: κ stays, whatever the model's H0.
        `fixed_SI`: g† stays in m/s², so κ = g†/(c H0) follows the model's H0.
        `evolving`: g†(z) = g† E(z) (SI §19.6 item 4).
    H0 : float
        Hubble constant [km/s/Mpc] at which the form is turned into m/s².
    value : float, optional
        g† [m/s²], given directly: it takes the place of the form.

    Raises
    ------
    ValueError
        An unknown form or mode, or a number that is not positive.
    """

    form: str = "4sqrtpi"
    mode: str = "proportional"
    H0: float = 70.0
    value: float | None = None

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"form={self.form!r}: must be one of {', '.join(FORMS)}")
        if self.mode not in MODES:
            raise ValueError(f"mode={self.mode!r}: must be one of {', '.join(MODES)}")
        for name in ("H0", "value"):
            number = getattr(self, name)
            if number is not None and not (number > 0 and math.isfinite(number)):
                raise ValueError(f"{name}={number}: must be a positive number")

    @property
    def m_s2(self) -> float:
        """g† today [m/s²]."""
        if self.value is not None:
            return self.value
        return FORMS[self.form] * C_M_S * self.H0 / KM_PER_MPC

    def kappa(self, H0):
        """κ = g†/(c H0) for a model with this Hubble constant.

        Parameters
        ----------
        H0 : float or array
            Hubble constant of the model [km/s/Mpc].

        Returns
        -------
        float or array
            κ, independent of `H0` unless `mode` is `fixed_SI`.
        """
        if self.mode == "fixed_SI":
            return self.m_s2 * KM_PER_MPC / (C_M_S * H0)
        if self.value is not None:
            return self.value * KM_PER_MPC / (C_M_S * self.H0)
        return FORMS[self.form]
