"""An experiment takes models of the kind that its sim asks for; others are refused with those that would do."""

from collections.abc import Mapping
from typing import Any

import pytest

from outputs.kinds import check_models
from outputs.targets import BadRequest
from solvers.backgrounds import Background, PowerLaw
from solvers.cmb.base import CmbModel
from solvers.cmb.tabulated import TabulatedSpectra

EXPANDING, SPECTRUM = PowerLaw(params={"p": 1.0}), TabulatedSpectra()


def about_backgrounds(models: Mapping[str, Background], z: float = 0.0):
    """Stand for a sim about expansion histories."""


def about_spectra(catalog: Any, models: Mapping[str, CmbModel]):
    """Stand for a sim about spectra."""


def about_nothing(points: Mapping[str, float]):
    """Stand for a sim without models."""


def about_anything(models: Mapping[str, Any]):
    """Stand for a sim that takes what comes."""


def about_untyped(models):
    """Stand for a sim that does not say."""


FILES = {
    "flat": "_target_: solvers.backgrounds.DarkEnergy",
    "peaks": "_target_: solvers.cmb.sigma_peaks.SigmaPeaks",
    "camb": "_target_: solvers.cmb.camb_spectrum.CambSpectrum\nlmax: 3000",
    "narrow": "defaults:\n  - peaks@_here_\n  - _self_\nparams: {w0: 35}",
    "narrower": "defaults: [narrow@_here_, _self_]",
    "turned": "defaults: [flat@_here_, peaks@_here_]",
    "overruled": "defaults: [peaks@_here_, _self_]\n_target_: solvers.backgrounds.DarkEnergy",
    "other_group": "defaults: [{/law@law: sigma}, camb@_here_]",
    "nowhere": "defaults: [not_there@_here_]",
    "classless": "label: nothing",
    "empty": "",
    "broken": "_target_: solvers.no_such_module.Model",
    "function": "_target_: solvers.predictions.coherence_ratio",
}


@pytest.fixture
def folder(tmp_path):
    """Files of models, some of which begin with others or are of no use."""
    for name, text in FILES.items():
        (tmp_path / f"{name}.yaml").write_text(text + "\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("sim", "models"),
    [
        (about_backgrounds, {"a": EXPANDING}),
        (about_spectra, {"a": SPECTRUM, "b": SPECTRUM}),
        (about_spectra, {}),
        (about_anything, {"a": EXPANDING, "b": SPECTRUM}),
        (about_untyped, {"a": EXPANDING}),
        (about_nothing, {}),
    ],
)
def test_models_of_the_kind_that_a_sim_asks_for_are_taken(folder, sim, models):
    check_models("some_experiment", sim, models, folder)


@pytest.mark.parametrize(
    ("sim", "models", "expected"),
    [
        (
            about_backgrounds,
            {"a": EXPANDING, "b": SPECTRUM},
            "models.b: is no Background, which some_experiment is about; choose of flat, overruled",
        ),
        (
            about_spectra,
            {"b": EXPANDING},
            "models.b: is no CmbModel, which some_experiment is about; "
            "choose of camb, narrow, narrower, other_group, peaks, turned",
        ),
    ],
)
def test_a_model_of_another_kind_is_refused_with_the_files_that_would_do(folder, sim, models, expected):
    with pytest.raises(BadRequest) as refused:
        check_models("some_experiment", sim, models, folder)
    assert str(refused.value) == expected
    assert refused.value.exit_code == 2
