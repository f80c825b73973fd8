"""Gaia's stars: the transformation against astropy's own, errors against shifted stars, cuts and refusals."""

import gzip
import json

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import CartesianDifferential, Galactocentric, SkyCoord

from catalogs.__main__ import datasets
from catalogs.errors import DataError
from catalogs.files import find
from catalogs.gaia_plane import FILES, STARS, GaiaPlane
from catalogs.gaia_processed import FILES as PROCESSED_FILES
from catalogs.gaia_processed import STARS as PROCESSED
from catalogs.gaia_processed import GaiaProcessed
from catalogs.galactocentric import KM_S_PER_KPC_MAS_YR, Astrometry, Sun, azimuthal_error, cylindrical

SUN = Sun(8.122, 0.0208, (11.1, 232.24, 7.25))
ERRORS = ("parallax_error", "pmra_error", "pmdec_error", "radial_velocity_error")
COLUMNS = ("source_id", *Astrometry._fields, *ERRORS, "ruwe")


@pytest.fixture(scope="module")
def stars():
    """Stars all over the sky."""
    rng = np.random.default_rng(5)
    n = 400
    return Astrometry(
        rng.uniform(0, 360, n),
        np.degrees(np.arcsin(rng.uniform(-1, 1, n))),
        rng.uniform(0.15, 8, n),
        rng.normal(0, 9, n),
        rng.normal(0, 9, n),
        rng.normal(0, 60, n),
    )


def by_astropy(stars, sun):
    """Radius, height and velocities as astropy gives them, star by star in its own frames."""
    frame = Galactocentric(
        galcen_distance=sun.radius * u.kpc,
        z_sun=sun.height * u.kpc,
        galcen_v_sun=CartesianDifferential(sun.velocity * u.km / u.s),
    )
    there = SkyCoord(
        ra=stars.ra * u.deg,
        dec=stars.dec * u.deg,
        distance=(1 / stars.parallax) * u.kpc,
        pm_ra_cosdec=stars.pmra * u.mas / u.yr,
        pm_dec=stars.pmdec * u.mas / u.yr,
        radial_velocity=stars.radial_velocity * u.km / u.s,
    ).transform_to(frame)
    there = there.represent_as("cylindrical")
    motion = there.differentials["s"]
    along = -(there.rho * motion.d_phi).to(u.km / u.s, u.dimensionless_angles())
    return (
        there.rho.to_value(u.kpc),
        there.z.to_value(u.kpc),
        motion.d_rho.to_value(u.km / u.s),
        along.value,
        motion.d_z.to_value(u.km / u.s),
    )


@pytest.mark.parametrize("sun", [SUN, Sun(8.2, -0.01, (9.0, 248.5, 8.0))])
def test_coordinates_are_those_of_astropy(stars, sun):
    for ours, theirs in zip(cylindrical(stars, sun), by_astropy(stars, sun), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-9)


def test_a_star_that_moves_as_the_sun_has_the_suns_velocity():
    here = Astrometry(*(np.array([x]) for x in (0.0, 0.0, 1e6, 0.0, 0.0, 0.0)))
    found = cylindrical(here, SUN)
    assert [float(each[0]) for each in found] == pytest.approx([8.122, 0.0208, -11.1, 232.24, 7.25], abs=0.04)
    assert found.v_phi[0] > 0


def test_unit_of_a_proper_motion():
    at_one = (u.kpc * u.mas / u.yr).to(u.km / u.s, equivalencies=u.dimensionless_angles())
    assert pytest.approx(at_one, rel=1e-12) == KM_S_PER_KPC_MAS_YR


def test_errors_are_those_of_shifted_stars(stars):
    rng = np.random.default_rng(6)
    n = stars.ra.size
    sizes = {"parallax": 0.02, "pmra": 0.03, "pmdec": 0.02, "radial_velocity": 1.5}
    errors = stars._replace(**{name: size * rng.uniform(0.5, 2, n) for name, size in sizes.items()})
    squares = np.zeros(n)
    for name in sizes:
        step = 1e-4 * getattr(errors, name)
        up = by_astropy(stars._replace(**{name: getattr(stars, name) + step}), SUN)[3]
        down = by_astropy(stars._replace(**{name: getattr(stars, name) - step}), SUN)[3]
        squares += ((up - down) / 2e-4) ** 2
    np.testing.assert_allclose(azimuthal_error(stars, errors, SUN), np.sqrt(squares), rtol=1e-5)


