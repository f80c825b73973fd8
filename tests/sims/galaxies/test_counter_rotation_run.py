"""The experiment counter_rotation: SI §6.4 beside both laws, the tests of MaNGA's galaxies, and its refusals."""

import csv
import json

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from catalogs.counter_rotation import FRACTIONS, CounterRotation
from catalogs.counter_rotation_controls import CONTROLS, CounterRotationControls
from catalogs.files import find
from outputs.tree import check_schema
from sims.galaxies.counter_rotation import counter_rotation
from solvers.errors import InvalidInput


@pytest.fixture(scope="module")
def tree(executed, loaded):
    loaded(CounterRotation())
    loaded(CounterRotationControls())
    return executed("counter_rotation")


@pytest.fixture(scope="module")
def notes(tree):
    return " ".join(json.loads(tree.attrs["notes"]))


@pytest.fixture(scope="module")
def rows(tree):
    """Fraction and mass by ID, the last row of each, and the pairs, read by csv."""
    with find(FRACTIONS).open(newline="") as stream:
        table = list(csv.DictReader(stream))
    fractions = {row["MaNGAID"]: (float(row["fDM(Reff)"]), np.log10(float(row["M*[Msun]"]))) for row in table}
    with find(CONTROLS).open(newline="") as stream:
        pairs = [(row["case_mangaid"], row["control_mangaid"]) for row in csv.DictReader(stream)]
    cases = {case for case, _ in pairs}
    return fractions, pairs, cases


def _test(tree, matching, test):
    table = tree["tables/tests"].to_dataset()
    (i,) = np.flatnonzero((table["matching"].values == matching) & (table["test"].values == test))
    return table.isel(case=i)


def test_the_run_keeps_the_contract(tree):
    assert check_schema(tree) == []


def test_table_1_is_the_printed_one_by_the_linear_law_alone(tree):
    table = tree["tables/counter_rotation"].to_dataset()
    np.testing.assert_allclose(table["sigma_linear"], [2.69, 2.2675, 1.845, 1.0])
    np.testing.assert_allclose(table["sigma_symmetric"], [2.69, 1.4225, 1.0, 2.69])
    assert np.abs(table["sigma_linear"] - table["printed"]).max() < 0.0051
    assert np.abs(table["difference_linear"] - table["printed_difference"]).max() < 0.6
    np.testing.assert_allclose(table["difference_linear"], [5.078125, -11.425781, -27.929688, -60.9375], rtol=1e-6)
    assert (table["mond"] == 2.56).all() and (table["baryons"] == 1.0).all()


def test_field_and_group_are_off_in_table_3(tree, notes):
    table = tree["tables/environment"].to_dataset()
    np.testing.assert_allclose(table["sigma"] - table["printed"], [0.0, 0.011, 0.033, 0.005], atol=1e-9)
    assert "computed minus printed is field +0.011, group +0.033; the other rows agree" in notes


def test_curves_are_the_laws(tree):
    curves = tree["tables/curves"].to_dataset()
    f = curves["fraction"].values
    np.testing.assert_allclose(curves["sigma"].sel(law="linear"), 1.0 + 1.69 * (1.0 - f))
    np.testing.assert_allclose(curves["sigma"].sel(law="symmetric"), 1.0 + 1.69 * (1.0 - 2.0 * f) ** 2)
    assert (f[0], f[-1], f.size) == (0.0, 1.0, 101)
    shares = tree["tables/shares"].to_dataset()
    f = shares["fraction"].values
    np.testing.assert_allclose(shares["sigma_linear"], 1.0 + 1.69 * (1.0 - f))
    np.testing.assert_allclose(shares["sigma_symmetric"], 1.0 + 1.69 * (1.0 - 2.0 * f) ** 2)


def test_counts_are_those_of_the_files(tree, rows):
    fractions, pairs, cases = rows
    counts = dict(zip(tree["tables/counts/of"].values, tree["tables/counts/n"].values, strict=True))
    both = [pair for pair in pairs if pair[0] in fractions and pair[1] in fractions]
    assert counts == {
        "galaxies": 2506,
        "counter-rotating galaxies": 14,
        "counter-rotating galaxies in the list": 62,
        "counter-rotating galaxies with a normal one of like mass": 14,
        "matched controls listed": 310,
        "matched controls with a fraction of dark matter": sum(control in fractions for _, control in pairs),
        "counter-rotating galaxies with such a control": len({case for case, _ in both}),
        "their controls": len(both),
    }
    assert (len(both), sum(case in fractions for case in cases)) == (31, 14)


def test_the_default_test_is_that_of_the_listed_controls(tree, rows):
    fractions, pairs, _ = rows
    controls = {}
    for case, control in pairs:
        if case in fractions and control in fractions:
            controls.setdefault(case, []).append(fractions[control][0])
    case = np.array([fractions[name][0] for name in controls])
    median = np.array([np.median(values) for values in controls.values()])
    expected = stats.ttest_rel(case, median)
    assert tree["tables/tests/matching"].values[0] == "listed controls"
    row = _test(tree, "listed controls", "paired t")
    assert (row["n_cases"].item(), row["n_controls"].item()) == (14, 31)
    assert row["difference"].item() == pytest.approx(np.mean(case - median), rel=1e-12)
    assert row["p"].item() == pytest.approx(expected.pvalue, rel=1e-10)
    assert (row["low"].item(), row["high"].item()) == pytest.approx(tuple(expected.confidence_interval()), rel=1e-10)
    assert row["low"] < 0.0 < row["high"] and row["printed_difference"] == -0.008


