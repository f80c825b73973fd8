"""F_missing as a likelihood of its models, under the contract of `sims.likelihoods`."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from outputs.tree import scalar, variable
from sims.microphysics.missing_sample import MissingSample
from solvers.errors import InvalidInput
from solvers.microphysics.missing_models import MassRatio, MissingModel, VelocityRatio
from solvers.microphysics.missing_problem import MissingProblem, correlation
from solvers.published.mass_coherence import published_of


@dataclass(frozen=True, eq=False)
class MissingLikelihood:
    """Unweighted least squares in F, in units of the standard deviation of F.

    In these units χ² of the mean is the number of galaxies: differences of χ² and errors are then those of a Gaussian
    scatter as large as the sample's, which is all that is known of it.

    Parameters
    ----------
    sample : MissingSample
        The galaxies.
    """

    sample: MissingSample

    @property
    def ratio(self) -> np.ndarray:
        """F of the fitted galaxies."""
        return self.sample.target.ratio[self.sample.is_fitted]

    def data(self) -> xr.Dataset:
        """The fitted galaxies."""
        return self.sample.rows()

    def confront(self, model: MissingModel, *, compiled: bool = False) -> MissingProblem:
        """The problem of one model; there is no compiled form."""
        return MissingProblem(model, self.sample.fitted_systems, self.ratio, float(self.ratio.std()))

    def details(self, problem: MissingProblem, theta: Mapping[str, float]) -> dict[str, xr.Variable]:
        """Predictions at the optimum, and with the published numbers where there are some."""
        found = {**self._of(problem, problem.model.predict(problem.systems, **theta), "", "the best fit")}
        published = published_of(problem.model)
        if published is not None:
            prediction = type(problem.model)(params=published).predict(problem.systems)
            found |= self._of(problem, prediction, "_published", "the published parameters")
        return found

    def residual(self, problem: MissingProblem, theta: Mapping[str, float]) -> tuple[np.ndarray, str]:
        """F minus that of the model, and its unit."""
        return problem.ratio - problem.model.predict(problem.systems, **theta), ""

    def _of(self, problem: MissingProblem, prediction: np.ndarray, ending: str, words: str) -> dict[str, xr.Variable]:
        rms = float(np.sqrt(np.mean((problem.ratio - prediction) ** 2)))
        r = correlation(prediction, problem.ratio)
        return {
            f"rms{ending}": scalar(rms, "", f"root mean square of F - model with {words}"),
            f"correlation{ending}": scalar(r, "", f"Pearson's, of F and the model with {words}"),
            f"prediction{ending}": variable("row", prediction, "", f"F of the model with {words}"),
        }


def check_inputs_of(models: Mapping[str, MissingModel], sample: MissingSample) -> None:
    """Raise for a model that takes a number of the galaxies that these inputs do not give.

    Raises
    ------
    InvalidInput
        One line: the model, what it takes, and what to do.
    """
    for name, model in models.items():
        if isinstance(model, VelocityRatio) and not np.isfinite(sample.fitted_systems.v_flat).all():
            raise InvalidInput(
                f"models.{name}: takes v_flat, which sim.inputs=photometric does not give; ~models.{name} leaves it out"
            )
        if isinstance(model, MassRatio) and sample.systems.mass is None:
            raise InvalidInput(
                f"models.{name}: takes a baryonic mass, which the catalogue does not give; ~models.{name} leaves it out"
            )
