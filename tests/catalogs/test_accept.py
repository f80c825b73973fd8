"""The X-ray profiles of ACCEPT: what is in them, the cuts and the refusals."""

import dataclasses
import json

import numpy as np
import pytest
from astropy import units as u

from catalogs.__main__ import datasets
from catalogs.accept import CLUSTERS, FILES, Accept
from catalogs.errors import DataError
from catalogs.files import find

FILE = CLUSTERS["ABELL_1689"]
SHORT = "accept_profiles.dat.txt"
HEAD = (
    "#Name Rin Rout nelec neerr Kitpl Kflat Kerr Pitpl Pflat Perr Mgrav Merr Tx Txerr Lambda tcool5/2 t52err tcool3/2 "
    "t32err"
)
UNITS = (
    "### Mpc Mpc cm^-3 cm^-3 keV cm^2 keV cm^2 keV cm^2 dyne cm^-2 dyne cm^-2 dyne cm^-2 M_solar M_solar keV keV "
    "ergs-cm^3/s Gyr Gyr Gyr Gyr"
)


def row(inner, outer, mass="1e13", error="1e12", density="1e-2", name="ABELL_1689"):
    return f"{name} {inner} {outer} {density} 1e-3 90 80 9 3e-10 2e-10 1e-11 {mass} {error} 9.0 0.9 2e-23 6 1 3 0.5"


ROWS = [row(0.2, 0.3), row(0.1, 0.2, "-4e12", "-5e11"), row(0, 0.1)]


def put(folder, rows=ROWS, head=HEAD, units=UNITS):
    (folder / "ABELL_1689").mkdir(exist_ok=True)
    (folder / FILE.name).write_text("\n".join([head, units, *rows]) + "\n")
    return str(folder)


def own(folder, **request):
    return Accept(path=str(folder), verify_sha256=False, **request)


def refused(folder, **request):
    with pytest.raises(DataError) as error:
        own(folder, **request).load()
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(("cluster", "length", "negative"), [("ABELL_1689", 60, 10), ("ABELL_0426", 65, 11)])
def test_bins_are_those_of_the_file(loaded, cluster, length, negative):
    data = loaded(Accept(cluster=cluster))
    rows = [line.split() for line in find(CLUSTERS[cluster]).read_text().splitlines() if not line.startswith("#")]
    assert data.sizes == {"bin": length} and len(rows) == length
    assert data.row_index.values.tolist() == list(range(length))[::-1]
    for name, place in {
        "n_e": 3,
        "entropy_flat": 6,
        "pressure_err": 10,
        "m_grav": 11,
        "kt": 13,
        "t_cool_32": 18,
    }.items():
        assert data[name].values.tolist() == [float(each[place]) for each in rows][::-1]
    assert data.m_grav_err.values.tolist() == [abs(float(each[12])) for each in rows][::-1]
    assert data.radius_outer.values == pytest.approx([1e3 * float(each[2]) for each in rows][::-1], rel=1e-15)
    assert (np.diff(data.radius) > 0).all()
    found = json.loads(data.attrs["negative_masses"])
    assert len(found) == negative == (data.m_grav.values <= 0).sum()
    assert f"{negative} with a mass that is not > 0" in json.loads(data.attrs["steps"])[0]["step"]


def test_profiles_of_abell_1689_are_those_of_the_two_tables_made_of_it(loaded):
    data = loaded(Accept())
    folder = find(FILE).parent
    gas = np.loadtxt(folder / "gas_profile.csv", delimiter=",", skiprows=1)
    temperature = np.loadtxt(folder / "temp_profile.csv", delimiter=",", skiprows=1)
    assert data.radius.values == pytest.approx(gas[:, 0], abs=0.01)
    assert data.n_e.values.tolist() == gas[:, 1].tolist()
    assert np.stack([data.kt, data.kt_err]).tolist() == temperature[:, 1:].T.tolist()


@pytest.mark.parametrize(("cluster", "scatter"), [("ABELL_1689", 0.15), ("ABELL_0426", 0.03)])
def test_pressure_and_entropy_follow_from_density_and_temperature(loaded, cluster, scatter):
    """K = kT n_e^(-2/3) and P = n_e kT, but for the interpolation of kT: the pressure is that of the electrons."""
    data = loaded(Accept(cluster=cluster))
    assert data.entropy_flat.values == pytest.approx(data.kt.values * data.n_e.values ** (-2 / 3), rel=scatter)
    assert data.pressure_flat.values == pytest.approx(data.n_e.values * data.kt.values * 1.602176634e-9, rel=scatter)


