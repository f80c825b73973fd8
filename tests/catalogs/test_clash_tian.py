"""The acceleration relation of CLASH clusters: what is in it, the cuts and the refusals."""

import dataclasses
import json

import numpy as np
import pytest
from astropy import units as u

from catalogs.__main__ import datasets
from catalogs.clash_tian import FILES, POINTS, ClashTian
from catalogs.errors import DataError
from catalogs.files import find

ROWS = [
    "A2  14.3 -10.0 -9.5 0.04 0.09",
    "A1  20.0 -10.1 -9.4 0.03 0.08",
    "A2  100. -10.6 -9.7 0.05 0.10",
    "A1  200. -10.9 -9.8 0.06 0.11",
]


def put(folder, rows=ROWS):
    (folder / POINTS.name).write_text("\n".join(rows) + "\n")
    return str(folder)


def own(folder, **request):
    return ClashTian(path=str(folder), verify_sha256=False, **request)


def test_points_of_clash_are_those_of_the_file(loaded):
    data = loaded(ClashTian())
    rows = [line.split() for line in find(POINTS).read_text().splitlines()]
    assert data.sizes == {"point": 84, "cluster": 20} and len(rows) == 84
    assert data.name.values[data.cluster_index.values].tolist() == [row[0] for row in rows]
    columns = ("radius", "log10_g_bar", "log10_g_obs", "log10_g_bar_err", "log10_g_obs_err")
    for i, column in enumerate(columns, 1):
        assert data[column].values.tolist() == [float(row[i]) for row in rows]
    assert data.g_obs.values == pytest.approx([10 ** float(row[3]) for row in rows], rel=1e-14)
    assert data.g_bar.values == pytest.approx([10 ** float(row[2]) for row in rows], rel=1e-14)


def test_each_clash_cluster_has_one_brightest_galaxy_and_its_radii_are_on_the_grid(loaded):
    data = loaded(ClashTian())
    assert np.bincount(data.cluster_index[data.is_bcg]).tolist() == [1] * 20
    assert set(data.radius.values[~data.is_bcg.values]) == {100, 200, 400, 600}
    assert data.n_points.values.sum() == 84 and set(data.n_points.values) == {3, 4, 5}
    assert (data.g_obs > data.g_bar).all()


def test_acceleration_scale_of_clash_is_the_published_one(loaded):
    """g_obs = sqrt(g_bar g_ddagger) with g_ddagger = (2.02 +- 0.11)e-9 m/s2 (Tian+ 2020, abstract), here unweighted."""
    data = loaded(ClashTian())
    scale = 10 ** float((2 * data.log10_g_obs - data.log10_g_bar).mean())
    assert scale == pytest.approx(2.02e-9, rel=0.1)


@pytest.mark.parametrize(
    ("cuts", "rows"),
    [
        ({}, [0, 1, 2, 3]),
        ({"clusters": ["A1"]}, [1, 3]),
        ({"radius_min": 20}, [1, 2, 3]),
        ({"radius_max": 100.0}, [0, 1, 2]),
        ({"bcg": False}, [2, 3]),
        ({"clusters": ["A2"], "radius_min": 20, "radius_max": 200}, [2]),
    ],
)
def test_points_of_clash_are_cut(tmp_path, cuts, rows):
    data = own(put(tmp_path), **cuts).load()
    assert data.row_index.values.tolist() == rows
    assert data.name.values[data.cluster_index.values].tolist() == [ROWS[row].split()[0] for row in rows]
    assert json.loads(data.attrs["steps"])[-1]["rows"] == len(rows) == data.attrs["n_rows"] == data.n_points.sum()
    assert data.attrs["n_rows_file"] == 4 and data.attrs["n_clusters"] == data.sizes["cluster"]


def test_clusters_of_clash_keep_the_order_of_the_file(tmp_path):
    assert own(put(tmp_path)).load().name.values.tolist() == ["A2", "A1"]


