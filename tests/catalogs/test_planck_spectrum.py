"""The loader of Planck's temperature spectrum: its cuts, its refusals, and the known facts of the published files."""

import json
from pathlib import Path

import numpy as np
import pytest

from catalogs.__main__ import datasets
from catalogs.errors import DataError
from catalogs.files import find, hash_file
from catalogs.planck_spectrum import BINNED, FILES, FULL, PlanckSpectrum

BY_NAME = {"binned": BINNED, "full": FULL}
HEADS = {"binned": " l   Dl   -dDl   +dDl   BestFit   ", "full": " # l   Dl   -dDl   +dDl   "}
ROWS = {
    "binned": [
        "4.77112240e+01 1479.3 50.0 52.0 1461.1",
        "7.64716065e+01 2035.0 54.0 54.0 2062.4",
        "1.05917385e+02 2955.4 65.0 64.0 2904.5",
    ],
    "full": ["2 225.9 132.4 533.1", "29 -20 400.0 402.0", "30 1000 300 300", "31 1100 310 310", "33 1200 320 320"],
}


def put(folder, binning, rows=None, head=None):
    folder.mkdir(parents=True, exist_ok=True)
    lines = [HEADS[binning] if head is None else head, *(ROWS[binning] if rows is None else rows)]
    (folder / BY_NAME[binning].name).write_text("\n".join(lines) + "\n")
    return str(folder)


def own(folder, binning, **request):
    return PlanckSpectrum(path=str(folder), binning=binning, verify_sha256=False, **request)


@pytest.fixture
def spectrum(tmp_path):
    """Folder of two good made-up files."""
    put(tmp_path, "full")
    return put(tmp_path, "binned")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"binning": "plik"}, "binning='plik': must be one of binned, full"),
        ({"binning": ["full"]}, "binning=['full']: must be one of binned, full"),
        ({"ell_min": None}, "ell_min=None: must be a finite number >= 0"),
        ({"ell_min": -2}, "ell_min=-2: must be a finite number >= 0"),
        ({"ell_max": float("inf")}, "ell_max=inf: must be a finite number >= 0, or null for no cut"),
        ({"ell_max": 20}, "ell_min=30.0: must not be above ell_max=20"),
        ({"verify_sha256": None}, "verify_sha256=None: must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        PlanckSpectrum(**request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("binning", "cuts", "rows"),
    [
        ("binned", {}, [0, 1, 2]),
        ("binned", {"ell_min": 31}, [1, 2]),
        ("binned", {"ell_max": 119}, [0, 1, 2]),
        ("binned", {"ell_min": 60, "ell_max": 118}, [1]),
        ("full", {}, [2, 3, 4]),
        ("full", {"ell_min": 2}, [0, 1, 2, 3, 4]),
        ("full", {"ell_min": 29, "ell_max": 31}, [1, 2, 3]),
    ],
)
def test_whole_bins_are_cut(spectrum, binning, cuts, rows):
    data = own(spectrum, binning, **cuts).load()
    table = np.array([line.split() for line in ROWS[binning]], dtype=float)[rows]
    assert data.row_index.values.tolist() == rows
    assert data.spectrum.values.tolist() == ["TT"] * len(rows)
    np.testing.assert_array_equal(data.ell, table[:, 0])
    for name in ("bandpower", "d_ell"):
        np.testing.assert_array_equal(data[name], table[:, 1])
    for name in ("bandpower_err", "d_ell_err"):
        np.testing.assert_array_equal(data[name], (table[:, 2] + table[:, 3]) / 2)
    np.testing.assert_array_equal(data.d_ell_lower, table[:, 2])
    np.testing.assert_array_equal(data.d_ell_upper, table[:, 3])
    np.testing.assert_array_equal(data.covariance, np.diag(((table[:, 2] + table[:, 3]) / 2) ** 2))
    if binning == "binned":
        np.testing.assert_array_equal(data.best_fit, table[:, 4])
    else:
        assert "best_fit" not in data


def test_window_of_a_multipole_is_itself(spectrum):
    data = own(spectrum, "full", ell_min=29).load()
    assert data.multipole.values.tolist() == [29, 30, 31, 32, 33]
    np.testing.assert_array_equal(data.window, np.eye(5)[[0, 1, 2, 4]])


