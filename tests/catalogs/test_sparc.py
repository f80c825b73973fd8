"""The loader of SPARC: the published files read in another way, and the cuts on made-up ones."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.io import ascii as table_reader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogs.__main__ import datasets
from catalogs.files import find, hash_file
from catalogs.sparc import FILES, Sparc
from catalogs.sparc_curves import COLUMNS
from catalogs.sparc_files import CURVES, CURVES_NAME, TABLE
from catalogs.sparc_table import FIELDS

POINT = ("galaxy_index", *(name for name, _, _ in COLUMNS.values()))
GALAXY = ("name", *(field.name for field in FIELDS), "reference", "n_points", "table_row")
SHORT = ["D512-2", "NGC6789", "UGC00634", "UGC07232"]


@pytest.fixture(scope="module")
def sparc(loaded):
    """Every galaxy of the published files."""
    return loaded(Sparc(min_points=1))


@pytest.fixture(scope="module")
def table(sparc):
    """Table 1, read by the byte ranges of its CDS copy."""
    folder = find(TABLE).parent
    if not (folder / "table1.dat").exists():
        pytest.skip("the CDS copy of Table 1 is not beside the other")
    readme = str(folder / "ReadMe_VizieR_J_AJ_152_157.txt")
    return table_reader.read(str(folder / "table1.dat"), format="cds", readme=readme)


def put(folder, galaxies):
    """Write a made-up release: of each galaxy its points, the rows of Table 1 in the order given."""
    (folder / "rotmod").mkdir(parents=True, exist_ok=True)
    rows = ["Title: made up", "-" * 80]
    for i, (name, points) in enumerate(galaxies.items()):
        lines = [" ".join(repr(float(x)) for x in point) for point in points]
        text = "\n".join(["# Distance = 1 Mpc", "# Rad Vobs errV Vgas Vdisk Vbul SBdisk SBbul", *lines])
        (folder / "rotmod" / f"{name}_rotmod.dat").write_text(text + "\n")
        quality, inclination = 1 + i % 3, 20.0 + 10 * i
        rows.append(
            f"  {name} 5 10.0 1.0 1 {inclination} 4.0 2.0 0.1 3.0 50. {1.5 + i} 200. 0.5 9.0 {80.0 * (i % 2)} 3.0 "
            f"{quality} Ab{i:02d}"
        )
    (folder / TABLE.name).write_text("\n".join(rows) + "\n")
    return str(folder)


def curve(n, start=0.5):
    """Some points at increasing radii."""
    radius = start + np.arange(n)
    return np.stack(
        [radius, 50 + radius, 2 + 0 * radius, -3 + radius, 20 + radius, 0 * radius, 5 + radius, 0 * radius], 1
    )


MADE_UP = {"UGC9": curve(4), "B1": curve(2), "NGC10": curve(6), "NGC2": curve(9), "A-1": curve(1)}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Folder of a good made-up release of five galaxies, its Table 1 not in the canonical order."""
    return put(tmp_path_factory.mktemp("sparc"), MADE_UP)


def own(folder, **request):
    return Sparc(path=str(folder), verify_sha256=False, **request)


def test_published_counts(sparc):
    assert sparc.sizes == {"point": 3391, "galaxy": 175}
    negative = sparc.v_gas.values < 0
    assert negative.sum() == 361 and np.unique(sparc.galaxy_index.values[negative]).size == 48
    assert sparc.v_gas.values.min() == -16.33
    assert sparc.v_disk.values.min() >= 0 and sparc.v_bulge.values.min() == 0
    bulges = np.unique(sparc.galaxy_index.values[sparc.v_bulge.values > 0])
    assert bulges.size == 32
    assert sparc["name"].values[sparc.n_points.values == 4].tolist() == SHORT
    assert sparc.v_obs_err.values.min() == 0.2
    assert np.isnan(sparc.v_flat).sum() == np.isnan(sparc.v_flat_err).sum() == 40 and np.isnan(sparc.r_hi).sum() == 4
    assert json.loads(sparc.attrs["missing"]) == {"r_hi": 4, "v_flat": 40}


def test_points_are_those_of_numpy(sparc):
    folder = find(TABLE).parent / "rotmod"
    paths = sorted(folder.glob("*_rotmod.dat"), key=lambda path: path.name.encode())
    tables = [np.loadtxt(path) for path in paths]
    points = np.concatenate(tables)
    for column, name in zip(points.T, POINT[1:], strict=True):
        np.testing.assert_array_equal(sparc[name], column)
    np.testing.assert_array_equal(sparc.n_points, [len(each) for each in tables])
    np.testing.assert_array_equal(sparc.galaxy_index, np.repeat(np.arange(175), [len(each) for each in tables]))
    assert sparc["name"].values.tolist() == [path.name.removesuffix("_rotmod.dat") for path in paths]


