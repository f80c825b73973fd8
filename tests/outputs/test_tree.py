"""The tree of a run holds what the contract says, and `check_schema` sees what is lacking."""

import json

import astropy.units as u
import h5py
import numpy as np
import pytest
import xarray as xr

from outputs.file import read_run
from outputs.tree import MODEL_SCALARS, ROOT_ATTRIBUTES, check_schema, run_tree, scalar, variable, variables

CONTRACT = [
    "schema_version",
    "experiment",
    "created",
    "duration_s",
    "seed",
    "config",
    "overrides",
    "content_hash",
    "result_hash",
    "suite_version",
    "git_commit",
    "git_dirty",
    "python",
    "platform",
    "packages",
    "datasets",
]


def _variables(file):
    """Every variable of a netCDF-4 file by path; dimensions without a variable are none."""
    found = {}

    def visit(path, item):
        if isinstance(item, h5py.Dataset) and not item.attrs.get("NAME", b"").startswith(b"This is a netCDF"):
            found[path] = item

    file.visititems(visit)
    return found


@pytest.fixture(scope="module")
def stored(small_run):
    """The main run, read once."""
    return read_run(small_run)


@pytest.fixture(scope="module")
def background_run(executed, tmp_path_factory):
    from outputs.file import write_run

    return write_run(executed("background", "z=[0.5,1]"), tmp_path_factory.mktemp("background"))


@pytest.fixture(params=["supernovae", "background"])
def file(request, small_run, background_run):
    path = small_run if request.param == "supernovae" else background_run
    with h5py.File(path) as opened:
        yield opened


def test_the_root_has_every_attribute_of_the_contract(file):
    assert set(CONTRACT) <= set(file.attrs)
    assert set(CONTRACT) == set(ROOT_ATTRIBUTES)


def test_attributes_are_text_or_one_number(file):
    groups = [file]
    file.visititems(lambda _, item: groups.append(item) if isinstance(item, h5py.Group) else None)
    for group in groups:
        for name, value in ((name, value) for name, value in group.attrs.items() if not name.startswith("_NC")):
            kind = "U" if isinstance(value, str) else np.asarray(value).dtype.kind
            assert kind in "Uif", (group.name, name)
            assert np.size(value) == 1, (group.name, name)


@pytest.mark.parametrize("name", ["overrides", "packages", "datasets"])
def test_lists_and_tables_among_the_attributes_are_json(file, name):
    assert isinstance(json.loads(file.attrs[name]), list | dict)


def test_the_datasets_say_hash_rows_and_cuts(stored):
    (source,) = json.loads(stored.attrs["datasets"])
    assert set(source) == {"name", "sha256", "rows", "cuts"}
    assert source["rows"] == 60
    assert source["cuts"]["z_min"] == 0.01
    assert all(len(digest) == 64 for digest in source["sha256"].values())


def test_every_variable_has_a_unit_that_astropy_knows_and_a_name_in_words(file):
    found = _variables(file)
    assert len(found) > 20
    for path, item in found.items():
        assert item.attrs["long_name"].strip(), path
        u.Unit(item.attrs["units"])


def test_the_root_and_models_hold_no_variables(file):
    for path in ("/", "/models"):
        assert all(isinstance(item, h5py.Group) for item in file[path].values())


@pytest.mark.parametrize("path", ["/", "/models"])
def test_the_root_and_models_have_no_coordinates(stored, path):
    assert not stored[path].coords


def test_models_confronted_with_data_have_every_statistic(stored):
    for node in stored["models"].children.values():
        assert set(MODEL_SCALARS) <= set(node.data_vars)
        assert node["n_data"].item() == 60
        assert node["dof"].item() == 60 - node["n_free"].item()


@pytest.mark.parametrize("path", ["models/lcdm/converged", "models/lcdm/at_bound", "data/is_calibrator"])
def test_truth_values_come_back_as_such(small_run, stored, path):
    assert stored[path].dtype == bool
    with h5py.File(small_run) as opened:
        assert opened[path].dtype.kind in "ib"


def test_a_scan_along_a_dotted_dimension_survives_the_file(executed, tmp_path):
    from outputs.file import write_run

    tree = executed("pantheon_baryons", "models=[gr_baryons]", "models.gr_baryons.params.omega_b={scan: [0.03,0.05]}")
    stored = read_run(write_run(tree, tmp_path))
    assert stored["comparison/chi2"].dims == ("model", "models.gr_baryons.params.omega_b")
    assert stored.identical(tree)


def test_a_whole_run_lacks_nothing(stored, background_run):
    assert check_schema(stored) == []
    assert check_schema(read_run(background_run)) == []


def _without(name):
    def change(tree):
        del tree.attrs[name]

    return change


def _unit(tree):
    tree["models/lcdm/chi2"].attrs["units"] = "parsnips"


def _no_name(tree):
    del tree["models/lcdm/chi2"].attrs["long_name"]


def _no_statistic(tree):
    tree["models/lcdm"] = xr.DataTree(tree["models/lcdm"].to_dataset().drop_vars("bic"))


def _newer(tree):
    tree.attrs["schema_version"] = 99


LACKING = {
    "unit": (_unit, "/models/lcdm/chi2: units 'parsnips' is no unit"),
    "name": (_no_name, "/models/lcdm/chi2: attribute long_name is missing"),
    "statistic": (_no_statistic, "/models/lcdm: bic missing"),
    "newer": (_newer, "schema_version 99"),
    **{name: (_without(name), f"/: attribute {name} is missing") for name in CONTRACT},
}


@pytest.mark.parametrize("name", LACKING)
def test_the_schema_check_names_what_is_lacking(stored, name):
    change, expected = LACKING[name]
    tree = stored.copy(deep=True)
    change(tree)
    (problem,) = check_schema(tree)
    assert expected in problem


def test_parts_that_an_experiment_does_not_have_are_left_out():
    one = xr.Dataset({"a": scalar(1.0, "", "a number")})
    assert set(run_tree(models={"m": one}).children) == {"models"}
    assert set(run_tree(data=one, comparison=one, tables={"t": one}).children) == {"data", "comparison", "tables"}
    assert list(variables(run_tree(tables={"b": one, "a": one}))) == ["/tables/a/a", "/tables/b/a"]


def test_a_variable_carries_its_unit_and_name():
    made = variable(("x", "y"), np.zeros((2, 3)), "mag", "a magnitude")
    assert made.dims == ("x", "y")
    assert made.attrs == {"units": "mag", "long_name": "a magnitude"}
    assert variable("x", [1.0], "", "one dimension").dims == ("x",)