def test_window_of_a_bin_is_that_of_a_plain_loop(spectrum, predicted):
    data = own(spectrum, "binned", ell_min=60).load()
    assert data.multipole.values.tolist() == list(range(60, 120))
    expected = []
    for low in (60, 90):
        weighted, weights, ells = 0.0, 0.0, 0.0
        for n in range(low, low + 30):
            c_ell = 4e4 / n**1.5
            weighted, weights, ells = weighted + n * (n + 1) * c_ell, weights + n * (n + 1), ells + n * n * (n + 1)
        centre = ells / weights
        expected.append(centre * (centre + 1) / (2 * np.pi) * weighted / weights)
    ell = np.arange(200.0)
    smooth = ell * (ell + 1) / (2 * np.pi) * 4e4 / np.maximum(ell, 1) ** 1.5
    assert predicted(data, {"TT": smooth}) == pytest.approx(np.array(expected), rel=1e-7)


def test_cuts_that_leave_nothing_are_said(spectrum):
    with pytest.raises(DataError, match="ell_min=31, ell_max=70: no whole bin is left of 3; they go from 30 to 119"):
        own(spectrum, "binned", ell_min=31, ell_max=70).load()


@pytest.mark.parametrize("binning", BY_NAME)
def test_dataset_describes_itself(spectrum, binning):
    catalog = own(spectrum, binning, ell_max=100)
    data = catalog.load()
    plain = {"row_index", "spectrum", "ell", "window", "multipole"}
    for name, variable in data.variables.items():
        assert variable.attrs["units"] == ("" if name in plain else "uK4" if name == "covariance" else "uK2")
        assert variable.attrs["long_name"]
    assert set(data.dims) == {"row", "row_", "multipole"}
    assert data.attrs["name"] == f"planck_{binning}"
    assert data.attrs["n_rows_file"] == len(ROWS[binning]) and data.attrs["n_rows"] == data.sizes["row"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert json.loads(data.attrs["cuts"]) == {"binning": binning, "ell_min": 30.0, "ell_max": 100}
    assert "1907.12875" in data.attrs["reference"] and "1807.06209" in data.attrs["reference"]
    assert all(isinstance(value, str | int) for value in data.attrs.values())


@pytest.mark.parametrize("binning", BY_NAME)
def test_writing_to_a_dataset_changes_no_later_one(spectrum, binning):
    first = own(spectrum, binning).load()
    expected = first.copy(deep=True)
    for name in first.data_vars:
        first[name].values[...] = "" if name == "spectrum" else 7
        if name == "bandpower":
            assert (first.d_ell == expected.d_ell).all()
    assert own(spectrum, binning).load().identical(expected)


@pytest.mark.parametrize("binning", BY_NAME)
def test_only_the_file_in_use_is_needed(tmp_path, binning):
    catalog = own(put(tmp_path, binning), binning)
    assert catalog.load().sizes["row"] == 3
    assert catalog.sha256() == {BY_NAME[binning].name: hash_file(tmp_path / BY_NAME[binning].name)}


@pytest.mark.parametrize("binning", BY_NAME)
def test_altered_file_is_refused_unless_it_is_the_users_own(spectrum, binning):
    with pytest.raises(DataError, match=f"{BY_NAME[binning].name}.*altered.*fetch planck.*verify_sha256=false"):
        PlanckSpectrum(path=spectrum, binning=binning).load()


@pytest.mark.parametrize("binning", BY_NAME)
def test_registered_hash_needs_no_file(places, binning):
    file = BY_NAME[binning]
    assert PlanckSpectrum(binning=binning).sha256() == {file.name: file.sha256}


def edited(binning, row, old, new):
    return [line.replace(old, new) if i == row else line for i, line in enumerate(ROWS[binning])]


BAD = {
    "nan": ("binned", edited("binned", 0, "1479.3", "nan"), "line 2: Dl must be a finite number, not nan"),
    "text": ("full", edited("full", 1, "-20", "x"), "line 3: Dl must be a finite number, not x"),
    "no error": ("binned", edited("binned", 1, "2035.0 54.0", "2035.0 0"), "line 3: -dDl must be .* > 0, not 0"),
    "negative error": ("full", edited("full", 0, "533.1", "-5"), r"line 2: \+dDl must be a finite number > 0, not -5"),
    "short line": (
        "binned",
        edited("binned", 2, " 2904.5", ""),
        "line 4 has 4 values, must be l, Dl, -dDl, .dDl, Best",
    ),
    "long line": ("full", edited("full", 2, "1000", "1000 7"), "line 4 has 5 values, must be l, Dl, -dDl, .dDl$"),
    "no row": ("binned", [], "no row in it"),
    "below the bins": ("binned", edited("binned", 0, "4.77112240e+01", "20"), r"line 2 \(l=20\): l must be from 30"),
    "beyond the bins": ("binned", edited("binned", 2, "1.05917385e+02", "2509"), r"line 4 \(l=2509\).* 30 to 2508"),
    "other bins": ("binned", edited("binned", 0, "4.77112240e+01", "44.5"), r"line 2 \(l=44.5\): l must be the mean"),
    "bin twice": ("binned", [ROWS["binned"][0]] * 2, "line 3 .*: l must increase from row to row, one a bin"),
    "half": ("full", edited("full", 2, "30", "30.5"), r"line 4 \(l=30.5\): l must be a whole number >= 2"),
    "dipole": ("full", edited("full", 0, "2 ", "1 "), r"line 2 \(l=1\): l must be a whole number >= 2"),
    "backward": ("full", ROWS["full"][::-1], r"line 3 \(l=31\): l must increase from row to row \(and 3 more"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_is_one_line_that_says_where(tmp_path, case):
    binning, rows, message = BAD[case]
    with pytest.raises(DataError, match=message) as error:
        own(put(tmp_path, binning, rows), binning).load()
    assert str(error.value).startswith(BY_NAME[binning].name) and "\n" not in str(error.value)
    assert error.value.exit_code == 2


@pytest.mark.parametrize("binning", BY_NAME)
@pytest.mark.parametrize("head", ["", "l Dl dDl", "l Dl +dDl -dDl BestFit", ROWS["binned"][0]])
def test_another_header_is_refused(tmp_path, binning, head):
    with pytest.raises(DataError, match="the first line must be l Dl -dDl .dDl"):
        own(put(tmp_path, binning, head=head), binning).load()


@pytest.mark.parametrize("binning", BY_NAME)
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00\x80\n\x81"])
def test_empty_or_binary_file_is_one_line(spectrum, binning, content):
    (Path(spectrum) / BY_NAME[binning].name).write_bytes(content)
    with pytest.raises(DataError, match=BY_NAME[binning].name) as error:
        own(spectrum, binning).load()
    assert "\n" not in str(error.value)


def test_data_set_is_known_to_the_command_line():
    assert datasets()["planck"] == list(FILES)


@pytest.mark.parametrize(("binning", "n_rows", "n_rows_file"), [("binned", 83, 83), ("full", 2479, 2507)])
def test_published_files_agree_with_an_independent_reading(need, binning, n_rows, n_rows_file):
    need(BY_NAME[binning])
    data = PlanckSpectrum(binning=binning).load()
    table = np.loadtxt(find(BY_NAME[binning]), skiprows=1)[-n_rows:]
    assert data.sizes == {"row": n_rows, "row_": n_rows, "multipole": 2479}
    assert data.attrs["n_rows_file"] == n_rows_file
    np.testing.assert_array_equal(data.ell, table[:, 0])
    np.testing.assert_array_equal(data.bandpower, table[:, 1])
    np.testing.assert_array_equal(data.d_ell_lower, table[:, 2])
    np.testing.assert_array_equal(data.bandpower_err, table[:, 3])


def test_published_errors_are_asymmetric_below_the_default_cut_only(need):
    need(FULL)
    data = PlanckSpectrum(binning="full", ell_min=2).load()
    assert ((data.d_ell_lower != data.d_ell_upper) == (data.ell < 30)).all()
    assert data.bandpower_err.values[0] == pytest.approx((132.369 + 533.062) / 2)


def test_binning_the_multipoles_gives_the_published_bins(need, predicted):
    need(*FILES)
    binned, full = PlanckSpectrum().load(), PlanckSpectrum(binning="full").load()
    single = np.zeros(2509)
    single[30:] = full.bandpower
    assert predicted(binned, {"TT": single}) == pytest.approx(binned.bandpower.values, rel=2e-8)
    total = binned.window.sum("multipole").values
    assert total[[0, -1]] == pytest.approx([1.1069, 1.0000], abs=5e-5)


def test_lambda_cdm_is_the_published_best_fit(need, planck_lcdm, predicted):
    need(BINNED)
    data = PlanckSpectrum().load()
    off = predicted(data, planck_lcdm) - data.best_fit.values
    assert np.abs(off / data.best_fit.values).max() < 3.5e-3
    assert np.sqrt(np.mean((off / data.bandpower_err.values) ** 2)) < 0.2


# A good model has chi2 about the number of rows; the published errors know no correlations.
@pytest.mark.parametrize(("binning", "n_rows", "tolerance"), [("binned", 83, 40), ("full", 2479, 210)])
def test_lambda_cdm_fits_the_published_spectrum(need, planck_lcdm, predicted, binning, n_rows, tolerance):
    need(BY_NAME[binning])
    data = PlanckSpectrum(binning=binning).load()
    residual = data.bandpower.values - predicted(data, planck_lcdm)
    chi2 = residual @ (residual / np.diagonal(data.covariance.values))
    assert chi2 == pytest.approx(n_rows, abs=tolerance)
