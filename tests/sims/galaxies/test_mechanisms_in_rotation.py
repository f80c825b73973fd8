"""Mechanisms as models of rotation: their files build, sparc_rar runs with them, and wrong requests are one line."""

import json

import numpy as np
import pytest

from catalogs.sparc import Sparc
from outputs.request import prepare
from outputs.targets import BadRequest
from sims.galaxies.sample import curves_of
from solvers.galaxies.baryons import Baryons
from solvers.microphysics.combined import Combined
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.pairing import BurrPairing, Pairing
from solvers.microphysics.resonance import Resonance
from solvers.microphysics.roughness import Roughness
from solvers.microphysics.time_coherence import TimeCoherence
from solvers.microphysics.unified import AdditiveUnified, MultiplicativeUnified

OPTIMISED = {"amplitude": 5.0, "sigma_c": 15.0, "gamma_sigma": 3.0, "ell_pair": 20.0, "p": 1.5}
KINDS = {
    "roughness": Roughness,
    "pairing": Pairing,
    "pairing_optimised": Pairing,
    "pairing_burr": BurrPairing,
    "resonance": Resonance,
    "time_coherence": TimeCoherence,
    "roughness_pairing": Combined,
    "unified_additive": AdditiveUnified,
    "unified_multiplicative": MultiplicativeUnified,
}
BESIDE = ("rotation_newton", "rotation_sigma", "rotation_mond_rar", "rotation_mond_simple")
EXPERIMENT = "+experiment=sparc_rar"
FEW = "catalog.galaxies=[DDO154,NGC2403,UGC02885,CamB,KK98-251]"
UNSIGNED = [f"baryons.{name}.squares=unsigned" for name in ("paper", "recommended")]
PHOTOMETRIC = [f"models.{name}.{key}" for name in KINDS for key in ("inputs=photometric", "sigma_v=20.0")]


@pytest.fixture(scope="module")
def built(composed):
    """Every model of the files, by name."""
    return prepare(composed(EXPERIMENT, f"models=[{','.join((*KINDS, *BESIDE))}]")).arguments["models"]


@pytest.fixture(scope="module")
def sparc(loaded):
    return loaded(Sparc())


@pytest.fixture(scope="module")
def run(sparc, executed):
    return executed("sparc_rar", f"models=[{','.join((*BESIDE, *KINDS))}]", FEW, *UNSIGNED)


@pytest.mark.parametrize("name", KINDS)
def test_every_file_builds_its_mechanism_with_numbers_for_all_parameters(name, built):
    model = built[name]
    assert type(model) is KINDS[name] and isinstance(model, Mechanism)
    assert not model.space.names and not model.space.axes
    assert (model.inputs, model.sigma_v) == ("source", None) and model.label
    written = dict(model.space.fixed)
    if name == "pairing_optimised":
        assert written == OPTIMISED
    elif name == "roughness_pairing":
        assert written == {} and model.combination == "sum"
        assert {key: dict(part.space.fixed) for key, part in model.parts.items()} == {
            "roughness": dict(Roughness.defaults),
            "pairing": OPTIMISED,
        }
    else:
        assert written == dict(KINDS[name].defaults)


def test_labels_tell_the_models_apart(built):
    assert len({model.label for model in built.values()}) == len(built)


@pytest.mark.parametrize("name", KINDS)
def test_velocities_of_a_run_are_those_of_the_model(name, run, sparc, built):
    data = run["data"].to_dataset()
    answer = run[f"models/{name}"].to_dataset()
    for baryons, (disk, bulge) in {"paper": (1.0, 1.0), "recommended": (0.5, 0.7)}.items():
        curves, kept = curves_of(data, Baryons(upsilon_disk=disk, upsilon_bulge=bulge, squares="unsigned"), "published")
        assert kept.all() and curves.n_galaxies == 5
        velocity = answer["velocity"].sel(baryons=baryons).values
        np.testing.assert_allclose(velocity, built[name].velocity(curves), rtol=1e-14)
        assert np.all(velocity > np.sqrt(curves.v_bar_squared))
        square = np.add.reduceat((curves.v_obs - velocity) ** 2, np.flatnonzero(np.diff(curves.galaxy, prepend=-1)))
        rms = np.sqrt(square / curves.n_points)
        np.testing.assert_allclose(answer["rms"].sel(baryons=baryons).values, rms, rtol=1e-12)


# reference/galaxies.json, microphysics_per_galaxy: RMS [km/s] of D631-7, ESO116-G012 and D564-8
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rotation_newton", (10.04957684, 24.58523237, 34.25622896)),
        ("roughness", (7.374708837, 19.93805155, 21.18542818)),
        ("pairing", (8.526416642, 20.01102469, 22.79766899)),
        ("resonance", (9.165125698, 24.34873990, 33.03577601)),
        ("pairing_optimised", (9.202340428, 20.21219078, 25.09378656)),
    ],
)
def test_a_run_has_the_numbers_of_the_reference(name, expected, sparc, executed):
    chosen = "models=[rotation_newton,roughness,pairing,resonance,pairing_optimised]"
    tree = executed("sparc_rar", chosen, "catalog.galaxies=[D564-8,D631-7,ESO116-G012]", UNSIGNED[0])
    names = tree["data"]["name"].values.tolist()
    found = tree[f"models/{name}/rms"].sel(baryons="paper").values
    order = [names.index(each) for each in ("D564-8", "D631-7", "ESO116-G012")]
    assert found[order] == pytest.approx(expected, rel=1e-9, abs=0)