def test_pairs_of_like_mass_are_those_of_a_loop(tree, rows):
    fractions, _, cases = rows
    own = [name for name in fractions if name in cases]
    normal = np.array([value for name, value in fractions.items() if name not in cases])
    case = np.array([fractions[name][0] for name in own])
    median = np.array([np.median(normal[np.abs(normal[:, 1] - fractions[name][1]) < 0.2, 0]) for name in own])
    row = _test(tree, "like mass", "paired t")
    assert row["difference"].item() == pytest.approx(np.mean(case - median), rel=1e-12)
    assert row["p"].item() == pytest.approx(stats.ttest_rel(case, median).pvalue, rel=1e-10)
    assert (row["printed_difference"], row["printed_p"]) == (-0.072, 0.017)


def test_unmatched_tests_are_scipy_s(tree, rows):
    fractions, _, cases = rows
    counter, normal = ([v[0] for n, v in fractions.items() if (n in cases) == kind] for kind in (True, False))
    for test, p, printed in (
        ("Kolmogorov-Smirnov", stats.ks_2samp(counter, normal).pvalue, 0.006),
        ("Mann-Whitney, lower", stats.mannwhitneyu(counter, normal, alternative="less").pvalue, 0.004),
        ("t, one variance", stats.ttest_ind(counter, normal).pvalue, 0.001),
    ):
        row = _test(tree, "unmatched", test)
        assert (row["n_cases"], row["n_controls"]) == (14, 2492)
        assert row["p"].item() == pytest.approx(p, rel=1e-10) and row["p"] > 0.05
        assert row["printed_p"] == printed


@pytest.mark.parametrize(
    "words",
    [
        "S0 = 1.69, Σ of a normal disk less 1, is an input",
        "although the second is the first seen from behind",
        "14 of the 62 in the list (SI: 63), normal ones 2492 (SI: 10038)",
        "which is not here: these data can neither confirm nor refute them",
        "14 counter-rotating galaxies with 31 listed controls differ by +0.066 (95 % -0.050 to +0.181",
        "has -0.008 (95 % -0.058 to +0.045): no effect",
        "+0.023 (95 % -0.128 to +0.174, p = 0.75) of 14 pairs",
        "Kolmogorov-Smirnov 0.073 (printed 0.006)",
        "a quality-cut quarter of the catalogue",
    ],
)
def test_notes_have_the_numbers_of_the_run(notes, words):
    assert words in notes


def test_without_a_list_the_default_test_is_said_to_be_impossible(executed, tree):
    other = executed("counter_rotation", "controls=null")
    row = _test(other, "listed controls", "paired t")
    assert row["n_cases"] == 0 and np.isnan([row["difference"], row["low"], row["p"]]).all()
    assert "the default test: not possible here, 0 counter-rotating galaxies" in " ".join(
        json.loads(other.attrs["notes"])
    )
    assert _test(other, "like mass", "paired t").equals(_test(tree, "like mass", "paired t"))
    assert check_schema(other) == []


class Galaxies:
    """Three counter-rotating galaxies and four normal ones, made up."""

    def __init__(self, without=(), ids=None, counter=(1, 1, 1, 0, 0, 0, 0)):
        self.columns = {
            "manga_id": ids or ["a", "b", "c", "d", "e", "f", "g"],
            "f_dm": [0.1, 0.2, 0.6, 0.3, 0.1, 0.5, 0.7],
            "stellar_mass": [1e10, 1e10, 1e11, 1.1e10, 0.9e10, 1.2e11, 1e9],
            "is_counter_rotating": [bool(flag) for flag in counter],
        }
        self.columns = {key: value for key, value in self.columns.items() if key not in without}

    def load(self):
        attrs = {"name": "made_up", "sha256": "{}", "cuts": "{}", "n_rows": 7, "note": "made up"}
        attrs["n_counter_rotating_listed"] = 5
        along = {k: ("galaxy", np.array(v), {"units": "", "long_name": k}) for k, v in self.columns.items()}
        return xr.Dataset(along, attrs=attrs)


class Controls:
    """Pairs, made up; h is in no catalogue, and c is itself counter-rotating."""

    def __init__(self, pairs=(("a", "d"), ("a", "e"), ("b", "f"), ("c", "h"), ("b", "c")), without=()):
        columns = {"case_id": [case for case, _ in pairs], "control_id": [control for _, control in pairs]}
        self.columns = {key: value for key, value in columns.items() if key not in without}

    def load(self):
        along = {k: ("pair", np.array(v), {"units": "", "long_name": k}) for k, v in self.columns.items()}
        return xr.Dataset(along, attrs={"name": "pairs", "sha256": "{}", "cuts": "{}", "n_rows": 5})