def test_clash_dataset_describes_itself(tmp_path):
    catalog = own(put(tmp_path), clusters=["A2", "A1"])
    data = catalog.load()
    for variable in data.data_vars.values():
        assert variable.attrs["long_name"]
        u.Unit(variable.attrs["units"])
    assert u.Unit(data.log10_g_obs.attrs["units"]) == u.dex(u.m / u.s**2)
    assert data.attrs["name"] == "clash_tian2020" and "Tian" in data.attrs["reference"] and data.attrs["title"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert json.loads(data.attrs["cuts"]) == {
        "clusters": ["A1", "A2"],
        "radius_min": None,
        "radius_max": None,
        "bcg": True,
    }
    assert all(isinstance(value, str | int) for value in data.attrs.values())
    assert len({catalog, own(tmp_path, clusters=("A2", "A1"))}) == 1


def test_writing_to_clash_points_changes_no_later_ones(tmp_path):
    first = own(put(tmp_path)).load()
    expected = first.copy(deep=True)
    first.radius.values[...] = 7
    assert own(tmp_path).load().identical(expected)


def test_configuration_of_clash_tian_has_every_field(composed):
    config = composed("catalog=clash_tian")["catalog"]
    fields = {field.name: field.default for field in dataclasses.fields(ClashTian)}
    assert dict(config) == {"_target_": "catalogs.clash_tian.ClashTian", **fields}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"clusters": "A1"}, "clusters='A1': must be a list of names, each once, or null for all"),
        ({"clusters": []}, "clusters=[]: must be a list of names, each once, or null for all"),
        ({"clusters": ["A1", "A1"]}, "clusters=['A1', 'A1']: must be a list of names, each once, or null for all"),
        ({"radius_min": -1}, "radius_min=-1: must be a finite number >= 0, kpc, or null for no cut"),
        ({"radius_max": True}, "radius_max=True: must be a finite number >= 0, kpc, or null for no cut"),
        ({"radius_min": 9, "radius_max": 8}, "radius_min=9: must not be above radius_max=8"),
        ({"bcg": 1}, "bcg=1: must be true or false"),
        ({"verify_sha256": "yes"}, "verify_sha256='yes': must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
        ({"path": 3}, "path=3: must be a folder, or null to search"),
    ],
)
def test_request_of_clash_points_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        ClashTian(**request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A1 20.0 -10.1 -9.4 0.03", "line 2 has 5 values, must be cluster, radius, log10_g_bar, log10_g_obs, "),
        ("A1 20.0 nan -9.4 0.03 0.08", "line 2: log10_g_bar must be a finite number, not nan"),
        ("A1 20.0 -10.1 x 0.03 0.08", "line 2: log10_g_obs must be a finite number, not x"),
        ("A1 -20 -10.1 -9.4 0.03 0.08", "line 2: radius must be a finite number > 0, not -20"),
        ("A1 20.0 -10.1 -9.4 0 0.08", "line 2: log10_g_bar_err must be a finite number > 0, not 0"),
        ("A2 14.3 -10.1 -9.4 0.03 0.08", "line 2: radius of A2 must increase from line to line, not 14.3 after 14.3"),
        ("A2 12.0 -10.1 -9.4 0.03 0.08", "line 2: radius of A2 must increase from line to line, not 12.0 after 14.3"),
    ],
)
def test_bad_point_of_clash_names_its_line(tmp_path, row, message):
    put(tmp_path, [ROWS[0], row, *ROWS[2:]])
    with pytest.raises(DataError) as error:
        own(tmp_path).load()
    assert str(error.value).startswith(f"fig2.dat: {message}") and "\n" not in str(error.value)


def test_unknown_cluster_of_clash_lists_the_nearest(tmp_path):
    with pytest.raises(DataError) as error:
        own(put(tmp_path), clusters=["a1"]).load()
    assert str(error.value) == "clusters=['a1']: no cluster 'a1' in fig2.dat; did you mean A1?"
    with pytest.raises(DataError, match=r"no cluster 'Coma' in fig2.dat; there are A1, A2$"):
        own(tmp_path, clusters=["Coma"]).load()


def test_cuts_that_leave_no_point_of_clash_are_said(tmp_path):
    with pytest.raises(DataError) as error:
        own(put(tmp_path), radius_min=300).load()
    assert str(error.value) == ("fig2.dat: no row is left: 4 points in the file, 0 with radius >= 300 kpc (radius_min)")


def test_missing_clash_points_begin_with_the_status(places):
    with pytest.raises(DataError, match=r"^needs-data: fig2.dat .3612 bytes.*your own lines of cluster radius"):
        ClashTian().load()
    with pytest.raises(DataError, match="^needs-data: fig2.dat .*is not in the folder"):
        ClashTian(path=str(places)).load()
    assert ClashTian().sha256() == {POINTS.name: POINTS.sha256}


def test_altered_clash_points_are_refused_unless_they_are_the_users_own(tmp_path):
    with pytest.raises(DataError, match=r"^fig2.dat: .*is altered.*verify_sha256=false"):
        ClashTian(path=put(tmp_path)).load()


def test_clash_points_are_known_to_the_command_line():
    assert datasets()["clash_tian2020"] == list(FILES)