def test_roughness_ties_with_the_baryons_in_scatter(run):
    tables = run["tables/head_to_head"].to_dataset()
    keys = ("statistic", "model_a", "model_b", "ties", "undetermined")
    rows = [tuple(tables[key].values[i].item() for key in keys) for i in range(tables.sizes["pair"])]
    tied = {(b, ties) for statistic, a, b, ties, _ in rows if statistic == "rar_scatter" and a == "rotation_newton"}
    assert ("roughness", 5) in tied
    assert all(ties == 0 for name, ties in tied if name != "roughness")


def test_notes_say_whose_input_was_observed(run):
    (note,) = [note for note in json.loads(run.attrs["notes"]) if "observed rotation" in note]
    assert all(name in note for name in KINDS) and not any(name in note for name in BESIDE)


def test_photometric_inputs_observe_nothing(sparc, executed):
    tree = executed("sparc_rar", f"models=[{','.join(KINDS)}]", FEW, *UNSIGNED, *PHOTOMETRIC)
    assert not any("observed rotation" in note for note in json.loads(tree.attrs["notes"]))
    for name in KINDS:
        assert np.isfinite(tree[f"models/{name}/rms"].values).all()


def test_masses_and_scale_lengths_are_those_of_table_1(sparc):
    curves, _ = curves_of(sparc, Baryons(squares="unsigned"), "published")
    expected = 1e9 * (0.5 * sparc["luminosity"].values + 1.33 * sparc["m_hi"].values)
    np.testing.assert_allclose(curves.baryonic_mass, expected, rtol=1e-14)
    # Table 1 of Lelli, McGaugh and Schombert (2016): CamB with 0.075e9 Lsun, 0.012e9 Msun, 0.47 kpc
    i = curves.names.index("CamB")
    assert (
        curves.baryonic_mass[i] == pytest.approx(0.5 * 7.5e7 + 1.33 * 1.2e7, rel=1e-14, abs=0)
        and curves.r_disk[i] == 0.47
    )
    without, _ = curves_of(sparc.drop_vars("m_hi"), Baryons(squares="unsigned"), "published")
    assert without.baryonic_mass is None


def test_a_policy_that_leaves_galaxies_out_leaves_their_masses_out(sparc):
    whole, _ = curves_of(sparc, Baryons(squares="unsigned"), "published")
    curves, _ = curves_of(sparc, Baryons(negative="drop_galaxy"), "published")
    assert set(whole.names) - set(curves.names) == {"UGC01281"}
    mass = dict(zip(whole.names, whole.baryonic_mass, strict=True))
    assert curves.baryonic_mass.tolist() == [mass[name] for name in curves.names]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["models=[pairing]", "models.pairing.inputs=measured"],
            "models.pairing.inputs='measured': must be one of source, photometric",
        ),
        (
            ["models=[pairing]", "models.pairing.inputs=photometric"],
            "models.pairing.sigma_v: inputs=photometric has no proxy for the dispersion, give it in km/s",
        ),
        (
            ["models=[roughness]", "models.roughness.sigma_v=0"],
            "models.roughness.sigma_v=0: must be a finite number > 0, km/s",
        ),
        (["models=[roughness]", "models.roughness.sigma_v=fast"], "models.roughness.sigma_v='fast': must be a number"),
        (
            ["models=[resonance]", "models.resonance.quadrature=simpson"],
            "models.resonance.quadrature='simpson': must be one of rect256, integral",
        ),
        (
            ["models=[roughness_pairing]", "models.roughness_pairing.combination=ratio"],
            "models.roughness_pairing.combination='ratio': must be one of sum, product",
        ),
        (
            ["models=[roughness_pairing]", "~models.roughness_pairing.parts.pairing"],
            "models.roughness_pairing.parts: name at least two mechanisms",
        ),
        (
            ["models=[unified_multiplicative]", "models.unified_multiplicative.params.f_max=0.5"],
            "models.unified_multiplicative.params.f_max=0.5: must be >= 1",
        ),
        (
            ["models=[roughness]", "+models.roughness.params.alpha_length=0.037"],
            "models.roughness.params.alpha_length: unknown parameter",
        ),
    ],
)
def test_a_wrong_request_is_one_line(overrides, message, composed):
    with pytest.raises(BadRequest) as caught:
        prepare(composed(EXPERIMENT, *overrides))
    assert str(caught.value).splitlines() == [str(caught.value)]
    assert message in str(caught.value)
