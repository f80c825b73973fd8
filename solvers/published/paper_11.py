"""What SI §5.5, §11, §27 and §28 print of the Milky Way. kpc, km/s, Msun, m/s², dex."""

RADII = (5.0, 8.0, 10.0, 15.0)
"""Of the table of velocities (SI §11.4)."""

VELOCITY = {
    "gr": (213.8, 190.7, 176.7, 150.1),
    "sigma": (230.8, 227.6, 227.4, 230.4),
    "mond": (240.2, 233.0, 227.9, 218.7),
    "nfw": (243.1, 233.9, 228.2, 218.6),
}
"""Velocities at `RADII` by column (SI §11.4)."""

RMS = {
    "mcgaugh": {"gr": 53.1, "sigma": 5.7, "mond": 2.1, "nfw": 2.8},
    "eilers": {"gr": 49.2, "sigma": 6.3, "mond": 3.4, "nfw": 4.5},
}
"""RMS against the lines, by line and column (SI §11.4); made at `RMS_RADII`."""

RMS_RADII = tuple(float(radius) for radius in range(5, 16))
"""Radii behind the printed RMS; not in the text."""

SOLAR_RADIUS = 8.0
"""Where SI §11.5 compares."""

SOLAR = {
    "mcgaugh": {"gr": -42.6, "sigma": -5.7, "mond": -0.3, "nfw": 0.6},
    "eilers": {"gr": -38.5, "sigma": -1.6, "mond": 3.8, "nfw": 4.7},
}
"""Models minus lines at `SOLAR_RADIUS` (SI §11.5)."""

TENSION, TENSION_AT_SOLAR = 4.3, 4.1
"""GRAVITY minus Eilers, as printed in SI §11.3 (at two radii) and in SI §11.5 (at one)."""

G_DAGGER = 9.60e-11
"""c H0/(4√π), the g† that SI §11.6 states."""

STELLAR_MASS = 6.16e10
"""Of bulge, thin and thick disk together (SI §11.2, §11.7)."""

EARLIER_STELLAR_MASS, EARLIER_RMS = 5.5e10, 16.2
"""Of the baryons before these, and their RMS against Eilers (SI §11.7)."""

V_BAR_MCMILLAN = 172.0
"""V_bar(8 kpc) in SI §28.3, after McMillan 2017."""

STARS, STAR_BIAS, STAR_SCATTER = 157_343, 0.062, 0.142
"""Star-level RAR: how many stars, mean and scatter of log10(g_obs/g_pred) (SI §5.5)."""

MEDIANS = {6.0: (226.0, 2.0), 7.0: (228.0, 1.0), 8.0: (229.0, 1.0)}
"""Median azimuthal velocity and error by radius, of 1,818,845 stars (SI §27.5)."""

EILERS_QUOTED = 229.0
"""Velocity of Eilers et al. that SI §27.5 puts beside each of `MEDIANS`."""
