"""The line of exponents in numbers: every choice, the published values beside, and the classes on the line."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.galaxies.exponent_likelihood import standardised
from solvers.galaxies.hierarchical_exponent import NAMES, exponent_of_class
from solvers.galaxies.splits import CLASS_NAMES
from solvers.inference.grid import GridPosterior
from solvers.inference.marginal import Marginal
from solvers.published import paper_14

_INTERVAL = (0.025, 0.975)


def marginal(posterior: GridPosterior, name: str) -> Marginal:
    """The density of one of μ, β and σ alone."""
    others = tuple(i for i, each in enumerate(posterior.axes) if each != name)
    # What is left over: the probability has the half weight of its ends, the density has not.
    weight = np.gradient(posterior.axes[name])
    weight[[0, -1]] /= 2.0
    return Marginal(posterior.axes[name], posterior.probability.sum(axis=others) / weight)


def hyper_table(cases: Mapping[str, tuple[str, str, GridPosterior]]) -> xr.Dataset:
    """Means and standard deviations of every case.

    Parameters
    ----------
    cases : mapping
        Name of the baryons, of the errors, and the posterior.
    """
    found = [posterior for _, _, posterior in cases.values()]
    columns = {
        "baryons": variable("case", [each[0] for each in cases.values()], "", "mass-to-light ratios"),
        "errors": variable("case", [each[1] for each in cases.values()], "", "errors of V_obs"),
    }
    for i, name in enumerate(NAMES):
        columns[name] = variable("case", [each.mean[i] for each in found], "", "posterior mean")
        columns[f"{name}_sd"] = variable("case", [each.sd[i] for each in found], "", "posterior standard deviation")
    rising = [marginal(each, "beta").above(0.0) for each in found]
    columns["p_rising"] = variable("case", rising, "", "posterior probability of beta > 0")
    return xr.Dataset({"case": variable("case", list(cases), "", "choice of baryons and errors"), **columns})


def published_table(posterior: GridPosterior) -> xr.Dataset:
    """μ, β and σ beside SI §14.3, with the ratio of the errors."""
    printed = [paper_14.HYPER[name] for name in NAMES]
    ends = np.array([marginal(posterior, name).quantiles(_INTERVAL) for name in NAMES])
    intervals = [paper_14.INTERVALS[name] for name in NAMES]
    columns = {
        "mean": (posterior.mean, "posterior mean"),
        "sd": (posterior.sd, "posterior standard deviation"),
        "low": (ends[:, 0], "2.5 % quantile"),
        "high": (ends[:, 1], "97.5 % quantile"),
        "printed": ([value for value, _ in printed], "mean in SI 14.3"),
        "printed_sd": ([sd for _, sd in printed], "standard deviation in SI 14.3"),
        "printed_low": ([low for low, _ in intervals], "lower end of the 95 % interval in SI 14.3"),
        "printed_high": ([high for _, high in intervals], "upper end"),
        "ratio_of_errors": ([sd for _, sd in printed] / posterior.sd, "printed standard deviation over that found"),
        "off": ((np.array([v for v, _ in printed]) - posterior.mean) / posterior.sd, "printed minus found, in sd"),
    }
    return xr.Dataset(
        {
            "param": variable("param", list(NAMES), "", "parameter of the line"),
            **{key: variable("param", np.asarray(values), "", text) for key, (values, text) in columns.items()},
        }
    )


def class_table(posterior: GridPosterior, codes: np.ndarray) -> xr.Dataset:
    """What μ + β z is for every class, by this posterior and by the published line, beside what is printed.

    Parameters
    ----------
    posterior : GridPosterior
        Of μ, β and σ.
    codes : ndarray of int
        Class of each galaxy of the sample, shape (n_galaxies,).
    """
    present, counts = np.unique(codes, return_counts=True)
    z = np.array([standardised(codes)[codes == code][0] for code in present])
    mean, sd = exponent_of_class(posterior, z)
    (mu, _), (beta, _) = paper_14.HYPER["mu"], paper_14.HYPER["beta"]
    printed = np.array(paper_14.CLASS_EXPONENTS)[present]
    columns = {
        "n_galaxies": (counts, "galaxies of the class"),
        "z": (z, "standardised code"),
        "p": (mean, "posterior mean of mu + beta z"),
        "p_sd": (sd, "its standard deviation"),
        "p_of_printed_line": (mu + beta * z, "0.802 + 0.234 z, the line as printed"),
        "printed": (printed, "exponent of the class in SI 14.3"),
        "off": (printed - (mu + beta * z), "printed exponent minus that of the printed line"),
    }
    return xr.Dataset(
        {
            "class": variable("class", [CLASS_NAMES[code] for code in present], "", "morphology class"),
            **{key: variable("class", values, "", text) for key, (values, text) in columns.items()},
        }
    )