def _run(galaxies=None, controls=None, **changed):
    return counter_rotation(galaxies or Galaxies(), **({"fraction": [0.0, 1.0], "controls": controls} | changed))


def test_only_normal_galaxies_of_the_data_are_controls():
    tree = _run(controls=Controls())
    row = _test(tree, "listed controls", "paired t")
    assert (row["n_cases"].item(), row["n_controls"].item()) == (2, 3)
    assert row["difference"].item() == pytest.approx(np.mean([0.1 - 0.2, 0.2 - 0.5]))
    cases = tree["tables/cases"].to_dataset()
    np.testing.assert_allclose(cases["median_controls"], [0.2, 0.5, np.nan])
    np.testing.assert_allclose(cases["median_like_mass"], [0.2, 0.2, 0.5])
    assert cases["n_like_mass"].values.tolist() == [2, 2, 1]


def test_one_pair_is_no_test():
    row = _test(_run(controls=Controls(pairs=(("a", "d"),))), "listed controls", "paired t")
    assert row["n_cases"] == 1 and np.isnan(row["difference"])


def test_the_laws_of_a_run_are_those_asked_for():
    tree = _run(laws=["symmetric"], boost=3.0, mond_boost=2.0)
    table = tree["tables/counter_rotation"].to_dataset()
    assert "sigma_linear" not in table
    np.testing.assert_allclose(table["sigma_symmetric"], [3.0, 1.5, 1.0, 3.0])
    np.testing.assert_allclose(table["difference_symmetric"], [50.0, -25.0, -50.0, 50.0])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"fraction": [-0.1, 1.0]}, "^sim.fraction.*must be >= 0 and <= 1"),
        ({"fraction": [0.0, 1.1]}, "^sim.fraction.*must be >= 0 and <= 1"),
        ({"fraction": [1.0, 0.0]}, "^sim.fraction: must be two or more shares from 0 to 1 that increase"),
        ({"fraction": [0.5]}, "^sim.fraction: must be two or more shares"),
        ({"laws": ["linear", "cubic"]}, "^sim.laws=.*must be a list of names, each once, of linear, symmetric"),
        ({"laws": []}, "^sim.laws=.*must be a list of names"),
        ({"laws": "linear"}, "^sim.laws='linear': must be a list of names"),
        ({"boost": 0.5}, "^sim.boost=0.5: must be >= 1; 1 is baryons alone"),
        ({"mond_boost": 0.0}, "^sim.mond_boost=0.0: must be >= 1"),
        ({"mass_width": 0.0}, "^sim.mass_width=0.0: must be > 0, dex"),
        ({"galaxies": Galaxies(without=("f_dm",))}, "^catalog: has no f_dm; use counter_rotation or manga_dynpop"),
        ({"galaxies": Galaxies(ids=list("abcdefa"))}, "^catalog: a is there 2 times; .*catalog.repeats=last"),
        (
            {"galaxies": Galaxies(counter=(1, 0, 0, 0, 0, 0, 0))},
            "^catalog: 1 counter-rotating galaxies; a test needs two",
        ),
        ({"galaxies": Galaxies(counter=(1, 1, 1, 1, 1, 1, 0))}, "^catalog: 1 normal galaxies; a test needs two"),
        ({"controls": Controls(without=("control_id",))}, "^controls: has no control_id"),
    ],
)
def test_bad_requests_are_one_clear_line(changed, message):
    with pytest.raises(InvalidInput, match=message) as error:
        _run(**changed)
    assert "\n" not in str(error.value)


def test_the_whole_catalogue_is_taken_as_the_quarter_is(tmp_path):
    from astropy.io import fits

    from catalogs.counter_rotation import COUNTER_ROTATORS
    from catalogs.manga_dynpop import MODELS, MangaDynpop

    made = Galaxies().columns
    ids, mass = np.array(made["manga_id"]), np.log10(made["stellar_mass"])
    first = [fits.Column("mangaid", "8A", array=ids), fits.Column("plateifu", "8A", array=ids)]
    first.append(fits.Column("nsa_elpetro_mass", "D", array=mass))
    fourth = [fits.Column("fdm_Re", "D", array=np.array(made["f_dm"]))]
    tables = [fits.BinTableHDU.from_columns(columns) for columns in (first, fourth, fourth, fourth)]
    fits.HDUList([fits.PrimaryHDU(), *tables]).writeto(tmp_path / MODELS.name)
    (tmp_path / COUNTER_ROTATORS.name).write_text("mangaid\na\nb\nc\n")
    tree = _run(MangaDynpop(path=str(tmp_path), verify_sha256=False), Controls())
    expected = _run(controls=Controls())
    for name in ("tests", "groups", "cases"):
        xr.testing.assert_allclose(tree[f"tables/{name}"].to_dataset(), expected[f"tables/{name}"].to_dataset())
    assert "which is not here" not in " ".join(json.loads(tree.attrs["notes"]))
