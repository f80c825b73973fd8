"""Mass, distance and selection in one likelihood: is there a coherence gain once the population is free?

Detected systems have p(M, d | ε, Λ, det) = p_pop(M/C(d) | Λ)/C(d) · p(d | Λ) · p_det(M, d)/α(ε, Λ), and their data
p(data | M, d, det) = p(data | M, d)/p_det(M, d): a system is detected by its data (Mandel, Farr & Gair 2019). The
product is averaged over M and d of every event; p_det cancels there and stays in α. M is the source-frame chirp mass
[Msun], on which with the distance d_L [Mpc] the signal-to-noise ratio depends. Masses appear as M C, as published, and
are detected as what they appear to be.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.gw.chirp_mass import RATIOS, STEP, ChirpMassDensity, primary_mass
from solvers.gw.coherent_population import CoherentPopulation
from solvers.gw.detection import detection_probability
from solvers.gw.event_errors import MeasuredEvents
from solvers.inference.parameters import ParameterSpace

_LN_MASS = (-0.2, 11.2)
"""Apparent ln M between which detection probabilities are tabulated; beyond they are those of the ends."""

_N_REDSHIFTS = 24

_DISTANCE_NODES = np.linspace(-3.75, 3.75, 31)
_MASS_NODES = np.linspace(-3.5, 3.5, 11)
"""Nodes over the errors of an event, in standard deviations. Even ones, for the population has edges."""

_IMPOSSIBLE = 1e-300
"""Likelihood of an event outside the population: none, but a number from which a minimiser finds its way back."""


@dataclass(frozen=True, eq=False)
class HierarchicalProblem:
    """−2 ln of the likelihood of all events, as a χ² for minimisers and samplers.

    Integrals are sums over fixed nodes, so it is a continuous function of the parameters.

    Parameters
    ----------
    model : CoherentPopulation
        Population, detector and gain.
    events : MeasuredEvents
        The detected events with their errors: posteriors under the usual prior, uniform in the detector-frame masses
        of both bodies, in comoving volume and in time at the source, which is divided out.
    compiled : bool
        Take the compiled form: the same sums, to rounding.

    Raises
    ------
    InvalidInput
        A gain of the strain, a free mass ratio, or an event that the detector does not see.
    """

    model: CoherentPopulation
    events: MeasuredEvents
    compiled: bool = False

    def __post_init__(self) -> None:
        if self.model.gain_target != "mass":
            raise InvalidInput(f"gain_target={self.model.gain_target}: the likelihood is that of mass")
        if "beta" not in self.model.space.fixed:
            raise InvalidInput("params.beta: mass ratios are no part of these data, must be a number")
        faint = self.events.snr <= self.model.detector.threshold
        if faint.any():
            raise InvalidInput(
                f"{faint.sum()} events have an SNR at or below the detector's threshold of "
                f"{self.model.detector.threshold:g}; raise catalog.snr_min or lower params.threshold"
            )

    @property
    def space(self) -> ParameterSpace:
        """Parameters of the model."""
        return self.model.space

    @property
    def n_data(self) -> int:
        """Number of events."""
        return len(self.events)

    @property
    def n_analytic(self) -> int:
        """None."""
        return 0

    def chi2(self, **theta: Any) -> np.ndarray:
        """−2 ln L up to a constant, in the shape of the parameters; infinite where nothing is detected."""
        shape = np.broadcast_shapes(*(np.shape(value) for value in theta.values()))
        if not shape:
            return np.asarray(self._chi2(theta))
        columns = {name: np.broadcast_to(value, shape).ravel() for name, value in theta.items()}
        rows = [self._chi2({name: float(v[i]) for name, v in columns.items()}) for i in range(int(np.prod(shape)))]
        return np.asarray(rows).reshape(shape)

    def function(self, names: Sequence[str]) -> Callable[[Sequence[float]], float]:
        """−2 ln L of the values of the parameters `names`."""
        return lambda values: self._chi2(dict(zip(names, map(float, values), strict=True)))

    def detected_fraction(self, **theta: float) -> float:
        """α(ε, Λ), the share of the population that is detected."""
        p = self.model.bound(theta)
        growth = (1.0 + self._detection.redshift) ** p["kappa"]
        return self._seen(p, ChirpMassDensity(self.model.masses(p)), growth) / float(self._detection.weight @ growth)

    def _chi2(self, theta: dict[str, float]) -> float:
        p = self.model.bound(theta)
        table, nodes = ChirpMassDensity(self.model.masses(p)), self._nodes
        # Of p(z) ∝ growth the norm is in the events and in α alike.
        likelihood = self._likelihood(
            table, self.model.gain.ln_gain(p["epsilon"], nodes.distance), (1.0 + nodes.redshift) ** p["kappa"]
        )
        seen = self._seen(p, table, (1.0 + self._detection.redshift) ** p["kappa"])
        if not seen > 0:
            return np.inf
        return float(-2.0 * (np.log(np.maximum(likelihood, _IMPOSSIBLE)).sum() - len(self.events) * np.log(seen)))

    def _likelihood(self, table: ChirpMassDensity, ln_gain: np.ndarray, growth: np.ndarray) -> np.ndarray:
        """∫ of p_pop over the errors of every event, shape (n_events,). In ln M the Jacobians of M and C cancel."""
        nodes = self._nodes
        if self.compiled:
            from solvers.gw.compiled_hierarchical import event_likelihood

            return event_likelihood(nodes.ln_mass, nodes.weight, ln_gain, growth, table.ln_mass[0], STEP, table.density)
        return np.einsum("ijk,ijk,ij->i", table(nodes.ln_mass - ln_gain[..., np.newaxis]), nodes.weight, growth)

    def _seen(self, p: dict[str, float], table: ChirpMassDensity, growth: np.ndarray) -> float:
        """∫ of the population times p_det, with the norm of `growth` in it."""
        found = self._detection
        ln_gain, weight = self.model.gain.ln_gain(p["epsilon"], found.distance), found.weight * growth
        if self.compiled:
            from solvers.gw.compiled_hierarchical import detected_share

            return float(
                detected_share(
                    found.probability, found.ln_mass[0], STEP, ln_gain, weight, table.ln_mass[0], table.weight
                )
            )
        position = (table.ln_mass - found.ln_mass[0] + ln_gain[:, np.newaxis]) / STEP
        row = np.clip(position.astype(int), 0, len(found.ln_mass) - 2)
        inside = np.clip(position - row, 0.0, 1.0)[..., np.newaxis]
        columns = np.arange(len(found.distance))[:, np.newaxis]
        # At the masses that appear, shape (n_redshift, n_mass, n_ratio).
        probability = (1.0 - inside) * found.probability[columns, row] + inside * found.probability[columns, row + 1]
        return float(weight @ np.einsum("jmq,mq->j", probability, table.weight))

    @cached_property
    def _nodes(self) -> "_EventNodes":
        return _EventNodes.of(self.events, self.model)

    @cached_property
    def _detection(self) -> "_DetectionTable":
        return _DetectionTable.of(self.model)


@dataclass(frozen=True, eq=False)
class _EventNodes:
    """Nodes over the errors of every event.

    Attributes
    ----------
    ln_mass : ndarray
        Of the source frame, shape (n_events, n_distance, n_mass).
    distance, redshift : ndarray
        Shape (n_events, n_distance).
    weight : ndarray
        Of the population's density in ln M and z over the prior's, shape (n_events, n_distance, n_mass).
    """

    ln_mass: np.ndarray
    distance: np.ndarray
    redshift: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, events: MeasuredEvents, model: CoherentPopulation) -> "_EventNodes":
        distance = events.distance_at(_DISTANCE_NODES)
        redshift = model.volume.redshift(distance)
        ln_mass_detector = events.ln_mass[:, np.newaxis] + events.ln_mass_err[:, np.newaxis] * _MASS_NODES
        # The prior in z is that of the population with κ = 0, up to its end.
        posterior = np.exp(-0.5 * _DISTANCE_NODES**2) * (redshift <= model.volume.z_max)
        # The prior in ln M_det is M_det² at a fixed mass ratio.
        over_prior = np.exp(-0.5 * _MASS_NODES**2 - 2.0 * events.ln_mass_err[:, np.newaxis] * _MASS_NODES)
        weight = posterior[:, :, np.newaxis] * over_prior[:, np.newaxis, :]
        total = weight.sum(axis=(1, 2), keepdims=True)
        if not np.all(total > 0):
            row = np.flatnonzero(total.ravel() <= 0)[0]
            raise InvalidInput(f"events: row {row} lies beyond params.z_max={model.volume.z_max:g}; raise it")
        weight /= total
        ln_mass = ln_mass_detector[:, np.newaxis, :] - np.log1p(redshift)[:, :, np.newaxis]
        return cls(ln_mass, distance, redshift, weight)


@dataclass(frozen=True, eq=False)
class _DetectionTable:
    """Detection probability by redshift, apparent ln M_c and mass ratio, shape (n_redshift, n_mass, n_ratio).

    `weight` are those of ∫ dz dV/dz/(1+z) at the nodes in redshift.
    """

    ln_mass: np.ndarray
    distance: np.ndarray
    redshift: np.ndarray
    weight: np.ndarray
    probability: np.ndarray

    @classmethod
    def of(cls, model: CoherentPopulation) -> "_DetectionTable":
        x, w = np.polynomial.legendre.leggauss(_N_REDSHIFTS)
        volume = model.volume
        # Nodes are denser near, where the probability changes.
        root = 0.5 * (1.0 + x)
        redshift, weight = volume.z_max * root**2, volume.z_max * root * w
        distance = volume.distance(redshift)
        ln_mass = np.arange(*_LN_MASS, STEP)
        heavy = primary_mass(np.exp(ln_mass)[:, np.newaxis], RATIOS)
        light = heavy * RATIOS
        shape = (slice(None), np.newaxis, np.newaxis)
        snr = model.detector.optimal_snr(heavy, light, redshift[shape], distance[shape])
        probability = detection_probability(snr, model.detector.threshold)
        return cls(ln_mass, distance, redshift, weight * volume.density(redshift), probability)
