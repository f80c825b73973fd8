"""Physical constants, as plain floats in the units of the names (astropy's CODATA and IAU values)."""

from astropy import constants, units

C_KM_S: float = constants.c.to_value(units.km / units.s)
"""Speed of light [km/s]."""

C_M_S: float = constants.c.to_value(units.m / units.s)
"""Speed of light [m/s]."""

KM_PER_MPC: float = units.Mpc.to(units.km)
"""Kilometres in a megaparsec."""

KPC_M: float = units.kpc.to(units.m)
"""A kiloparsec [m]."""

G_KPC: float = constants.G.to_value(units.kpc * units.km**2 / units.s**2 / units.Msun)
"""Newton's constant [kpc (km/s)²/Msun]."""

HUBBLE_TIME_GYR: float = (1.0 / (units.km / units.s / units.Mpc)).to(units.Gyr).value
"""1/H0 [Gyr] for H0 = 1 km/s/Mpc."""

OMEGA_R_H2: float = 4.18e-5
"""Photons (2.7255 K) and 3.046 massless neutrinos, relative to 3 (100 km/s/Mpc)^2 / 8 pi G."""
