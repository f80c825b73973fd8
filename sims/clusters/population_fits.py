"""Fits of a population, of all clusters or without one of them; those that are finished outlive a run that is not."""

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from outputs.progress import reporter
from sims.clusters.population_sample import Sample
from solvers.clusters.population.fit import PopulationFit, fit_population, predicted_angles
from solvers.clusters.population.posterior import PopulationPosterior
from solvers.clusters.population.prior import ClusterPrior, PopulationPrior
from solvers.errors import InvalidInput
from solvers.inference.checkpoint import replace_whole
from solvers.inference.nuts_sampler import Nuts
from solvers.inference.posterior import Posterior


@dataclass(frozen=True, eq=False, kw_only=True)
class Fitter:
    """What all fits of a run share.

    Parameters
    ----------
    sample : Sample
        The clusters.
    cluster_prior : ClusterPrior
        Of axis ratio and external convergence.
    sampler : Nuts
        The sampler.
    seed : int
        Of the run; every fit has random numbers of its own.
    checkpoint : Path, optional
        Folder in which finished fits are kept, each under the hash of all that it depends on.
    """

    sample: Sample
    cluster_prior: ClusterPrior
    sampler: Nuts
    seed: int
    checkpoint: Path | None = None

    def of_all(self, name: str, prior: PopulationPrior) -> PopulationFit:
        """The population `name` on all clusters."""
        rng = np.random.default_rng([self.seed, *name.encode()])
        return self._fit(range(len(self.sample.clusters)), prior, rng, f"sampling {name}")

    def held_out(self, names: Sequence[str], prior: PopulationPrior) -> dict[str, tuple[PopulationFit, np.ndarray]]:
        """For every cluster the fit without it, and the angles [arcsec] that it predicts (`predicted_angles`)."""
        found = {}
        for name in names:
            row = self.sample.names.index(name)
            others = [i for i in range(len(self.sample.clusters)) if i != row]
            rng = np.random.default_rng([self.seed, *b"without ", *name.encode()])
            fit = self._fit(others, prior, rng, f"sampling without {name}")
            gamma = 0.0 if prior.gamma_is_free else prior.loc("gamma")
            error, r500 = self.sample.clusters[row].theta_e_err, float(self.sample.r500[row])
            angles = predicted_angles(fit, self.sample.tables, row, r500, gamma, self.cluster_prior, error, rng)
            found[name] = fit, angles
        return found

    def _fit(self, rows: Sequence[int], prior: PopulationPrior, rng: np.random.Generator, words: str) -> PopulationFit:
        chosen = list(rows)
        target = PopulationPosterior(
            tables=self.sample.tables.rows(chosen),
            r500=self.sample.r500[chosen],
            theta_e=self.sample.column("theta_e")[chosen],
            theta_e_err=self.sample.column("theta_e_err")[chosen],
            prior=prior,
            cluster_prior=self.cluster_prior,
        )
        file = None if self.checkpoint is None else self.checkpoint / f"{_key(target, self.sampler, rng)}.npz"
        if file is not None and file.exists():
            return _kept(file, rng)
        with reporter(words) as report:
            fit = fit_population(target, self.sampler, rng, [self.sample.names[row] for row in chosen], report)
        if file is not None:
            _keep(file, fit, rng)
        return fit


def _key(target: PopulationPosterior, sampler: Nuts, rng: np.random.Generator) -> str:
    """Of the content that decides every bit of a fit."""
    settings = {
        "prior": target.prior.params,
        "cluster_prior": dataclasses.asdict(target.cluster_prior),
        "sampler": dataclasses.asdict(sampler),
        "rng": rng.bit_generator.state,
    }
    found = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    tables = [getattr(target.tables, each.name) for each in dataclasses.fields(target.tables)]
    for array in (*tables, target.r500, target.theta_e, target.theta_e_err):
        found.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:20]


def _keep(file: Path, fit: PopulationFit, rng: np.random.Generator) -> None:
    """Write a fit and how far its random numbers are."""
    posterior = fit.posterior
    words = {
        "names": posterior.names,
        "converged": bool(posterior.converged),
        "diagnostics": dict(posterior.diagnostics),
        "rng": rng.bit_generator.state,
    }
    arrays: dict[str, Any] = {
        "words": np.array(json.dumps(words)),
        "samples": posterior.samples,
        "log_likelihood": posterior.log_likelihood,
        "log_prior": posterior.log_prior,
        "log_likelihoods": fit.log_likelihoods,
        **{f"clusters_{name}": values for name, values in fit.clusters.items()},
    }
    replace_whole(file, lambda path: np.savez(path, **arrays))


def _kept(file: Path, rng: np.random.Generator) -> PopulationFit:
    """A fit as it was written; the random numbers go on where they were then."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays: Mapping[str, np.ndarray] = {name: stored[name] for name in stored.files}
        words = json.loads(str(arrays["words"]))
        rng.bit_generator.state = words["rng"]
        posterior = Posterior(
            names=tuple(words["names"]),
            samples=arrays["samples"],
            log_likelihood=arrays["log_likelihood"],
            log_prior=arrays["log_prior"],
            converged=words["converged"],
            diagnostics=words["diagnostics"],
        )
        clusters = {
            name.removeprefix("clusters_"): values for name, values in arrays.items() if name.startswith("clusters_")
        }
        return PopulationFit(posterior=posterior, clusters=clusters, log_likelihoods=arrays["log_likelihoods"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InvalidInput(f"{file}: holds no fit of a population; remove it to start anew") from error
