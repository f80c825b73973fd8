"""What SI §14 prints of the hierarchical exponent."""

GALAXIES = 116

HYPER = {"mu": (0.802, 0.021), "beta": (0.234, 0.024), "sigma": (0.366, 0.028)}
"""Mean and standard deviation of each (SI §14.3)."""

INTERVALS = {"mu": (0.760, 0.833), "beta": (0.198, 0.283), "sigma": (0.319, 0.435)}
"""95 % intervals (SI §14.3)."""

CLASS_EXPONENTS = (0.49, 0.61, 0.72, 0.90, 1.31)
"""Exponents of the classes 0 (irregular) to 4 (early), said to be those of the line (SI §14.3)."""

EARLY_GALAXIES = 6
"""Galaxies of class 4, S0 to Sa (SI §14.6)."""
