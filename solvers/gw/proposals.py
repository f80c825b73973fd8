"""Detected binaries, without drawing most of those that are not. The compiled form is `compiled_proposals`.

The plane of (m₁, z) is cut into cells. No system of a cell has an optimal SNR above ρ_max, that of m₂ = m₁ at the
cell's heaviest m₁ and lowest z; and Θ <= 1. So a detected system has noise above threshold − ρ_max, whatever its Θ,
which has a probability b = Φ(ρ_max − threshold). A cell is drawn in proportion to the probability of its systems times
b, and the noise given that it is above threshold − ρ_max. What is detected then has exactly the distribution that it
has among systems of the whole population: what is left out would not be detected.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from solvers.gw.base import Events
from solvers.gw.detection import HorizonDetector, isotropic_orientation_factor
from solvers.gw.populations import BinaryMasses, MergerRedshifts, chirp_mass

N_UNIFORM = 9
"""Uniform numbers per system: cell, m₁, m₂, z, noise, four angles."""

N_COLUMNS = 6
"""Numbers per detected system: m₁, m₂, z, d_L, SNR without noise, probability of more noise."""

_MARGIN = 1.0 + 1e-9
"""Keeps ρ_max a bound after rounding and between the nodes of the distance."""


@dataclass(frozen=True, eq=False)
class HorizonSampler:
    """Draws detected systems of a population; a `solvers.gw.base.Sampler`.

    Parameters
    ----------
    masses : BinaryMasses
        p(m₁, m₂).
    redshifts : MergerRedshifts
        p(z) and d_L(z).
    detector : HorizonDetector
        Optimal SNR and threshold.
    compiled : bool
        Take the compiled form: the same systems from the same random numbers, to rounding.
    """

    masses: BinaryMasses
    redshifts: MergerRedshifts
    detector: HorizonDetector
    compiled: bool = False

    @cached_property
    def bound(self) -> np.ndarray:
        """b = P(noise > threshold − ρ_max) of every cell, shape (n_m, n_z)."""
        mass, z = self.masses.primary.nodes[:, np.newaxis], self.redshifts.table.nodes[:-1]
        with np.errstate(divide="ignore"):
            distance = np.maximum(self.redshifts.luminosity_distance(z), 0.0)
            lossless = HorizonDetector(d_horizon=self.detector.d_horizon, threshold=self.detector.threshold)
            best = lossless.optimal_snr(mass[1:], mass[1:], z, distance)
        # The loss is least for the lightest system of the cell.
        best *= self.detector.loss((mass[:-1] + self.masses.m_min) * (1.0 + z)) * _MARGIN
        return special.ndtr(best - self.detector.threshold)

    @cached_property
    def _weight(self) -> np.ndarray:
        probability = np.outer(self.masses.primary.probability, self.redshifts.table.probability)
        return np.cumsum(probability * self.bound)

    @property
    def share(self) -> float:
        """Probability that a system of the population is one that `draw` proposes."""
        return float(self._weight[-1])

    @cached_property
    def cumulative(self) -> np.ndarray:
        """Probability that the cell drawn is this one or one before it, shape (n_m · n_z,)."""
        return self._weight / self._weight[-1]

    def draw(self, n: int, rng: np.random.Generator) -> Events:
        """The detected ones of n proposed systems."""
        return self.events(rng.random((N_UNIFORM, n)))

    def events(self, uniforms: np.ndarray) -> Events:
        """The detected ones of the systems that uniform numbers 0 <= u < 1 of shape (9, n) stand for, in order."""
        m1, m2, z, distance, signal, noise = self._compiled(uniforms) if self.compiled else self.plain(uniforms)
        return Events(
            mass_1_source=m1,
            mass_2_source=m2,
            total_mass_source=m1 + m2,
            chirp_mass_source=chirp_mass(m1, m2),
            luminosity_distance=distance,
            redshift=z,
            snr=signal - special.ndtri(noise),
        )

    def plain(self, uniforms: np.ndarray) -> np.ndarray:
        """What the compiled kernel gives, in NumPy: shape (6, number detected), rows as in `N_COLUMNS`."""
        primary, secondary, table = self.masses.primary, self.masses.secondary, self.redshifts.table
        mass_rows, z_rows = np.divmod(np.searchsorted(self.cumulative, uniforms[0], side="right"), len(table.lean))
        inside = primary.within(mass_rows, uniforms[1])
        m1 = primary.nodes[mass_rows] + inside * (primary.nodes[mass_rows + 1] - primary.nodes[mass_rows])
        m2 = np.minimum(secondary.quantile(uniforms[2] * secondary.below_inside(mass_rows, inside)), m1)
        ahead = table.within(z_rows, uniforms[3]) * (table.nodes[z_rows + 1] - table.nodes[z_rows])
        c = self.redshifts.distance_coefficients[:, z_rows]
        distance = ((c[0] * ahead + c[1]) * ahead + c[2]) * ahead + c[3]
        z = table.nodes[z_rows] + ahead
        with np.errstate(divide="ignore"):
            optimal = self.detector.optimal_snr(m1, m2, z, distance)
        noise = (1.0 - uniforms[4]) * self.bound[mass_rows, z_rows]
        signal = optimal * isotropic_orientation_factor(uniforms[5:])
        seen = noise < special.ndtr(signal - self.detector.threshold)
        return np.array([m1, m2, z, distance, signal, noise])[:, seen]

    def _compiled(self, uniforms: np.ndarray) -> np.ndarray:
        from solvers.gw.compiled_proposals import detect

        out = np.empty((N_COLUMNS, uniforms.shape[1]))
        primary, secondary, table = self.masses.primary, self.masses.secondary, self.redshifts.table
        found = detect(
            uniforms,
            self.cumulative,
            self._guides[0],
            self.bound,
            primary.nodes,
            primary.lean,
            secondary.cumulative,
            self._guides[1],
            secondary.lean,
            table.nodes,
            table.lean,
            self._coefficients,
            self.detector.scale,
            self.detector.threshold,
            self.detector.loss_mass,
            out,
        )
        return out[:, :found].copy()

    @cached_property
    def _coefficients(self) -> np.ndarray:
        return np.ascontiguousarray(self.redshifts.distance_coefficients.T)

    @cached_property
    def _guides(self) -> tuple[np.ndarray, np.ndarray]:
        return guide_of(self.cumulative), guide_of(self.masses.secondary.cumulative)


def guide_of(cumulative: np.ndarray) -> np.ndarray:
    """First index at which `cumulative`, which ends at 1, is above i/n, for n a power of two; shape (n,)."""
    # With n a power of two u·n is exact, so that the search for u cannot start behind its place.
    n = 2 ** (len(cumulative) - 1).bit_length()
    return np.searchsorted(cumulative, np.arange(n) / n, side="right")
