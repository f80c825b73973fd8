"""The experiment sparc_blind: the split and numbers of the specification, and that the lock comes before the test."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from outputs.lock_file import LOCK_FILE, LockedOtherwise, canonical_json, lock
from outputs.request import execute, prepare
from sims.galaxies import blind as sim
from sims.galaxies.subset import of_galaxies
from solvers.errors import InvalidInput

PARTS = ("training", "validation", "test")
FAST = "sim.n_splits=40"


@pytest.fixture(scope="module")
def tree(executed, loaded):
    from catalogs.sparc import Sparc

    loaded(Sparc())
    return executed("sparc_blind", FAST)


@pytest.fixture(scope="module")
def arguments(composed, tree):
    """What the sim is called with, for a fit of one model to one choice of the baryons."""
    typed = ["+experiment=sparc_blind", "models=[rotation_minimal_fit]", "~baryons.recommended", "sim.n_splits=1"]
    return prepare(composed(*typed)).arguments


def _row(table, model):
    return table.isel(model=list(table["model"].values).index(model))


def test_amplitude_and_scatters_are_those_of_the_specification(tree):
    row = _row(tree["tables/blind_paper"].to_dataset(), "rotation_minimal_fit")
    assert row["amplitude"].item() == pytest.approx(0.45724, abs=5e-6)
    assert [round(row[f"scatter_{part}"].item(), 4) for part in PARTS] == [0.1239, 0.1196, 0.1118]
    assert row["change"].item() == pytest.approx(0.11179314836940385 / 0.12390564784873005 - 1.0, rel=1e-6)


def test_parts_are_those_of_the_specification(tree):
    table = tree["tables/parts_paper"].to_dataset()
    assert table["part"].values.tolist() == list(PARTS)
    assert table["n_galaxies"].values.tolist() == [122, 26, 26]
    assert table["printed_galaxies"].values.tolist() == [122, 26, 27]
    assert table["printed_scatter"].values.tolist() == [0.103, 0.107, 0.109]
    part = tree["data/part"].sel(baryons="paper").values
    assert {name: int(np.sum(part == name)) for name in ("", *PARTS)} == {
        "": 1,
        "training": 122,
        "validation": 26,
        "test": 26,
    }
    in_part = dict(zip(tree["data/name"].values.tolist(), part.tolist(), strict=True))
    assert [in_part[name] for name in ("NGC2366", "CamB", "UGC06628", "DDO064")] == ["training"] * 4
    assert in_part["UGC01281"] == ""


def test_scripts_kernel_with_nothing_fitted_in_the_same_split(tree):
    row = _row(tree["tables/blind_paper"].to_dataset(), "rotation_script")
    assert [round(row[f"scatter_{part}"].item(), 4) for part in PARTS] == [0.1064, 0.1117, 0.0917]
    assert np.isnan(row["amplitude"])


def test_plain_split_and_its_null_are_those_of_the_reference(executed, tree):
    # Entries blind[gated][175] and blind_null_pct of the reference values.
    other = executed(
        "sparc_blind",
        "sim.split=plain",
        "sim.n_splits=2000",
        "models=[rotation_gated]",
        "models.rotation_gated.g_floor=1e-12",
        "~baryons.recommended",
        "baryons.paper.negative=drop_points",
    )
    row = other["tables/blind_paper"].to_dataset().isel(model=0)
    expected = [0.10529628635771737, 0.08742163429392596, 0.10187350961447518]
    assert [row[f"scatter_{part}"].item() for part in PARTS] == pytest.approx(expected, rel=1e-10)
    assert 100 * row["change"].item() == pytest.approx(-3.2506148712730276, rel=1e-9)
    found = [100 * row[f"change_{q}"].item() for q in ("2_5", "16", "50", "84", "97_5")]
    np.testing.assert_allclose(found, [-25.1, -14.8, -1.4, 13.6, 29.4], atol=2.5)
    assert other["tables/parts_paper/n_galaxies"].values.tolist() == [122, 26, 27]
    (note,) = (n for n in json.loads(other.attrs["notes"]) if "published +5.8 % is inside" in n)
    assert "nothing is fitted in it: a change of this size says nothing about fitting" in note


def test_80_20_split_has_two_parts(executed, tree):
    other = executed(
        "sparc_blind", FAST, "sim.split=by_type", "models=[rotation_minimal_fit,rotation_gated]", "~baryons.recommended"
    )
    parts = other["tables/parts_paper"].to_dataset()
    assert parts["part"].values.tolist() == ["training", "test"]
    assert int(parts["n_galaxies"].sum()) == 174
    assert np.isnan(parts["printed_scatter"]).all()
    assert np.isnan(other["tables/blind_paper/scatter_validation"]).all()
    types, part = other["data/hubble_type"].values, other["data/part"].sel(baryons="paper").values
    for hubble in np.unique(types):
        own = part[(types == hubble) & (part != "")]
        assert np.sum(own == "test") == max(1, int(0.2 * own.size))


def test_same_seed_same_numbers_and_another_seed_other_splits(executed, tree):
    small = [FAST, "models=[rotation_gated]", "~baryons.recommended"]
    one, two = (executed("sparc_blind", *small, *extra) for extra in ([], ["seed=5"]))
    assert one["tables/blind_paper/change_84"] == tree["tables/blind_paper/change_84"][2]
    assert one["tables/blind_paper/change_84"] != two["tables/blind_paper/change_84"]
    assert one["tables/blind_paper/scatter_test"] == two["tables/blind_paper/scatter_test"]


def test_hash_is_that_of_the_specification_in_the_file(tree):
    text = tree.attrs["specification"]
    assert tree.attrs["specification_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    found = json.loads(text)
    assert canonical_json(found) == text
    assert found["models"]["rotation_minimal_fit"]["fitted"]["paper"]["amplitude"] == 0.45723569
    assert found["models"]["rotation_script"]["fitted"] == {"paper": {}, "recommended": {}}
    assert found["models"]["rotation_script"]["parameters"]["p"] == 0.75
    assert found["models"]["rotation_gated"]["k_max"] == "inf"
    assert found["models"]["rotation_mond_rar"]["law"]["class"] == "solvers.laws.mond.MondRar"
    assert found["split"] == {"rule": "stratified", "seed": 42}
    assert [len(found["galaxies"]["paper"][part]) for part in PARTS] == [122, 26, 26]
    assert found["cut"]["radius"] == 0.5
    assert found["kpc"] == 3.086e19
    assert set(found["data"]) == set(json.loads(tree.attrs["datasets"])[0]["sha256"])


class Spoiled:
    """A catalogue whose rotation outside the training is nonsense."""

    def __init__(self, data, training):
        seen = training[data["galaxy_index"].values]
        self._data = data.assign(
            v_obs=data["v_obs"].where(seen, 3.0 * data["v_obs"]), v_obs_err=data["v_obs_err"].where(seen, 7.0)
        )

    def load(self):
        return self._data


def test_rotation_outside_the_training_changes_nothing_that_is_locked(arguments, tree):
    data = arguments["catalog"].load()
    training = tree["data/part"].sel(baryons="paper").values == "training"
    found, spoiled = (
        sim.blind(**{**arguments, "catalog": catalog}) for catalog in (arguments["catalog"], Spoiled(data, training))
    )
    assert spoiled.attrs["specification"] == found.attrs["specification"]
    tables = [t["tables/blind_paper"].to_dataset().isel(model=0) for t in (found, spoiled)]
    assert tables[0]["scatter_training"] == tables[1]["scatter_training"]
    assert tables[1]["scatter_test"] != tables[0]["scatter_test"]


def test_nothing_is_judged_before_the_lock(arguments, monkeypatch):
    events = []

    def _recorded(name):
        original = getattr(sim, name)

        def _call(*given, **named):
            events.append(name if name != "curves_of" else f"curves of {given[0].sizes['galaxy']}")
            return original(*given, **named)

        monkeypatch.setattr(sim, name, _call)

    for name in ("fit_amplitude", "lock", "scatters", "curves_of", "random_changes"):
        _recorded(name)
    sim.blind(**arguments)
    assert events == ["curves of 122", "fit_amplitude", "lock", "curves of 175", "scatters", "random_changes"]


def test_a_refused_lock_ends_the_run_before_the_test(arguments, tmp_path, monkeypatch):
    (tmp_path / LOCK_FILE).write_text('{"sha256": "0123456789abcdef", "specification": {}}')
    monkeypatch.setattr(sim, "scatters", lambda *_, **__: pytest.fail("judged"))
    with pytest.raises(LockedOtherwise, match="locks the specification 0123456789, this specification is") as refused:
        sim.blind(**arguments, checkpoint=tmp_path)
    assert "\n" not in str(refused.value)


def test_the_lock_file_holds_what_the_tree_holds(composed, arguments, tmp_path, tree):
    typed = ["+experiment=sparc_blind", "models=[rotation_minimal_fit]", "~baryons.recommended", "sim.n_splits=1"]
    runs = [execute(prepare(composed(*typed)), typed, tmp_path) for _ in range(2)]
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_FILE]
    written = json.loads((tmp_path / LOCK_FILE).read_text(encoding="utf-8"))
    for run in runs:
        assert written["sha256"] == run.attrs["specification_sha256"]
        assert canonical_json(written["specification"]) == run.attrs["specification"]


def test_a_lock_is_written_once(tmp_path):
    folder = tmp_path / "run"
    made = lock({"b": [1.0, None], "a": "é"}, folder)
    assert made.text == '{"a":"é","b":[1.0,null]}'
    assert made.sha256 == hashlib.sha256(made.text.encode()).hexdigest()
    before = (folder / LOCK_FILE).stat().st_mtime_ns
    assert lock({"a": "é", "b": [1.0, None]}, folder) == made
    assert (folder / LOCK_FILE).stat().st_mtime_ns == before
    assert [path.name for path in folder.iterdir()] == [LOCK_FILE]
    with pytest.raises(LockedOtherwise, match=f"locks the specification {made.sha256[:10]}") as refused:
        lock({"a": "e"}, folder)
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)
    assert json.loads((folder / LOCK_FILE).read_text(encoding="utf-8"))["sha256"] == made.sha256


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"sha256":"SAME","specification":{"a":2}}\n', "locks the specification"),
        ("", "locks nothing that can be read"),
        ("[]", "locks nothing that can be read"),
    ],
)
def test_an_altered_lock_is_refused(tmp_path, content, words):
    made = lock({"a": 1}, None)
    (tmp_path / LOCK_FILE).write_text(content.replace("SAME", made.sha256))
    with pytest.raises(LockedOtherwise, match=words):
        lock({"a": 1}, tmp_path)


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lock({"a": 1}, None)
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_is_none_cannot_be_locked(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        lock({"a": np.inf}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_subset_holds_the_chosen_galaxies_alone(loaded):
    from catalogs.sparc import Sparc

    data = loaded(Sparc())
    chosen = np.isin(data["name"].values, ["NGC2403", "DDO154", "UGC02885"])
    left = of_galaxies(data, chosen)
    assert left["name"].values.tolist() == ["DDO154", "NGC2403", "UGC02885"]
    for i, name in enumerate(left["name"].values):
        there = data["name"].values[data["galaxy_index"].values] == name
        np.testing.assert_array_equal(left["v_obs"].values[left["galaxy_index"].values == i], data["v_obs"][there])
    assert left.sizes["point"] == int(data["n_points"][chosen].sum())


REFUSED = {
    "another split": (["sim.split=half"], "sim.split='half': must be one of stratified, plain, by_type"),
    "a negative seed": (["sim.split_seed=-1"], "sim.split_seed=-1: must be from 0"),
    "no splits": (["sim.n_splits=0"], "sim.n_splits=0: must be >= 1"),
    "another kiloparsec": (["sim.kiloparsec=mine"], "sim.kiloparsec='mine': must be one of"),
    "two free parameters": (
        ["models=[rotation_sigma_fit]"],
        "models.rotation_sigma_fit.params.xi: the amplitude alone",
    ),
    "a scan": (
        ["models=[rotation_gated]", "models.rotation_gated.params.p={scan: [0.5, 1]}"],
        "models.rotation_gated.params.p: the amplitude alone may be free",
    ),
    "not an amplitude": (
        ["models=[rotation_gated]", "models.rotation_gated.params.p={prior: {min: 0.1, max: 3}}"],
        "p: the enhancement is not proportional to it",
    ),
    "an amplitude outside its prior": (
        [
            "models=[rotation_minimal_fit]",
            "models.rotation_minimal_fit.params.amplitude.prior.max=0.4",
            "models.rotation_minimal_fit.params.amplitude.ref=0.1",
        ],
        "models.rotation_minimal_fit.params.amplitude: the best is 0.4572, outside its prior",
    ),
    "too few galaxies": (["catalog.galaxies=[NGC2403,DDO154]"], "sim.split=stratified: 2 galaxies are too few"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_one_line(executed, tree, name):
    overrides, words = REFUSED[name]
    with pytest.raises(InvalidInput) as error:
        executed("sparc_blind", *overrides)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_notes_say_why_the_published_split_cannot_be_repeated(tree):
    notes = " ".join(json.loads(tree.attrs["notes"]))
    for words in (
        "122 + 26 + 27 = 175 galaxies, but 174 are used elsewhere",
        "no list of the split, no seed and no script",
        "model_spec.json with the SHA-256 a3f7c2e8",
        "rotation_script: takes the observed flat velocity",
        "(amplitude 0.45724; training/validation/test 122/26/26 galaxies): 0.1239/0.1196/0.1118 dex",
        tree.attrs["specification_sha256"][:16],
    ):
        assert words in notes


def test_velocities_are_those_of_the_locked_amplitude(arguments, tree):
    from sims.galaxies.sample import curves_of

    (model,) = arguments["models"].values()
    curves, kept = curves_of(arguments["catalog"].load(), arguments["baryons"]["paper"], "published")
    expected = replace(model, params={**model.params, "amplitude": 0.45723569}).velocity(curves)
    np.testing.assert_array_equal(
        tree["models/rotation_minimal_fit/velocity"].sel(baryons="paper").values[kept], expected
    )
