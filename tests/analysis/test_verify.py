"""A changed number, unit or attribute of a file is seen, and a rerun compares every number."""

import h5py
import numpy as np
import pytest

from analysis.verify import rerun, verify
from outputs.file import UnreadableRun, read_run, write_run
from outputs.hashing import result_hash
from outputs.targets import BadRequest


@pytest.fixture(scope="module")
def original(executed, tmp_path_factory):
    tree = executed("pantheon_baryons", "models=[lcdm,gr_baryons]", "profile=[]")
    return write_run(tree, tmp_path_factory.mktemp("verified"))


@pytest.fixture
def altered(original, tmp_path):
    """A copy of the run, opened by h5py for the change."""

    def _altered(change):
        path = tmp_path / "run.h5"
        path.write_bytes(original.read_bytes())
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    return _altered


def _failed(checks):
    return {check.question: check.detail for check in checks if not check.passed}


def test_a_run_as_it_was_written_passes_every_check(original):
    checks = verify(original)
    assert _failed(checks) == {}
    assert [check.question for check in checks] == [
        "schema and units",
        "result_hash",
        "data Pantheon+SH0ES.dat",
        "data Pantheon+SH0ES_STAT+SYS.cov",
        "data files here",
    ]


def _set(path, value, index=()):
    def change(file):
        file[path][index] = value

    return change


CHANGED = {
    "a chi2": _set("models/lcdm/chi2", 1.0),
    "one residual of many": _set("data/residual", 0.0, (0, 17)),
    "a flag": _set("models/lcdm/converged", 0),
    "the last bit": lambda file: file["models/lcdm/chi2"].__setitem__(
        (), np.nextafter(file["models/lcdm/chi2"][()], 0)
    ),
    "a NaN": _set("comparison/bic", np.nan, 0),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_value_is_seen_by_the_hash(altered, name):
    failed = _failed(verify(altered(CHANGED[name])))
    assert list(failed) == ["result_hash"]
    assert "variables give" in failed["result_hash"]


def test_a_changed_hash_is_seen(altered):
    failed = _failed(verify(altered(lambda file: file.attrs.__setitem__("result_hash", "0" * 64))))
    assert list(failed) == ["result_hash"]


def test_a_wrong_unit_is_seen_and_named(altered):
    failed = _failed(verify(altered(lambda file: file["models/lcdm/z"].attrs.__setitem__("units", "parsnips"))))
    assert list(failed) == ["schema and units"]
    assert "/models/lcdm/z: units 'parsnips'" in failed["schema and units"]


def test_a_variable_that_was_removed_is_seen(altered):
    failed = _failed(verify(altered(lambda file: file["models/lcdm"].__delitem__("bic"))))
    assert set(failed) == {"schema and units", "result_hash"}
    assert "/models/lcdm: bic missing" in failed["schema and units"]


REMOVABLE = ["config", "datasets", "result_hash", "seed"]


@pytest.mark.parametrize("name", REMOVABLE)
def test_an_attribute_that_was_removed_is_seen_and_named(altered, name):
    failed = _failed(verify(altered(lambda file: file.attrs.__delitem__(name))))
    assert f"/: attribute {name} is missing" in failed["schema and units"]


def test_without_its_schema_version_a_file_is_no_run(altered):
    with pytest.raises(UnreadableRun, match="no schema_version"):
        verify(altered(lambda file: file.attrs.__delitem__("schema_version")))


def test_data_that_are_others_now_are_seen(altered):
    def change(file):
        file.attrs["datasets"] = file.attrs["datasets"].replace('"Pantheon+SH0ES.dat": "', '"Pantheon+SH0ES.dat": "0')

    failed = _failed(verify(altered(change)))
    assert list(failed) == ["data Pantheon+SH0ES.dat"]
    assert "file says 0" in failed["data Pantheon+SH0ES.dat"]


def test_a_folder_of_data_that_is_gone_is_one_line(altered, small_catalog):
    path = altered(
        lambda file: file.attrs.__setitem__(
            "config", file.attrs["config"].replace(str(small_catalog), "/nowhere/at/all")
        )
    )
    with pytest.raises(ValueError, match="nowhere") as refused:
        verify(path)
    assert refused.value.exit_code == 2


def test_a_foreign_class_in_the_configuration_is_refused(altered):
    path = altered(
        lambda file: file.attrs.__setitem__(
            "config", file.attrs["config"].replace("solvers.backend.Backend", "os.getcwd")
        )
    )
    for check in (verify, rerun):
        with pytest.raises(BadRequest, match="backend._target_=os.getcwd: not defined in sims, solvers, catalogs"):
            check(path)


def test_a_rerun_gives_the_same_bits(original):
    fresh, differences = rerun(original)
    assert differences == []
    assert fresh.attrs["result_hash"] == read_run(original).attrs["result_hash"]
    assert fresh.attrs["overrides"] == read_run(original).attrs["overrides"]


def _forge(path):
    """Make the stored hash fit what the file says now."""
    digest = result_hash(read_run(path))
    with h5py.File(path, "r+") as file:
        file.attrs["result_hash"] = digest
    return path


def test_a_forged_file_passes_verify_and_not_a_rerun(altered):
    path = _forge(altered(_set("models/lcdm/chi2", 1.0)))
    assert _failed(verify(path)) == {}
    fresh, differences = rerun(path)
    assert [difference.path for difference in differences] == ["/models/lcdm/chi2"]
    gap = fresh["models/lcdm/chi2"].item() - 1.0
    assert differences[0].detail.startswith(f"largest difference {gap:.3g} (")
    assert fresh.attrs["result_hash"] != read_run(path).attrs["result_hash"]


def _add(file):
    file["models/lcdm"].create_dataset("invented", data=1.0)
    file["models/lcdm/invented"].attrs.update({"units": "", "long_name": "invented"})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_add, ("/models/lcdm/invented", "only in the stored run")),
        (lambda file: file["models/lcdm"].__delitem__("bic"), ("/models/lcdm/bic", "only in the rerun")),
        (_set("models/lcdm/n_data", 61), ("/models/lcdm/n_data", "values differ")),
        (_set("models/lcdm/converged", 0), ("/models/lcdm/converged", "values differ")),
    ],
    ids=["more", "less", "count", "flag"],
)
def test_a_rerun_names_every_kind_of_difference(altered, change, expected):
    _, differences = rerun(_forge(altered(change)))
    assert [(difference.path, difference.detail) for difference in differences] == [expected]


@pytest.mark.filterwarnings("ignore:All-NaN")
def test_a_rerun_does_not_call_a_nan_a_difference_of_nothing(altered):
    _, differences = rerun(_forge(altered(_set("comparison/bic", np.nan, 0))))
    assert [difference.path for difference in differences] == ["/comparison/bic"]
    assert "difference 0 " not in differences[0].detail


@pytest.mark.parametrize("name", ["config", "overrides"])
def test_a_rerun_of_a_file_without_its_request_is_refused(altered, name):
    with pytest.raises(ValueError, match=name):
        rerun(altered(lambda file: file.attrs.__delitem__(name)))
