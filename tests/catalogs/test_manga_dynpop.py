"""The whole catalogue of fractions: a small FITS file read, its cuts and repeats, the refusals."""

import dataclasses
import json

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits

from catalogs.__main__ import datasets
from catalogs.counter_rotation import COUNTER_ROTATORS
from catalogs.errors import DataError
from catalogs.manga_dynpop import FILES, MODELS, MangaDynpop

IDS = ["1-10 ", "1-20", "1-10", "1-30", "1-40", "1-20", "1-50"]
PLATES = ["1-1", "1-2", "1-3", "1-4", "1-5", "1-6", "1-7"]
MASSES = [10.0, 10.5, 10.1, 11.0, -9999.0, 10.4, 9.5]
FRACTIONS = [0.1, 0.2, 0.3, 1.2, 0.4, 0.6, np.nan]
CHI2 = [1.0, 0.9, 2.0, 1.0, 1.0, 0.8, 1.0]


def table(**columns):
    formats = {name: "12A" if isinstance(values[0], str) else "E" for name, values in columns.items()}
    listed = [fits.Column(name, formats[name], array=np.array(values)) for name, values in columns.items()]
    return fits.BinTableHDU.from_columns(listed)


def put(folder, galaxies=None, models=None, n_hdus=5):
    galaxies = galaxies or {"plateifu": PLATES, "mangaid": IDS, "nsa_elpetro_mass": MASSES}
    models = models or {"fdm_Re": FRACTIONS, "chi2_dof": CHI2}
    other = {"inc_deg": [0.0] * len(IDS)}
    hdus = [fits.PrimaryHDU(), table(**galaxies), table(**other), table(**other), table(**models)]
    fits.HDUList(hdus[:n_hdus]).writeto(folder / MODELS.name, overwrite=True)
    (folder / COUNTER_ROTATORS.name).write_text("mangaid,plateifu,in_li2024_subset\n1-20,1-2,1\n1-99,9-9,0\n")
    return str(folder)


def own(folder, **request):
    return MangaDynpop(path=str(folder), verify_sha256=False, **request)


@pytest.mark.parametrize(
    ("request_", "rows"),
    [
        ({}, [2, 5]),
        ({"repeats": "first"}, [0, 1]),
        ({"repeats": "all"}, [0, 1, 2, 5]),
        ({"repeats": "lowest_chi2", "label_chi2": "chi2_dof"}, [0, 5]),
    ],
)
def test_repeated_observations_are_chosen_after_the_cuts(tmp_path, request_, rows):
    data = own(put(tmp_path), **request_).load()
    assert data.row_index.values.tolist() == rows
    assert data.manga_id.values.tolist() == [IDS[row].strip() for row in rows]
    assert data.plate_ifu.values.tolist() == [PLATES[row] for row in rows]
    np.testing.assert_allclose(data.f_dm, [FRACTIONS[row] for row in rows], rtol=1e-6)
    np.testing.assert_allclose(np.log10(data.stellar_mass), [MASSES[row] for row in rows], rtol=1e-6)
    assert data.is_counter_rotating.values.tolist() == [IDS[row] == "1-20" for row in rows]
    assert [each["rows"] for each in json.loads(data.attrs["steps"])][:3] == [7, 5, 4]
    assert ("chi2" in data) == ("label_chi2" in request_)


def test_masses_may_be_linear(tmp_path):
    masses = [1e10, 3e10, -9999.0, 0.5, 1e9, 2e10, 1e11]
    put(tmp_path, {"mangaid": IDS, "nsa_elpetro_mass": masses}, {"fdm_Re": [0.5] * 7})
    data = own(tmp_path, mass_is="linear", label_plate_ifu=None).load()
    np.testing.assert_allclose(data.stellar_mass, [1e10, 1e9, 2e10, 1e11], rtol=1e-6)
    assert (data.plate_ifu == "").all()


