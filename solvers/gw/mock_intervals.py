"""What an analysis would publish of simulated events: medians and 90 % intervals of masses and distances. Msun, Mpc.

The data of an event are its signal-to-noise ratio and its detector-frame masses. The orientation is not measured, so
that the distance is known to about 40 %: its posterior is that of an isotropic orientation and the usual prior, uniform
in the detector-frame masses of both bodies, in comoving volume and in time at the source.
"""

from dataclasses import dataclass

import numpy as np

from solvers.errors import InvalidInput
from solvers.gw.base import Events
from solvers.gw.coherent_population import CoherentPopulation
from solvers.gw.distance_posterior import DistancePosterior

LEVELS = (0.5, 0.05, 0.95)
"""Probabilities below the median and the ends of the interval."""

_N_SAMPLES = 4000


@dataclass(frozen=True, eq=False)
class PublishedIntervals:
    """Median, lower and upper end of the 90 % interval, shape (3, n_events) each.

    Attributes
    ----------
    mass_1_source, mass_2_source, total_mass_source, chirp_mass_source : ndarray
        Source-frame masses [Msun].
    luminosity_distance : ndarray
        d_L [Mpc].
    redshift : ndarray
        z.
    """

    mass_1_source: np.ndarray
    mass_2_source: np.ndarray
    total_mass_source: np.ndarray
    chirp_mass_source: np.ndarray
    luminosity_distance: np.ndarray
    redshift: np.ndarray


def published_intervals(
    events: Events, model: CoherentPopulation, rng: np.random.Generator, ln_mass_err: float = 0.06
) -> PublishedIntervals:
    """Posterior intervals of simulated detected events, all masses of one with the same relative error.

    Parameters
    ----------
    events : Events
        Apparent masses, true distances and observed signal-to-noise ratios.
    model : CoherentPopulation
        Its detector, and the volume of the prior.
    rng : numpy.random.Generator
        Errors of the masses, and samples of the posteriors.
    ln_mass_err : float
        Standard deviation of the measured ln of the detector-frame masses, > 0.

    Raises
    ------
    InvalidInput
        An error that is not positive.
    """
    if not (ln_mass_err > 0 and np.isfinite(ln_mass_err)):
        raise InvalidInput(f"ln_mass_err={ln_mass_err}: must be > 0")
    cells = DistancePosterior(model)
    stretch = (1.0 + events.redshift) * np.exp(ln_mass_err * rng.standard_normal(len(events)))
    mass = np.empty((3, len(events)))
    distance, redshift = np.empty_like(mass), np.empty_like(mass)
    for i in range(len(events)):
        below = cells.below(events.mass_1_source[i] * stretch[i], events.mass_2_source[i] * stretch[i], events.snr[i])
        edge = np.interp(rng.random(_N_SAMPLES), below, cells.edges)
        # The prior M_det² of the masses moves the posterior of ln M_det by twice its variance.
        shift = np.exp(ln_mass_err * rng.standard_normal(_N_SAMPLES) + 2.0 * ln_mass_err**2)
        mass[:, i] = np.quantile(stretch[i] * shift / (1.0 + edge), LEVELS)
        redshift[:, i] = np.interp(LEVELS, below, cells.edges)
    distance = model.volume.distance(redshift)
    return PublishedIntervals(
        events.mass_1_source * mass,
        events.mass_2_source * mass,
        events.total_mass_source * mass,
        events.chirp_mass_source * mass,
        distance,
        redshift,
    )
