"""What must be read beside the CMB peaks of a parametrisation."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from sims.cmb.curves import reference_notes
from sims.cmb.peaks_tables import PLANCK, TARGETS
from solvers.cmb.base import CmbModel
from solvers.cmb.sigma_peaks import SigmaPeaks


def peaks_notes(tree: xr.DataTree, models: Mapping[str, CmbModel]) -> list[str]:
    """Sentences for the reader, each with the numbers of this run.

    Parameters
    ----------
    tree : xarray.DataTree
        The run so far.
    models : mapping of str to CmbModel
        Its models.
    """
    ratios, heights = tree["tables/ratios"].to_dataset(), tree["tables/peaks"].to_dataset()
    notes: list[str] = []
    for name, model in models.items():
        answer = tree[f"models/{name}"].to_dataset()
        if isinstance(model, SigmaPeaks):
            notes += _freedom(name, answer, ratios.sizes["pair"], heights.sizes["peak"])
        if model.space.axes:
            notes.append(f"{name} is scanned over {', '.join(model.space.axes)}: it is in the file, not in the tables.")
        elif isinstance(model, SigmaPeaks):
            notes += [*_ratios(name, ratios), *_heights(name, heights), *_maxima(name, answer)]
        else:
            notes += _beside(name, model, ratios, heights)
        if not isinstance(model, SigmaPeaks):
            notes += reference_notes(name, model)
    return [*notes, _step(ratios, heights), *_mechanism(tree)]


def _freedom(name: str, answer: xr.Dataset, n_ratios: int, n_peaks: int) -> Iterator[str]:
    total, free = answer["n_parameters"].values.flat[0], answer["n_free"].values.flat[0]
    yield (
        f"{name} is a parametrisation, no Boltzmann calculation: {total - 1} + 1 parameters (the last is the fixed "
        f"plateau), {free} of them fitted here, for {n_ratios} ratios and {n_peaks} peaks. The widths and the plateau "
        "do not enter the objective, which is no chi2."
    )


def _ratios(name: str, ratios: xr.Dataset) -> Iterator[str]:
    own = ratios.sel(source=name)
    yield (
        f"Peak ratios of {name}: {_list(own['ratio'], '.4f')}. They differ from the source's own targets by "
        f"{_list(abs(own[f'from_{TARGETS}']), '.1f')} %, and from Planck by "
        f"{_list(abs(own[f'from_{PLANCK}']), '.1f')} %."
    )


def _heights(name: str, heights: xr.Dataset) -> Iterator[str]:
    own = heights.sel(source=name)
    yield (
        f"Peak heights of {name} differ from the source's targets by {_list(own[f'from_{TARGETS}'], '+.0f')} %, and "
        f"from Planck by {_list(own[f'from_{PLANCK}'], '+.0f')} %."
    )


def _maxima(name: str, answer: xr.Dataset) -> Iterator[str]:
    found = [
        f"l = {ell:.0f} (D = {height:.0f})"
        for ell, height in zip(answer["maximum_ell"].values, answer["maximum_d_ell"].values, strict=True)
    ]
    width = answer["mode_width"].values
    yield (
        f"What the source calls a peak height is the amplitude of a mode at its own centre. With widths of "
        f"{width[0]:.0f} to {width[-1]:.0f} the modes of {name} merge: the summed spectrum has "
        f"{len(found)} maxim{'um' if len(found) == 1 else 'a'}{', at ' if found else ''}{', '.join(found)}."
    )


def _beside(name: str, model: CmbModel, ratios: xr.Dataset, heights: xr.Dataset) -> Iterator[str]:
    own = ratios.sel(source=name)
    present = int(np.isfinite(heights["height"].sel(source=name)).sum())
    if present < heights.sizes["peak"]:
        yield f"{name} has {present} of the {heights.sizes['peak']} peaks in the range; the others are empty."
        return
    yield (
        f"Peak ratios of {name}: {_list(own['ratio'], '.4f')}; from Planck by "
        f"{_list(abs(own[f'from_{PLANCK}']), '.2f')} %, from the source's targets by "
        f"{_list(abs(own[f'from_{TARGETS}']), '.1f')} %."
    )


def _step(ratios: xr.Dataset, heights: xr.Dataset) -> str:
    """The drop of the odd/even ratio that the targets have, and the measured ratios."""
    measured = ratios.sel(source=PLANCK)
    values = ", ".join(
        f"{value:.3f} ± {error:.3f}"
        for value, error in zip(measured["ratio"].values, measured["ratio_err"].values, strict=True)
    )
    away = heights[f"from_{PLANCK}"].sel(source=TARGETS)
    largest = ", ".join(
        f"P{int(peak)} {float(away.sel(peak=peak)):+.0f} %"
        for peak in away["peak"].values
        if abs(away.sel(peak=peak)) > 5
    )
    return (
        f"The step of the odd/even ratio at l = 1300, {_list(ratios['ratio'].sel(source=TARGETS), '.3f')} in the "
        f"source's targets, is not in Planck: {values}. The targets carry no reference; from Planck's heights they "
        f"differ by more than 5 % in {largest or 'none'}."
    )


def _mechanism(tree: xr.DataTree) -> Iterator[str]:
    table = tree["tables/mechanism"].to_dataset()
    first = table["interference"].attrs["long_name"]
    near = [
        f"{int(n)}"
        for n, mine, sky in zip(table["n"].values, table["interference"].values, table[PLANCK].values, strict=True)
        if abs(mine / sky - 1.0) < 0.1
    ]
    yield (
        f"The source's mechanism, {first}, puts the first three peaks at {_list(table['interference'][:3], '.0f')}; "
        f"within 10 % of the sky for n = {', '.join(near) or 'none'}."
    )
    scales = tree["tables/scales"].to_dataset()["length"]
    bao = [
        float(scales.sel(scale=key)) for key in scales["scale"].values if key.startswith("sound horizon at the drag")
    ]
    if bao:
        yield f"The source's coherence length of about 60 Mpc is not the BAO scale, which is {bao[0]:.1f} Mpc."


def _list(values: xr.DataArray, form: str) -> str:
    return ", ".join(format(float(value), form) for value in values.values)