def test_galaxies_are_those_of_the_cds_copy(sparc, table):
    names = sparc["name"].values.tolist()
    assert names == sorted(names, key=str.encode)
    by_name = {str(name): row for name, row in zip(table["Name"], table, strict=True)}
    columns = [name for name in table.colnames if name != "Name"]
    assert len(columns) == len(FIELDS) + 1
    for column, name in zip(columns, (*(field.name for field in FIELDS), "reference"), strict=True):
        published = [by_name[galaxy][column] for galaxy in names]
        if name == "reference":
            assert sparc[name].values.tolist() == [str(value) for value in published]
            continue
        expected = np.array(published, dtype=float)
        if name in ("r_hi", "v_flat", "v_flat_err"):
            expected[expected == 0] = np.nan
        np.testing.assert_array_equal(sparc[name], expected)


def test_table_row_is_the_order_of_table_1(sparc, table):
    ordered = sparc["name"].values[np.argsort(sparc.table_row.values)]
    assert ordered.tolist() == [str(name) for name in table["Name"]]
    assert sorted(sparc.table_row.values.tolist()) == list(range(175))


def test_cuts_give_the_published_samples(loaded):
    assert loaded(Sparc(min_points=5)).sizes["galaxy"] == 171  # 170 without UGC01281, whose square is negative
    lost = loaded(Sparc(drop_first=9))
    assert lost.sizes["galaxy"] == 166 and lost["name"].values[0] == "ESO079-G014"
    data = loaded(Sparc(quality_max=2, inclination_min=30))
    assert data.sizes["galaxy"] == 153
    assert (data.v_obs_err.values < 0.1 * data.v_obs.values).sum() == 2696


def test_hierarchical_sample_has_116_galaxies(loaded):
    data = loaded(Sparc(drop_first=9, min_points=10))
    squares = [data[name].values * np.abs(data[name].values) for name in ("v_gas", "v_disk", "v_bulge")]
    used = (data.radius.values > 0.5) & (sum(squares) > 1)
    assert (np.bincount(data.galaxy_index.values[used], minlength=data.sizes["galaxy"]) >= 10).sum() == 116


def test_chosen_galaxies_come_in_the_canonical_order(loaded, sparc):
    data = loaded(Sparc(galaxies=["NGC6789", "DDO154", "NGC2403"]))
    assert data["name"].values.tolist() == ["DDO154", "NGC2403", "NGC6789"]
    whole = {name: i for i, name in enumerate(sparc["name"].values.tolist())}
    for i, name in enumerate(data["name"].values.tolist()):
        for variable in POINT[1:]:
            np.testing.assert_array_equal(
                data[variable].values[data.galaxy_index.values == i],
                sparc[variable].values[sparc.galaxy_index.values == whole[name]],
            )
        for variable in GALAXY:
            np.testing.assert_array_equal(data[variable].values[i], sparc[variable].values[whole[name]])


def test_hashes_are_those_of_the_shell(sparc):
    folder = find(TABLE).parent
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.glob(CURVES_NAME))
    ]
    expected = {
        TABLE.name: hash_file(folder / TABLE.name),
        CURVES_NAME: hashlib.sha256("".join(lines).encode()).hexdigest(),
    }
    assert Sparc().sha256() == expected == json.loads(sparc.attrs["sha256"])
    assert Sparc(verify_sha256=False).sha256() == expected


@pytest.mark.parametrize(
    ("cuts", "names"),
    [
        ({}, ["NGC10", "NGC2", "UGC9"]),
        ({"min_points": 1}, ["A-1", "B1", "NGC10", "NGC2", "UGC9"]),
        ({"min_points": 2, "quality_max": 2}, ["B1", "NGC2", "UGC9"]),
        ({"min_points": 1, "inclination_min": 40, "inclination_max": 50}, ["NGC10", "NGC2"]),
        ({"min_points": 1, "drop_first": 2}, ["A-1", "NGC10", "NGC2"]),
        ({"galaxies": ["UGC9", "B1"]}, ["UGC9"]),
        ({"galaxies": ("UGC9", "B1"), "min_points": 2}, ["B1", "UGC9"]),
    ],
)
def test_galaxies_are_cut_with_their_points(small, cuts, names):
    data = own(small, **cuts).load()
    assert data["name"].values.tolist() == names
    assert data.n_points.values.tolist() == [len(MADE_UP[name]) for name in names]
    np.testing.assert_array_equal(data.v_gas, np.concatenate([MADE_UP[name] for name in names])[:, 3])
    assert data.table_row.values.tolist() == [list(MADE_UP).index(name) for name in names]


