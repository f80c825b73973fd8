"""The plik_lite loader: its cuts, its refusals, and the known facts of the published files."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import FortranFile

from catalogs.__main__ import datasets
from catalogs.errors import DataError
from catalogs.files import find, hash_file
from catalogs.plik_lite import BANDPOWERS, COVARIANCE, FILES, FIRST, LAST, LAYOUT, WEIGHTS, PlikLite

N_BINS, N_ROWS, WIDTH = 215, 613, 4
NAMES = np.array(["TT"] * 215 + ["TE"] * 199 + ["EE"] * 199)
BIN = np.r_[:215, :199, :199]
MIXING = np.random.default_rng(3).normal(size=(N_ROWS, 5))
MATRIX = MIXING @ MIXING.T + np.diag(np.linspace(1.0, 2.0, N_ROWS))


def made():
    """What a good made-up release holds: bins of four multipoles from 30, and surplus bins as in the published one."""
    rng = np.random.default_rng(4)
    first = WIDTH * np.arange(N_BINS + 3)
    weight = rng.uniform(0.5, 1.5, (first.size, WIDTH))
    ell = 30 + first[BIN] + (WIDTH - 1) / 2
    return {
        "table": np.stack([ell, rng.normal(size=N_ROWS), np.sqrt(np.diagonal(MATRIX))], axis=1),
        "first": first,
        "last": first + WIDTH - 1,
        "weight": (weight / weight.sum(axis=1, keepdims=True)).ravel(),
        "matrix": np.tril(MATRIX),
    }


def put(folder, **changed):
    """Write a made-up release; what is given as text or bytes is written as it is."""
    content = made() | changed
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"table": BANDPOWERS, "first": FIRST, "last": LAST, "weight": WEIGHTS}
    for name, file in texts.items():
        values = content[name]
        if isinstance(values, str):
            (folder / file.name).write_text(values)
        else:
            np.savetxt(folder / file.name, values, fmt="%.17g")
    if isinstance(content["matrix"], bytes):
        (folder / COVARIANCE.name).write_bytes(content["matrix"])
    else:
        with FortranFile(folder / COVARIANCE.name, "w") as stream:
            stream.write_record(content["matrix"])
    return str(folder)


def own(folder, **request):
    return PlikLite(path=str(folder), verify_sha256=False, **request)


@pytest.fixture(scope="session")
def release(tmp_path_factory):
    """Folder of a good made-up release; tests only read it."""
    return put(tmp_path_factory.mktemp("plik_lite"))


SPECTRA = "must be a list of at least one of TT, TE, EE, each once"
NUMBER = "must be a finite number >= 0, or null for no cut"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"spectra": ["BB"]}, f"spectra=['BB']: {SPECTRA}"),
        ({"spectra": ["TT", "tt"]}, f"spectra=['TT', 'tt']: {SPECTRA}"),
        ({"spectra": []}, f"spectra=[]: {SPECTRA}"),
        ({"spectra": ["TE", "TE"]}, f"spectra=['TE', 'TE']: {SPECTRA}"),
        ({"spectra": "TT"}, f"spectra='TT': {SPECTRA}"),
        ({"spectra": None}, f"spectra=None: {SPECTRA}"),
        ({"spectra": [["TT"]]}, f"spectra=[['TT']]: {SPECTRA}"),
        ({"ell_min": -1}, f"ell_min=-1: {NUMBER}"),
        ({"ell_min": True}, f"ell_min=True: {NUMBER}"),
        ({"ell_max": float("nan")}, f"ell_max=nan: {NUMBER}"),
        ({"ell_max": "100"}, f"ell_max='100': {NUMBER}"),
        ({"ell_min": 300, "ell_max": 200}, "ell_min=300: must not be above ell_max=200"),
        ({"verify_sha256": 1}, "verify_sha256=1: must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        PlikLite(**request_)
    assert str(error.value) == message


def test_equal_requests_are_equal_and_hash_alike():
    assert PlikLite(spectra=["TT", "EE"]) == PlikLite(spectra=("TT", "EE"))
    assert hash(PlikLite(spectra=["TT"])) == hash(PlikLite())


@pytest.mark.parametrize("spectra", [["TT"], ["TE"], ["EE", "TT"], ["EE", "TE", "TT"]])
def test_rows_are_the_chosen_spectra_in_the_order_of_the_file(release, spectra):
    data = own(release, spectra=spectra).load()
    rows = [i for i in range(N_ROWS) if NAMES[i] in spectra]
    table = made()["table"][rows]
    assert data.row_index.values.tolist() == rows
    assert data.spectrum.values.tolist() == NAMES[rows].tolist()
    np.testing.assert_array_equal(data.ell, table[:, 0])
    np.testing.assert_array_equal(data.bandpower, table[:, 1])
    np.testing.assert_array_equal(data.bandpower_err, table[:, 2])
    np.testing.assert_array_equal(data.covariance, MATRIX[np.ix_(rows, rows)])
    assert data.d_ell.values == pytest.approx(table[:, 0] * (table[:, 0] + 1) / (2 * np.pi) * table[:, 1])
    assert (data.d_ell_err / data.bandpower_err).values == pytest.approx((data.d_ell / data.bandpower).values)


@pytest.mark.parametrize(
    ("cuts", "bins"),
    [
        ({"ell_min": 34}, range(1, 215)),
        ({"ell_min": 34.5}, range(2, 215)),
        ({"ell_max": 37}, range(2)),
        ({"ell_max": 40.9}, range(2)),
        ({"ell_min": 31, "ell_max": 45}, range(1, 4)),
    ],
)
def test_whole_bins_are_cut(release, cuts, bins):
    data = own(release, **cuts).load()
    assert data.row_index.values.tolist() == list(bins)
    low, high = 30 + WIDTH * bins[0], 30 + WIDTH * bins[-1] + WIDTH - 1
    assert data.multipole.values.tolist() == list(range(low, high + 1))
    assert data.window.shape == (len(bins), high - low + 1)
    np.testing.assert_array_equal(data.covariance, MATRIX[np.ix_(bins, bins)])


def test_each_spectrum_is_cut_by_itself(release):
    data = own(release, spectra=["TT", "EE"], ell_min=30 + 4 * 198).load()
    assert data.row_index.values.tolist() == [*range(198, 215), 612]


def test_cuts_that_leave_nothing_are_said(release):
    with pytest.raises(DataError, match="ell_min=31, ell_max=35: no whole bin is left of 199; they go from 30 to 825"):
        own(release, spectra=["TE"], ell_min=31, ell_max=35).load()


def test_windows_are_those_of_a_plain_loop(release, predicted):
    content = made()
    smooth = {"TT": lambda n: 1e3 * n**0.3, "TE": lambda n: -50 + n / 7, "EE": lambda n: 2e-4 * n**2}
    expected = []
    for name, i in zip(NAMES, BIN, strict=True):
        total = 0.0
        for n in range(30 + content["first"][i], 30 + content["last"][i] + 1):
            total += content["weight"][n - 30] * smooth[name](n) * 2 * np.pi / (n * (n + 1))
        expected.append(total)
    ell = np.arange(3000.0)
    data = own(release, spectra=["TT", "TE", "EE"]).load()
    found = predicted(data, {name: curve(ell) for name, curve in smooth.items()})
    assert found == pytest.approx(np.array(expected), rel=1e-12)
    assert (np.count_nonzero(data.window, axis=1) == WIDTH).all()


def test_dataset_describes_itself(release):
    catalog = own(release, spectra=["EE", "TT"], ell_max=200)
    data = catalog.load()
    units = dict.fromkeys(("bandpower", "bandpower_err", "d_ell", "d_ell_err"), "uK2") | {"covariance": "uK4"}
    for name, variable in data.variables.items():
        assert variable.attrs["units"] == units.get(name, "")
        assert variable.attrs["long_name"]
    assert set(data.dims) == {"row", "row_", "multipole"}
    assert data.attrs["name"] == "plik_lite"
    assert data.attrs["n_rows_file"] == 613 and data.attrs["n_rows"] == data.sizes["row"] == 84
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert json.loads(data.attrs["cuts"]) == {"spectra": ["EE", "TT"], "ell_min": None, "ell_max": 200}
    assert "1907.12875" in data.attrs["reference"] and "1807.06209" in data.attrs["reference"]
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_writing_to_a_dataset_changes_no_later_one(release):
    first = own(release, spectra=["TT", "TE", "EE"]).load()
    expected = first.copy(deep=True)
    for name in first.data_vars:
        first[name].values[...] = first[name].values[::-1].copy()
    assert own(release, spectra=["TT", "TE", "EE"]).load().identical(expected)


def test_matrix_that_is_symmetrised_already_is_the_same(tmp_path, release):
    assert (own(put(tmp_path, matrix=MATRIX)).load().covariance == own(release).load().covariance).all()


def test_altered_file_is_refused_unless_it_is_the_users_own(release):
    with pytest.raises(DataError, match="cl_cmb_plik_v22.dat.*altered.*verify_sha256=false"):
        PlikLite(path=release).load()
    assert own(release).sha256() == {file.name: hash_file(Path(release) / file.name) for file in FILES}


def test_registered_hash_needs_no_file(places):
    assert PlikLite().sha256() == {file.name: file.sha256 for file in FILES}


def changed(array, index, value):
    array = np.array(array, dtype=float)
    array[index] = value
    return array


def record(values, head=8 * N_ROWS**2, tail=8 * N_ROWS**2, order="<"):
    return (
        np.array(head, f"{order}u4").tobytes() + values.astype(f"{order}f8").tobytes() + np.array(tail, "<u4").tobytes()
    )


GOOD = made()
BAD = {
    "cut short": (BANDPOWERS, {"table": GOOD["table"][:-1]}, "612 rows, must be 613: 215 TT, 199 TE, 199 EE"),
    "surplus row": (BANDPOWERS, {"table": np.r_[GOOD["table"], GOOD["table"][:1]]}, "614 rows, must be 613"),
    "two columns": (BANDPOWERS, {"table": GOOD["table"][:, :2]}, "line 1 has 2 values, must be ell, C_l, sigma"),
    "nan": (BANDPOWERS, {"table": changed(GOOD["table"], (3, 1), np.nan)}, "line 4: C_l must be a finite number"),
    "no error": (BANDPOWERS, {"table": changed(GOOD["table"], (0, 2), 0)}, "line 1: sigma must be .* > 0, not 0"),
    "other bin": (BANDPOWERS, {"table": GOOD["table"][::-1]}, r"row 0 \(TT\): ell=823.5 is outside of its bin"),
    "empty": (BANDPOWERS, {"table": "# nothing\n"}, "no row in it"),
    "text": (FIRST, {"first": "0\nfour\n"}, "line 2: bin must be a finite number, not four"),
    "too few bins": (FIRST, {"first": GOOD["first"][:214]}, "214 bins, must be at least 215"),
    "half a multipole": (FIRST, {"first": GOOD["first"] + 0.5}, "bin 0 is 0.5, must be a whole number from 0 to 871"),
    "negative": (FIRST, {"first": changed(GOOD["first"], 0, -1)}, "bin 0 is -1, must be a whole number from 0"),
    "backward": (FIRST, {"first": changed(GOOD["first"], 2, 12)}, "bin 2 begins at 12 but ends at 11 in blmax.dat"),
    "beyond": (LAST, {"last": changed(GOOD["last"], 214, 9999)}, "bin 214 is 9999.* for which bweight.dat has"),
    "wider": (WEIGHTS, {"last": changed(GOOD["last"], 0, 4)}, "weights of bin 0 add up to 1.[1-9].*, must be 1 to"),
    "few weights": (FIRST, {"weight": GOOD["weight"][:700]}, "bin 175 is 700, must be a whole number from 0 to 699"),
    "scaled weights": (WEIGHTS, {"weight": GOOD["weight"] * 2}, "weights of bin 0 add up to 2, must be 1"),
    "matrix cut short": (COVARIANCE, {"matrix": MATRIX[:600]}, "2942408 bytes, must be 3006160: a Fortran record of"),
    "matrix empty": (COVARIANCE, {"matrix": b""}, "0 bytes, must be 3006160"),
    "single precision": (COVARIANCE, {"matrix": MATRIX.astype("f4")}, "1503084 bytes, must be 3006160"),
    "head": (COVARIANCE, {"matrix": record(MATRIX, head=613)}, "its head says 613 bytes, must be 3006152"),
    "tail": (COVARIANCE, {"matrix": record(MATRIX, tail=613)}, "its tail says 613 bytes, must be 3006152"),
    "byte order": (COVARIANCE, {"matrix": record(MATRIX, order=">")}, "its head says .* bytes, must be 3006152"),
    "infinite": (COVARIANCE, {"matrix": changed(GOOD["matrix"], (9, 4), np.inf)}, "row 9, column 4 is not a finite"),
    "upper": (COVARIANCE, {"matrix": np.triu(MATRIX)}, "row 0, column 1 is .* but its mirror is 0"),
    "asymmetric": (COVARIANCE, {"matrix": changed(MATRIX, (2, 7), 5.0)}, "row 2, column 7 is 5 but its mirror is"),
    "no variance": (
        COVARIANCE,
        {"matrix": changed(GOOD["matrix"], (5, 5), 0)},
        r"diagonal must be > 0, not 0 \(row 5\)",
    ),
    "other errors": (
        COVARIANCE,
        {"matrix": GOOD["matrix"] * (1 + 1e-5)},
        "row .*: the diagonal is .* but sigma squared is .* in cl_cmb_plik_v22.dat, must agree to 1e-06",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_is_one_line_that_says_where(tmp_path, case):
    file, content, message = BAD[case]
    with pytest.raises(DataError, match=message) as error:
        own(put(tmp_path, **content)).load()
    assert str(error.value).startswith(file.name) and "\n" not in str(error.value)
    assert error.value.exit_code == 2


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00\x80\n\x81"])
def test_empty_or_binary_file_is_one_line(tmp_path, file, content):
    put(tmp_path)
    (tmp_path / file.name).write_bytes(content)
    with pytest.raises(DataError, match=file.name) as error:
        own(tmp_path).load()
    assert "\n" not in str(error.value)


def test_data_set_is_known_to_the_command_line():
    assert datasets()["plik_lite"] == list(FILES)


def test_published_files_agree_with_an_independent_reading(need):
    need(*FILES)
    data = PlikLite(spectra=["TT", "TE", "EE"]).load()
    ell, c_ell, sigma = np.loadtxt(find(BANDPOWERS)).T
    with FortranFile(find(COVARIANCE)) as stream:
        lower = stream.read_reals(np.float64).reshape(N_ROWS, N_ROWS)
    assert not np.triu(lower, 1).any()
    np.testing.assert_array_equal(data.ell, ell)
    np.testing.assert_array_equal(data.bandpower, c_ell)
    np.testing.assert_array_equal(data.covariance, np.where(np.tri(N_ROWS, dtype=bool), lower, lower.T))
    assert np.sqrt(np.diagonal(data.covariance)) == pytest.approx(sigma, rel=1e-12)
    assert np.linalg.eigvalsh(data.covariance.values).min() > 0
    assert data.multipole.values.tolist() == list(range(30, 2509))
    assert {name: int((data.spectrum == name).sum()) for name in LAYOUT} == LAYOUT


def test_published_windows_are_those_of_a_plain_loop(need, predicted):
    need(*FILES)
    first, last, weight = (np.loadtxt(find(file)) for file in (FIRST, LAST, WEIGHTS))
    expected = []
    for i in BIN:
        total = 0.0
        for n in range(30 + int(first[i]), 30 + int(last[i]) + 1):
            total += weight[n - 30] * 5e3 / (1 + n / 500) ** 2 * 2 * np.pi / (n * (n + 1))
        expected.append(total)
    smooth = 5e3 / (1 + np.arange(3000) / 500) ** 2
    data = PlikLite(spectra=["TT", "TE", "EE"]).load()
    assert predicted(data, dict.fromkeys(LAYOUT, smooth)) == pytest.approx(np.array(expected), rel=1e-12)


def test_published_bins_are_whole(need):
    need(*FILES)
    data = PlikLite(ell_min=100, ell_max=1000).load()
    assert data.sizes["row"] == 100
    assert data.multipole.values[[0, -1]].tolist() == [100, 999]


# The first was computed from the raw files by other means. For the others: chi2 of a good model is the number of rows,
# within three standard deviations, sqrt(2 n_rows) each.
@pytest.mark.parametrize(
    ("spectra", "chi2", "tolerance"),
    [(["TT"], 206.1305, 0.5), (["TE"], 199, 60), (["EE"], 199, 60), (["TT", "TE", "EE"], 613, 105)],
)
def test_lambda_cdm_fits_the_published_band_powers(need, planck_lcdm, predicted, spectra, chi2, tolerance):
    need(*FILES)
    data = PlikLite(spectra=spectra).load()
    residual = data.bandpower.values - predicted(data, planck_lcdm)
    assert residual @ np.linalg.solve(data.covariance.values, residual) == pytest.approx(chi2, abs=tolerance)
