"""Does the detector of a model see the events of a catalogue as their analyses did?"""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.gw.coherent_population import CoherentPopulation
from solvers.gw.distance_posterior import DistancePosterior

_EDGES = (0.0, 40.0, 80.0, 140.0, 220.0, np.inf)
"""Bins of the total detector-frame mass [Msun]."""

_ALL = "all"
_TOLERANCE = 0.05


def detector_table(events: xr.Dataset, models: Mapping[str, CoherentPopulation]) -> xr.Dataset:
    """Published distances over those that the masses and SNR of the events mean in the detector of each model.

    The ratio scales with the horizon: where it is above 1, the detector of the model is too short-sighted.

    Parameters
    ----------
    events : xarray.Dataset
        Along `event`.
    models : mapping of str to CoherentPopulation
        With their detectors.

    Returns
    -------
    xarray.Dataset
        Median `distance_ratio` along (`model`, `bin`) and `n_events` along `bin`, bins of detector-frame mass, and
        all events.
    """
    stretch = 1.0 + events["redshift"].values
    m1, m2 = (events[key].values * stretch for key in ("mass_1_source", "mass_2_source"))
    snr, distance = events["network_matched_filter_snr"].values, events["luminosity_distance"].values
    good = np.isfinite(m1) & np.isfinite(m2) & np.isfinite(distance) & np.isfinite(snr)
    bins = [*zip(_EDGES[:-1], _EDGES[1:], strict=True), (_EDGES[0], _EDGES[-1])]
    rows = [good & (m1 + m2 >= low) & (m1 + m2 < high) for low, high in bins]
    ratios = np.full((len(models), len(bins)), np.nan)
    for i, model in enumerate(models.values()):
        ratio = np.full(good.size, np.nan)
        ratio[good] = distance[good] / DistancePosterior(model).median(m1[good], m2[good], snr[good])
        ratios[i] = [np.median(ratio[row]) if row.any() else np.nan for row in rows]
    labels = [f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} and more" for low, high in bins[:-1]]
    return xr.Dataset(
        {
            "model": variable("model", list(models), "", "population with its detector"),
            "bin": variable("bin", [*labels, _ALL], "", "total detector-frame mass in solMass"),
            "n_events": variable("bin", [int(row.sum()) for row in rows], "", "events"),
            "distance_ratio": variable(
                ("model", "bin"), ratios, "", "published distance over that of the model's detector, median"
            ),
        }
    )


def detector_notes(table: xr.Dataset) -> Iterator[str]:
    """One sentence for all models whose detectors give the same ratios."""
    groups: dict[tuple[float, ...], list[str]] = {}
    for name in table["model"].values:
        ratios = tuple(np.round(table["distance_ratio"].sel(model=name).values, 3))
        groups.setdefault(ratios, []).append(str(name))
    for ratios, names in groups.items():
        *bins, overall = ratios
        seen = [ratio for ratio in bins if np.isfinite(ratio)]
        off = abs(overall - 1.0) > _TOLERANCE
        yield (
            f"{', '.join(names)}: published distances are {overall:.2f} of those that the masses and SNR mean in the "
            f"detector ({min(seen):.2f} to {max(seen):.2f} over bins of mass)"
            + (f"; multiply params.d_horizon by {overall:.2f}, or epsilon and kappa make up for it." if off else ".")
        )