def test_every_cut_says_what_it_left(small):
    data = own(small, galaxies=["UGC9", "B1", "NGC2"], quality_max=1, inclination_max=60, drop_first=0).load()
    assert [(each["galaxies"], each["rows"], each["step"]) for each in json.loads(data.attrs["steps"])] == [
        (5, 22, "in the files"),
        (3, 15, "of those named (galaxies)"),
        (2, 13, "with at least 3 points (min_points)"),
        (2, 13, "with quality <= 1 (quality_max)"),
        (2, 13, "with inclination <= 60 deg (inclination_max)"),
    ]
    assert (data.attrs["n_rows_file"], data.attrs["n_rows"]) == (22, 13)
    assert (data.attrs["n_galaxies_file"], data.attrs["n_galaxies"]) == (5, 2)
    assert json.loads(data.attrs["cuts"]) == {
        "galaxies": ["B1", "NGC2", "UGC9"],
        "min_points": 3,
        "quality_max": 1,
        "inclination_min": None,
        "inclination_max": 60,
        "drop_first": 0,
    }


def test_dataset_describes_itself(small):
    catalog = own(small)
    data = catalog.load()
    assert tuple(data.data_vars) == (*POINT, *GALAXY) and not data.coords
    for name, variable in data.data_vars.items():
        assert variable.dims == ("point" if name in POINT else "galaxy",)
        u.Unit(variable.attrs["units"])
        assert variable.attrs["long_name"]
    units = {
        name: data[name].attrs["units"] for name in ("radius", "v_obs", "luminosity", "m_hi", "sb_disk", "quality")
    }
    assert list(units.values()) == ["kpc", "km / s", "1e9 solLum", "1e9 solMass", "solLum / pc2", ""]
    assert u.Unit(units["luminosity"]) == u.Unit(1e9 * u.solLum)
    assert data.attrs["name"] == "sparc" and "AJ 152, 157" in data.attrs["reference"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_zero_means_not_measured(small):
    data = own(small, min_points=1).load()
    flat = dict(zip(data["name"].values.tolist(), data.v_flat.values, strict=True))
    assert np.isnan([flat[name] for name in ("UGC9", "NGC10", "A-1")]).all() and flat["B1"] == flat["NGC2"] == 80


def test_writing_to_a_dataset_changes_no_later_one(small):
    first = own(small).load()
    expected = first.copy(deep=True)
    for name in first.data_vars:
        first[name].values[...] = "" if first[name].dtype.kind == "U" else 7
    assert own(small).load().identical(expected)


def test_file_that_changed_is_parsed_again(tmp_path):
    before = own(put(tmp_path, MADE_UP))
    hashes, data = before.sha256(), before.load()
    path = Path(tmp_path) / "rotmod" / "NGC2_rotmod.dat"
    path.write_text(path.read_text().replace("51.5 ", "57.5 "))
    assert before.sha256()[CURVES_NAME] != hashes[CURVES_NAME] and before.sha256()[TABLE.name] == hashes[TABLE.name]
    after = own(tmp_path).load()
    assert data.v_obs.values.max() == after.v_obs.values.max() == 58.5
    assert (data.v_obs.values == 57.5).sum() == 1 and (after.v_obs.values == 57.5).sum() == 2


def test_equal_requests_are_equal_and_hash_alike():
    assert Sparc(galaxies=["DDO154"]) == Sparc(galaxies=("DDO154",))
    assert hash(Sparc(galaxies=["DDO154"])) == hash(Sparc(galaxies=("DDO154",)))


def test_registered_hash_needs_no_file(places):
    assert list(Sparc(path=str(places)).sha256()) == [TABLE.name, CURVES_NAME]


def test_files_are_known_to_the_command_line():
    assert datasets()["sparc"] == list(FILES)
    assert len(CURVES) == 175 and list(CURVES) == sorted(CURVES, key=lambda name: f"{name}_rotmod.dat".encode())


_WORD = st.from_regex(r"[A-Z][A-Z0-9-]{0,7}", fullmatch=True)
_NUMBER = st.floats(-400, 400, allow_nan=False).map(lambda x: round(x, 3))
_ABOVE_ZERO = st.floats(0.001, 400).map(lambda x: round(x, 3) + 0.001)


@st.composite
def _curves(draw):
    n = draw(st.integers(1, 6))
    radii = np.cumsum(draw(st.lists(_ABOVE_ZERO, min_size=n, max_size=n)))
    rest = [(draw(_ABOVE_ZERO), draw(_ABOVE_ZERO), *(draw(_NUMBER) for _ in range(5))) for _ in range(n)]
    return np.column_stack([radii, rest])


@given(st.dictionaries(_WORD, _curves(), min_size=1, max_size=5))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_written_comes_back_in_the_canonical_order(tmp_path_factory, galaxies):
    data = own(put(tmp_path_factory.mktemp("any"), galaxies), min_points=1).load()
    order = sorted(galaxies, key=lambda name: f"{name}_rotmod.dat".encode())
    assert data["name"].values.tolist() == order
    written = np.concatenate([galaxies[name] for name in order])
    np.testing.assert_array_equal(np.stack([data[name].values for name in POINT[1:]], axis=1), written)
    np.testing.assert_array_equal(data.galaxy_index, np.repeat(np.arange(len(order)), data.n_points))
    assert data.r_disk.values.tolist() == [1.5 + list(galaxies).index(name) for name in order]
