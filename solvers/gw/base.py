"""What every population with its detector answers: a catalogue in which only selection acted. Msun, Mpc."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.parametrised import Parametrised

BLOCK = 8192
"""Systems that are drawn at a time, few enough for the cache; catalogues depend on it, and on the seed."""

_PATIENCE = 2**24
"""Systems proposed without a single detection after which a stream gives up."""


@dataclass(frozen=True, eq=False)
class Events:
    """Systems, one per row of every array, shape (n,). What a model does not have is NaN.

    Parameters
    ----------
    mass_1_source, mass_2_source : ndarray
        Component masses in the source frame [Msun], the heavier one first.
    total_mass_source, chirp_mass_source : ndarray
        Total and chirp mass in the source frame [Msun].
    luminosity_distance : ndarray
        d_L [Mpc].
    redshift : ndarray
        z.
    snr : ndarray
        Signal-to-noise ratio of the network, noise included.
    """

    mass_1_source: np.ndarray
    mass_2_source: np.ndarray
    total_mass_source: np.ndarray
    chirp_mass_source: np.ndarray
    luminosity_distance: np.ndarray
    redshift: np.ndarray
    snr: np.ndarray

    def __len__(self) -> int:
        return len(self.snr)

    def rows(self, chosen) -> "Events":
        """Some of the events: a slice, a mask or indices."""
        return Events(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @staticmethod
    def concatenate(parts: Sequence["Events"]) -> "Events":
        """The events of all parts, in order; at least one part."""
        columns = ([getattr(part, field.name) for part in parts] for field in fields(Events))
        return Events(*(np.concatenate(column) for column in columns))


class Sampler(Protocol):
    """How detected systems are drawn, all parameters of the model fixed.

    Attributes
    ----------
    share : float
        Probability that a system of the population is one that `draw` proposes, 0 to 1: the others are never detected.
    """

    @property
    def share(self) -> float: ...

    def draw(self, n: int, rng: np.random.Generator) -> Events:
        """The detected ones of n proposed systems."""
        ...


class EventStream:
    """Independent detected events, one after the other; how many are taken at a time changes none of them.

    Parameters
    ----------
    sampler : Sampler
        Source of the events.
    rng : numpy.random.Generator
        Source of the random numbers, read in blocks.
    """

    def __init__(self, sampler: Sampler, rng: np.random.Generator) -> None:
        self._sampler, self._rng = sampler, rng
        self._left = sampler.draw(0, rng)

    def take(self, n: int) -> Events:
        """The next n events.

        Raises
        ------
        InvalidInput
            n < 1, or a model that practically never detects anything.
        """
        if n < 1:
            raise InvalidInput(f"n={n}: must be >= 1")
        parts, found, missed = [self._left], len(self._left), 0
        while found < n:
            parts.append(self._sampler.draw(BLOCK, self._rng))
            found += len(parts[-1])
            missed = 0 if len(parts[-1]) else missed + BLOCK
            if missed >= _PATIENCE:
                raise InvalidInput(
                    f"detected: none of {missed} systems, the detector sees too little of this population"
                )
        events = Events.concatenate(parts)
        self._left = events.rows(slice(n, None))
        return events.rows(slice(n))


@dataclass(frozen=True)
class PlainSampler:
    """Draw systems of a model and keep those above its threshold.

    Parameters
    ----------
    model : EventModel
        With `systems`.
    theta : mapping
        Parameters that the model does not fix, numbers.
    """

    model: "EventModel"
    theta: Mapping[str, float]
    share: float = 1.0

    def draw(self, n: int, rng: np.random.Generator) -> Events:
        """The detected ones of n systems."""
        events = self.model.systems(n, rng, **self.theta)
        return events.rows(events.snr > self.model.bound(self.theta)["threshold"])


@dataclass(frozen=True, kw_only=True)
class EventModel(Parametrised, ABC):
    """A population with its detector: what a catalogue would show if nothing but selection acted.

    A subclass gives `domain`, which holds `threshold` (a system is detected where its SNR is above it), `defaults`,
    and `systems`; it may have a faster `sampler`. Parameters that `params` fixes need not be given again; others are
    keyword arguments of every method, as numbers.

    Raises
    ------
    ValueError
        An unknown, missing or illegal parameter.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        fixed = dict(self.space.fixed)
        if set(fixed) == set(self.domain):
            try:
                self._check(fixed)
            except InvalidInput as error:
                raise ValueError(f"params.{error}") from error

    @abstractmethod
    def systems(self, n: int, rng: np.random.Generator, **theta) -> Events:
        """n systems of the population with their SNR, detected or not.

        Parameters
        ----------
        n : int
            Number of systems, >= 0.
        rng : numpy.random.Generator
            Source of the random numbers.
        **theta
            Parameters that are not fixed, numbers.
        """

    def sampler(self, *, compiled: bool = False, **theta) -> Sampler:
        """What draws detected systems.

        Parameters
        ----------
        compiled : bool
            Take the compiled form where there is one.
        **theta
            Parameters that are not fixed, numbers.
        """
        self.bound(theta)
        return PlainSampler(self, theta)

    def stream(self, rng: np.random.Generator, *, compiled: bool = False, **theta) -> EventStream:
        """Detected systems, to be taken a number at a time; arguments as in `detected`."""
        return EventStream(self.sampler(compiled=compiled, **theta), rng)

    def detected(self, n: int, rng: np.random.Generator, *, compiled: bool = False, **theta) -> Events:
        """Exactly n independent detected systems.

        Parameters
        ----------
        n : int
            Number of events, >= 1.
        rng : numpy.random.Generator
            Source of the random numbers.
        compiled : bool
            Take the compiled form where there is one.
        **theta
            Parameters that are not fixed, numbers.

        Raises
        ------
        InvalidInput
            A parameter missing, unknown or illegal, or a model that practically never detects anything.
        """
        return self.stream(rng, compiled=compiled, **theta).take(n)

    def detected_fraction(self, n_draws: int, rng: np.random.Generator, *, compiled: bool = False, **theta) -> float:
        """Probability that a system of the population is detected, estimated without bias from `n_draws` proposals.

        Parameters
        ----------
        n_draws : int
            Systems proposed, >= 1; arguments as in `detected` otherwise.
        """
        if n_draws < 1:
            raise InvalidInput(f"n_draws={n_draws}: must be >= 1")
        sampler = self.sampler(compiled=compiled, **theta)
        sizes = (min(BLOCK, n_draws - start) for start in range(0, n_draws, BLOCK))
        return sampler.share * sum(len(sampler.draw(size, rng)) for size in sizes) / n_draws

    def bound(self, theta: Mapping[str, Any]) -> dict[str, float]:
        """Every parameter by name: the fixed ones, and `theta`.

        Raises
        ------
        InvalidInput
            One unknown, missing, illegal or not a number, or two that do not go together.
        """
        p = self.joined(theta)
        for name, value in theta.items():
            if np.ndim(value):
                raise InvalidInput(f"{name}: must be one number, not an array")
        self.check_domain(theta)
        self._check(p)
        return {name: float(value) for name, value in p.items()}

    def _check(self, p: Mapping[str, Any]) -> None:
        """Raise InvalidInput where parameters do not go together."""
