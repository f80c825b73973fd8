"""The distance of a signal from its masses and its signal-to-noise ratio, its orientation unknown. Msun, Mpc.

The prior is the usual one: isotropic orientation, uniform in comoving volume and in time at the source.
"""

import numpy as np

from solvers.gw.coherent_population import CoherentPopulation
from solvers.gw.unoriented import coarse_orientation

_N_THETA = 96
_N_CELLS = 400


class DistancePosterior:
    """Posteriors of events in one detector, by cells in redshift.

    Parameters
    ----------
    model : CoherentPopulation
        Its detector, and the volume of the prior.

    Attributes
    ----------
    edges : ndarray
        Edges of the cells in redshift, shape (n_cells + 1,).
    """

    def __init__(self, model: CoherentPopulation) -> None:
        volume = model.volume
        self._detector, self._volume = model.detector, volume
        self.edges = volume.z_max * np.linspace(0.0, 1.0, _N_CELLS + 1) ** 2
        self._redshift = 0.5 * (self.edges[1:] + self.edges[:-1])
        self._distance = volume.distance(self._redshift)
        self._prior = volume.density(self._redshift) * np.diff(self.edges)
        # Few enough: the noise of 1 in the signal-to-noise ratio is wider than their spacing.
        self._theta, self._weight = coarse_orientation(_N_THETA)

    def below(self, m1_detector: float, m2_detector: float, snr: float) -> np.ndarray:
        """Probability below every edge of one event, shape (n_cells + 1,); masses in the detector's frame."""
        stretch = 1.0 + self._redshift
        optimal = self._detector.optimal_snr(
            m1_detector / stretch, m2_detector / stretch, self._redshift, self._distance
        )
        away = snr - optimal[:, np.newaxis] * self._theta
        below = np.append(0.0, np.cumsum(self._prior * (np.exp(-0.5 * away**2) @ self._weight)))
        return below / below[-1]

    def median(self, m1_detector: np.ndarray, m2_detector: np.ndarray, snr: np.ndarray) -> np.ndarray:
        """Median luminosity distance [Mpc] of events, shape (n,) like the arguments."""
        rows = zip(m1_detector, m2_detector, snr, strict=True)
        redshift = np.array([np.interp(0.5, self.below(m1, m2, rho), self.edges) for m1, m2, rho in rows])
        return self._volume.distance(redshift)
