"""Oracles for the small catalogue: its numbers read by pandas, its χ² from numpy's inverse and astropy's distances."""

import numpy as np
import pandas as pd
import pytest


class Oracle:
    """χ² of magnitudes with a free offset, from the full inverse matrix."""

    def __init__(self, folder):
        table = pd.read_csv(folder / "Pantheon+SH0ES.dat", sep=r"\s+")
        values = np.loadtxt(folder / "Pantheon+SH0ES_STAT+SYS.cov")
        n = int(values[0])
        self.z = table["zHD"].to_numpy()
        self.z_hel = table["zHEL"].to_numpy()
        self.magnitude = table["m_b_corr"].to_numpy()
        self.inverse = np.linalg.inv(values[1:].reshape(n, n))

    def offset(self, shape):
        """The best additive constant for magnitudes of this shape."""
        ones = np.ones(len(self.z))
        return ones @ self.inverse @ (self.magnitude - shape) / (ones @ self.inverse @ ones)

    def residual(self, shape):
        """Data minus the shape with its best constant."""
        return self.magnitude - shape - self.offset(shape)

    def chi2(self, shape):
        """χ² with the best constant."""
        difference = self.residual(shape)
        return float(difference @ self.inverse @ difference)

    def shape(self, comoving_distance):
        """Magnitudes without a constant, for D_M in any unit."""
        return 5.0 * np.log10((1.0 + self.z_hel) * comoving_distance)

    def lcdm(self, omega_m):
        """Magnitudes of astropy's flat ΛCDM, without a constant."""
        from astropy.cosmology import FlatLambdaCDM

        return self.shape(FlatLambdaCDM(70.0, omega_m, Tcmb0=0.0).comoving_distance(self.z).value)

    def integrated(self, efunc):
        """Magnitudes for any E(z) by scipy's quadrature, without a constant."""
        from scipy.integrate import quad

        return self.shape(np.array([quad(lambda x: 1.0 / efunc(x), 0.0, z, epsabs=1e-13)[0] for z in self.z]))


@pytest.fixture(scope="session")
def oracle(small_catalog):
    """The small catalogue in other hands."""
    return Oracle(small_catalog)


@pytest.fixture(scope="session")
def main_run(executed):
    """The main experiment on the small catalogue."""
    return executed("pantheon_baryons", "profile_points=9")