@pytest.mark.parametrize(
    ("cuts", "rows"),
    [
        ({}, [2, 1, 0]),
        ({"radius_min": 150}, [1, 0]),
        ({"radius_max": 150.0}, [2, 1]),
        ({"negative_mass": "drop"}, [2, 0]),
        ({"radius_min": 60, "negative_mass": "drop"}, [0]),
    ],
)
def test_bins_are_cut(tmp_path, cuts, rows):
    data = own(put(tmp_path), **cuts).load()
    assert data.row_index.values.tolist() == rows
    assert json.loads(data.attrs["steps"])[-1]["rows"] == len(rows) == data.attrs["n_rows"]
    assert json.loads(data.attrs["negative_masses"]) == [{"radius": pytest.approx(150), "mass": -4e12}]
    assert (data.m_grav_err > 0).all() and data.attrs["n_rows_file"] == 3


def test_dataset_of_bins_describes_itself(tmp_path):
    catalog = own(put(tmp_path), radius_max=400)
    data = catalog.load()
    for variable in data.data_vars.values():
        assert variable.dims in (("bin",), ()) and variable.attrs["long_name"]
        u.Unit(variable.attrs["units"])
    assert u.Unit(data.entropy.attrs["units"]) == u.keV * u.cm**2 and float(data.z) == 0.183
    assert data.attrs["name"] == "accept_abell_1689" and "Cavagnolo" in data.attrs["reference"] and data.attrs["title"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert json.loads(data.attrs["cuts"]) == {
        "cluster": "ABELL_1689",
        "radius_min": None,
        "radius_max": 400,
        "negative_mass": "keep",
    }
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_configuration_of_accept_has_every_field(composed):
    config = composed("catalog=accept")["catalog"]
    fields = {field.name: field.default for field in dataclasses.fields(Accept)}
    assert dict(config) == {"_target_": "catalogs.accept.Accept", **fields}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"cluster": "Perseus"}, "cluster='Perseus': must be one of ABELL_1689, ABELL_0426"),
        ({"radius_min": -1}, "radius_min=-1: must be a finite number >= 0, kpc, or null for no cut"),
        ({"radius_min": 9, "radius_max": 8}, "radius_min=9: must not be above radius_max=8"),
        ({"negative_mass": None}, "negative_mass=None: must be keep or drop"),
        ({"verify_sha256": "no"}, "verify_sha256='no': must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_of_bins_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        Accept(**request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row(0.1, 0.2, density="-1e-2"), "line 4: nelec must be a finite number > 0, not -1e-2"),
        (row(0.1, 0.2, density="nan"), "line 4: nelec must be a finite number > 0, not nan"),
        (row(0.1, 0.2, mass="x"), "line 4: Mgrav must be a finite number, not x"),
        (row(0.2, 0.1), "line 4: Rout must be > Rin, not 0.2 with Rout 0.1"),
        (row(-0.1, 0.2), "line 4: Rin must be >= 0, not -0.1 with Rout 0.2"),
        (row(0.05, 0.2), "line 4: Rin must not be inside the next bin inwards, not 0.05 with Rout 0.2"),
        (row(0.1, 0.2, name="ABELL_0426"), "line 4 is of ABELL_0426, must be of ABELL_1689"),
        ("ABELL_1689 0.1 0.2", "line 4 has 3 values, must be 20"),
    ],
)
def test_bad_bin_names_its_line(tmp_path, bad, message):
    assert refused(put(tmp_path, [ROWS[0], bad, ROWS[2]])) == f"{SHORT}: {message}"


def test_other_columns_or_units_are_refused(tmp_path):
    put(tmp_path, head=HEAD.replace("Kflat", "K2"))
    assert refused(tmp_path).startswith(f"{SHORT}: the first line must be Name Rin Rout nelec")
    put(tmp_path, units=UNITS.replace("Mpc", "kpc"))
    assert refused(tmp_path).startswith(f"{SHORT}: line 2 must give the units ### Mpc Mpc cm^-3")
    put(tmp_path, rows=[])
    assert refused(tmp_path) == f"{SHORT}: no row in it"


def test_cuts_that_leave_no_bin_are_said(tmp_path):
    assert refused(put(tmp_path), radius_min=400) == (
        f"{SHORT}: no row is left: 3 bins in the file, 1 with a mass that is not > 0, 0 with radius >= 400 kpc "
        "(radius_min)"
    )


def test_missing_bins_begin_with_the_status(places):
    with pytest.raises(DataError, match=r"^needs-data: ABELL_1689/accept_profiles.dat.txt .20460 bytes"):
        Accept().load()
    assert Accept().sha256() == {FILE.name: FILE.sha256}


def test_altered_bins_are_refused_unless_they_are_the_users_own(tmp_path):
    with pytest.raises(DataError, match=r"^ABELL_1689/accept_profiles.dat.txt: .*is altered.*verify_sha256=false"):
        Accept(path=put(tmp_path)).load()


def test_bins_are_known_to_the_command_line():
    assert datasets()["clusters_accept"] == list(FILES)