def test_errors_are_the_scatter_of_drawn_stars(stars):
    rng = np.random.default_rng(7)
    one = Astrometry(*(np.repeat(each[:5], 40_000) for each in stars))
    sizes = {"parallax": 0.001, "pmra": 0.03, "pmdec": 0.02, "radial_velocity": 1.5}
    drawn = one._replace(**{k: getattr(one, k) + v * rng.normal(size=one.ra.size) for k, v in sizes.items()})
    scatter = cylindrical(drawn, SUN).v_phi.reshape(5, -1).std(axis=1)
    errors = one._replace(**{name: np.full(one.ra.size, size) for name, size in sizes.items()})
    np.testing.assert_allclose(scatter, azimuthal_error(one, errors, SUN).reshape(5, -1)[:, 0], rtol=0.02)


@pytest.fixture(scope="module")
def plane(loaded):
    """Every star of the published table."""
    return loaded(GaiaPlane())


def test_published_stars_are_those_of_astropy(plane):
    with gzip.open(find(STARS), "rt") as stream:
        names = stream.readline().strip().split(",")
        table = np.loadtxt(stream, delimiter=",", usecols=range(1, len(names)))
    with gzip.open(find(STARS), "rt") as stream:
        ids = np.loadtxt(stream, delimiter=",", skiprows=1, usecols=0, dtype=np.int64)
    np.testing.assert_array_equal(plane.source_id, ids)
    columns = dict(zip(names[1:], table.T, strict=True))
    every = slice(None, None, 97)
    stars = Astrometry(*(columns[name][every] for name in Astrometry._fields))
    for name, theirs in zip(cylindrical(stars, SUN)._fields, by_astropy(stars, SUN), strict=True):
        np.testing.assert_allclose(plane[name].values[every], theirs, rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(plane.distance.values[every], 1 / stars.parallax, rtol=1e-14)


def test_published_counts_and_medians(plane, loaded):
    assert plane.sizes["star"] == 144_000 and np.unique(plane.source_id).size == 144_000
    assert plane.parallax_over_error.values.min() > 5
    for motion, medians in ((232.24, (218.6, 218.2, 216.0)), (245.6, (231.8, 231.5, 229.3))):
        data = loaded(GaiaPlane(height_max=0.5, sun_velocity=[11.1, motion, 7.25]))
        ring = np.floor(data.radius.values)
        assert [np.median(data.v_phi.values[ring == low]) for low in (6, 7, 8)] == pytest.approx(medians, abs=0.05)
    assert "asymmetric drift is not corrected" in plane.attrs["note"]


ROWS = [  # in the order of COLUMNS
    (4161585441691080449, 265.3, -12.8, 20.0, -72.4, -55.3, -32.3, 0.15, 0.16, 0.10, 0.24, 0.88),
    (4050817990273288064, 272.0, -28.4, 0.4, 2.3, -3.6, -4.9, 0.1, 0.18, 0.13, 0.12, 0.72),
    (7, 100.0, 5.0, 0.5, 1.0, 2.0, 30.0, 0.01, 0.02, 0.02, 4.0, 1.1),
    (8, 90.0, 60.0, 0.8, 1.0, -2.0, 10.0, 0.02, 0.02, 0.02, 0.5, 1.6),
]


def put(folder, rows=ROWS, columns=COLUMNS):
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    (folder / STARS.name).write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    return str(folder)


def own(folder, **request):
    return GaiaPlane(path=str(folder), verify_sha256=False, **request)


def edited(row, column, value):
    place = COLUMNS.index(column)
    return [(*each[:place], value, *each[place + 1 :]) if i == row else each for i, each in enumerate(ROWS)]


@pytest.mark.parametrize(
    ("cuts", "rows"),
    [
        ({}, [0, 2, 3]),
        ({"parallax_over_error_min": 3}, [0, 1, 2, 3]),
        ({"parallax_over_error_min": 45}, [0, 2]),
        ({"ruwe_max": 1.4}, [0, 2]),
        ({"radial_velocity_error_max": 4}, [0, 3]),
        ({"radius_max": 8.2}, [0]),
        ({"radius_min": 8.2}, [2, 3]),
        ({"height_max": 0.25}, [0, 2]),
        ({"v_phi_err_max": 1}, [0, 3]),
        ({"parallax_zero_point": 0.36}, [0, 2, 3]),
        ({"parallax_zero_point": 0.46}, [0, 3]),
    ],
)
def test_stars_are_cut(tmp_path, cuts, rows):
    data = own(put(tmp_path), **cuts).load()
    assert data.row_index.values.tolist() == rows
    assert data.source_id.values.tolist() == [ROWS[row][0] for row in rows]
    parallax = np.array([ROWS[row][3] for row in rows]) - cuts.get("parallax_zero_point", 0)
    np.testing.assert_allclose(data.distance, 1 / parallax, rtol=1e-14)
    steps = json.loads(data.attrs["steps"])
    assert steps[0] == {"step": "stars in the file", "rows": 4} and steps[-1]["rows"] == len(rows)
    assert (data.attrs["n_rows_file"], data.attrs["n_rows"]) == (4, len(rows))


def test_dataset_describes_itself(tmp_path):
    catalog = own(put(tmp_path), ruwe_max=1.4, height_max=3)
    data = catalog.load()
    for name, variable in data.data_vars.items():
        units = "km / s" if name.startswith("v_") else "kpc" if name in ("radius", "height", "distance") else ""
        assert variable.dims == ("star",) and variable.attrs["units"] == units and variable.attrs["long_name"]
    assert set(data.data_vars) == {
        *("source_id", "row_index", "radius", "height", "v_phi", "v_phi_err"),
        *("v_radius", "v_height", "distance", "parallax_over_error"),
    }
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    cuts = json.loads(data.attrs["cuts"])
    assert cuts["sun_velocity"] == [11.1, 232.24, 7.25] and cuts["ruwe_max"] == 1.4 and cuts["height_max"] == 3
    assert [each["step"] for each in json.loads(data.attrs["steps"])] == [
        "stars in the file",
        "with parallax over error > 5 (parallax_over_error_min)",
        "with ruwe < 1.4 (ruwe_max)",
        "with abs(height) < 3 kpc (height_max)",
    ]
    assert all(isinstance(value, str | int) for value in data.attrs.values())
    assert hash(own(tmp_path, sun_velocity=[11.1, 232.24, 7.25])) == hash(own(tmp_path))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"parallax_over_error_min": None}, "parallax_over_error_min=None: must be a finite number >= 0"),
        ({"parallax_over_error_min": -1}, "parallax_over_error_min=-1: must be a finite number >= 0"),
        ({"ruwe_max": 0}, "ruwe_max=0: must be a finite number > 0, or null for no cut"),
        ({"radial_velocity_error_max": True}, "radial_velocity_error_max=True: must be a finite number > 0, or null"),
        ({"parallax_zero_point": "x"}, "parallax_zero_point='x': must be a finite number"),
        ({"sun_radius": 0}, "sun_radius=0: must be above sun_height=0.0208, both in kpc"),
        ({"sun_height": float("nan")}, "sun_height=nan: must be a finite number"),
        ({"sun_velocity": [1, 2]}, r"sun_velocity=\[1, 2\]: must be three finite numbers: towards the centre, along"),
        ({"sun_velocity": "fast"}, "sun_velocity='fast': must be three finite numbers"),
        ({"sun_velocity": 232.24}, "sun_velocity=232.24: must be three finite numbers"),
        ({"radius_min": -1}, "radius_min=-1: must be a finite number >= 0, or null for no cut"),
        ({"radius_max": 0}, "radius_max=0: must be a finite number > 0, or null for no cut"),
        ({"radius_min": 9, "radius_max": 9}, "radius_min=9: must be below radius_max=9"),
        ({"height_max": -0.5}, "height_max=-0.5: must be a finite number > 0, or null for no cut"),
        ({"v_phi_err_max": float("inf")}, "v_phi_err_max=inf: must be a finite number > 0, or null for no cut"),
        ({"verify_sha256": None}, "verify_sha256=None: must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError, match=f"^{message}"):
        GaiaPlane(**request_)


@pytest.mark.parametrize(
    ("row", "column", "value", "message"),
    [
        (1, "parallax", "x", "line 3: parallax must be a finite number, not 'x'"),
        (2, "pmra", "", "line 4: pmra must be a finite number, not ''"),
        (0, "source_id", 1.5, "line 2: source_id must be a whole number, not '1.5'"),
        (1, "parallax_error", 0, "line 3: parallax_error must be > 0, not 0.0"),
        (3, "radial_velocity_error", -1, "line 5: radial_velocity_error must be > 0, not -1.0"),
        (2, "ruwe", -1, "line 4: ruwe must be > 0, not -1.0"),
        (2, "dec", 95, "line 4: dec must be from -90 to 90, not 95.0"),
        (3, "source_id", 7, "source_id 7 stands there twice"),
    ],
)
def test_bad_star_names_line_and_column(tmp_path, row, column, value, message):
    with pytest.raises(DataError) as error:
        own(put(tmp_path, edited(row, column, value))).load()
    assert str(error.value) == f"{STARS.name}: {message}"


@pytest.mark.parametrize("cuts", [{"height_max": 1e-6}, {"parallax_over_error_min": 1000}])
def test_cuts_that_leave_no_star_are_said_with_their_counts(tmp_path, cuts):
    with pytest.raises(DataError, match=f"^{STARS.name}: no star is left: 4 stars in the file, .*{next(iter(cuts))}"):
        own(put(tmp_path), **cuts).load()


def test_missing_and_altered_files_say_what_to_do(places):
    with pytest.raises(DataError, match=f"^needs-data: {STARS.name} .15340091 bytes.*Or make it from Gaia's archive"):
        GaiaPlane().load()
    with pytest.raises(DataError, match=f"^{STARS.name}: .*is altered.*verify_sha256=false"):
        GaiaPlane(path=put(places)).load()
    assert GaiaPlane().sha256() == {STARS.name: STARS.sha256}


SIGNED = ["source_id,R_cyl,z,v_phi_signed,v_phi,v_phi_err"]
SIGNED += ["4161585441691080449,7.9,0.1,231.5,40.0,2.5", "8,8.6,-0.7,-25.0,25.0,0", "9,4.0,0.2,190.0,190.0,1.0"]


def processed(folder, lines=SIGNED):
    (folder / PROCESSED.name).write_text("\n".join(lines) + "\n")
    return str(folder)


def test_processed_stars_have_their_signs(tmp_path):
    catalog = GaiaProcessed(path=processed(tmp_path), verify_sha256=False)
    data = catalog.load()
    assert data.source_id.values.tolist() == [4161585441691080449, 8, 9]
    assert data.v_phi.values.tolist() == [231.5, -25.0, 190.0] and data.v_phi_err.values.tolist() == [2.5, 0, 1]
    assert data.radius.values.tolist() == [7.9, 8.6, 4.0] and data.height.values.tolist() == [0.1, -0.7, 0.2]
    shared = own(put(tmp_path)).load()
    for name in data.data_vars:
        assert data[name].attrs == shared[name].attrs and data[name].dims == shared[name].dims
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert data.attrs["name"] == "gaia_processed" and data.attrs["note"]


def test_processed_stars_are_cut_as_the_others(tmp_path):
    request = {"path": processed(tmp_path), "verify_sha256": False}
    assert GaiaProcessed(**request, height_max=0.5, radius_min=4.0).load().row_index.values.tolist() == [0, 2]
    assert GaiaProcessed(**request, radius_max=7.9).load().row_index.values.tolist() == [2]


def test_processed_stars_need_their_file(places):
    with pytest.raises(
        DataError, match=f"^needs-data: {PROCESSED.name} .593788200 bytes, sha256 525bdb.*stands in for"
    ):
        GaiaProcessed().load()
    with pytest.raises(DataError, match="^needs-data: .*is not in the folder"):
        GaiaProcessed(path=str(places), verify_sha256=False).sha256()
    with pytest.raises(DataError, match=f"^{PROCESSED.name}: .*is altered"):
        GaiaProcessed(path=processed(places)).load()
    assert GaiaProcessed().sha256() == {PROCESSED.name: PROCESSED.sha256}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("8,-1,0,1,1,1", "line 3: R_cyl must be > 0, not -1.0"),
        ("8,8,0,1,1,-1", "line 3: v_phi_err must be >= 0, not -1.0"),
        ("8,8,0,nan,1,1", "line 3: v_phi_signed must be a finite number, not 'nan'"),
        ("9,8,0,1,1,1", "source_id 9 stands there twice"),
    ],
)
def test_bad_processed_star_is_one_line(tmp_path, line, message):
    with pytest.raises(DataError) as error:
        GaiaProcessed(path=processed(tmp_path, [*SIGNED[:2], line, SIGNED[3]]), verify_sha256=False).load()
    assert str(error.value) == f"{PROCESSED.name}: {message}"


def test_files_are_known_to_the_command_line():
    assert set(datasets()["gaia"]) == {*FILES, *PROCESSED_FILES}