def test_dataset_of_the_whole_catalogue_describes_itself(tmp_path):
    catalog = own(put(tmp_path), label_chi2="chi2_dof")
    data = catalog.load()
    for variable in data.data_vars.values():
        assert variable.dims == ("galaxy",) and variable.attrs["long_name"]
        u.Unit(variable.attrs["units"])
    assert data.attrs["name"] == "manga_dynpop" and "Bevacqua" in data.attrs["reference"] and data.attrs["note"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert set(catalog.sha256()) == {MODELS.name, COUNTER_ROTATORS.name}
    assert data.attrs["n_counter_rotating"] == 1 and data.attrs["n_counter_rotating_listed"] == 2
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_configuration_of_the_whole_catalogue_has_every_field(composed):
    config = composed("catalog=manga_dynpop")["catalog"]
    fields = {field.name: field.default for field in dataclasses.fields(MangaDynpop)}
    assert dict(config) == {"_target_": "catalogs.manga_dynpop.MangaDynpop", **fields}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"repeats": "best"}, "repeats='best': must be one of last, first, lowest_chi2, all"),
        ({"repeats": "lowest_chi2"}, "repeats='lowest_chi2': set label_chi2 to the column of chi2 in HDU 4"),
        ({"mass_is": "ln"}, "mass_is='ln': must be one of log10, linear"),
        ({"label_id": None}, "label_id=None: must be the label of a column"),
        ({"label_chi2": ""}, "label_chi2='': must be the label of a column, or null"),
        ({"path": 3}, "path=3: must be a folder, or null to search"),
    ],
)
def test_request_of_the_whole_catalogue_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        MangaDynpop(**request_)
    assert str(error.value).startswith(message)


def refused(folder, **request):
    with pytest.raises(DataError) as error:
        own(folder, **request).load()
    assert "\n" not in str(error.value) and str(error.value).startswith(f"{MODELS.name}: ")
    return str(error.value).removeprefix(f"{MODELS.name}: ")


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    put(tmp_path)
    assert refused(tmp_path, label_mass="mass") == (
        "no column mass in HDU 1; there are plateifu, mangaid, nsa_elpetro_mass"
    )
    assert refused(tmp_path, label_f_dm="f") == "no column f in HDU 4; there are fdm_Re, chi2_dof"
    assert refused(tmp_path, label_chi2="chi2") == "no column chi2 in HDU 4; there are fdm_Re, chi2_dof"


def test_other_bad_files_are_refused(tmp_path):
    put(tmp_path, n_hdus=4)
    assert refused(tmp_path) == "4 HDUs, must have one of number 4"
    put(tmp_path, models={"fdm_Re": FRACTIONS[:-1]})
    assert refused(tmp_path) == "7 rows in HDU 1 and 6 in 4, must be equal"
    put(tmp_path, models={"fdm_Re": PLATES})
    assert refused(tmp_path) == "column fdm_Re must have one number a row"
    put(tmp_path, {"plateifu": PLATES, "mangaid": [*IDS[:-1], " "], "nsa_elpetro_mass": MASSES})
    assert refused(tmp_path) == "row 6: mangaid must not be empty"
    put(tmp_path, models={"fdm_Re": [2.0] * 7})
    assert refused(tmp_path).startswith("no row is left: 7 observations in the file, 0 with 0 <= f_DM <= 1")
    (tmp_path / MODELS.name).write_text("no FITS")
    assert refused(tmp_path).startswith("not a FITS file: ")


def test_missing_and_altered_catalogues_say_what_to_do(places, tmp_path):
    with pytest.raises(DataError, match=r"^needs-data: SDSSDR17_MaNGA_JAM.fits .19157760 bytes.*counter_rotation has"):
        MangaDynpop().load()
    with pytest.raises(DataError, match=r"^SDSSDR17_MaNGA_JAM.fits: .*is altered.*verify_sha256=false"):
        MangaDynpop(path=put(tmp_path)).load()
    assert MangaDynpop().sha256()[MODELS.name] == MODELS.sha256
    assert datasets()["manga_dynpop"] == list(FILES)
