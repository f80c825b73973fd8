"""What the loader of SPARC refuses, and how it says so."""

from pathlib import Path

import pytest

from catalogs.errors import DataError
from catalogs.sparc import Sparc
from catalogs.sparc_files import TABLE

POINTS = [
    "0.50 50.0 2.0 -3.0 20.0 0.0 9.0 0.0",
    "1.50 60.0 2.5 4.0 30.0 0.0 5.0 0.0",
    "2.50 65.0 3.0 6.0 32.0 0.0 2.0 0.0",
]
ROW = "{} 5 10.0 1.0 1 60.0 4.0 2.0 0.1 3.0 50. 1.5 200. 0.5 9.0 80.0 3.0 1 Ab01"
NAMES = ("NGC0001", "NGC0002", "UGC0003")
WHOLE = "must be a whole number"


def put(folder, curves=NAMES, rows=NAMES):
    """Write a made-up release of galaxies with one and the same curve; a row with a space in it is written as it is."""
    (folder / "rotmod").mkdir(parents=True, exist_ok=True)
    for name in curves:
        text = "\n".join(["# Distance = 10 Mpc", "# Rad Vobs errV Vgas Vdisk Vbul SBdisk SBbul", *POINTS])
        (folder / "rotmod" / f"{name}_rotmod.dat").write_text(text + "\n")
    lines = ["Title: made up", "-" * 80, *(row if " " in row else ROW.format(row) for row in rows)]
    (folder / TABLE.name).write_text("\n".join(lines) + "\n")
    return folder


def own(folder, **request):
    return Sparc(path=str(folder), verify_sha256=False, **request)


def refusal(catalog):
    with pytest.raises(DataError) as error:
        catalog.load()
    assert "\n" not in str(error.value) and error.value.exit_code == 2
    return str(error.value)


def test_the_made_up_release_is_good(tmp_path):
    assert own(put(tmp_path)).load().sizes == {"point": 9, "galaxy": 3}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"galaxies": "NGC2403"}, "galaxies='NGC2403': must be a list of names, each once, or null for all"),
        ({"galaxies": []}, "galaxies=[]: must be a list of names, each once, or null for all"),
        ({"galaxies": ["A", "A"]}, "galaxies=['A', 'A']: must be a list of names, each once, or null for all"),
        ({"galaxies": [1]}, "galaxies=[1]: must be a list of names, each once, or null for all"),
        ({"min_points": 0}, f"min_points=0: {WHOLE} >= 1"),
        ({"min_points": True}, f"min_points=True: {WHOLE} >= 1"),
        ({"min_points": 2.5}, f"min_points=2.5: {WHOLE} >= 1"),
        ({"drop_first": -1}, f"drop_first=-1: {WHOLE} >= 0"),
        ({"drop_first": None}, f"drop_first=None: {WHOLE} >= 0"),
        ({"quality_max": 0}, "quality_max=0: must be 1, 2 or 3, or null for no cut"),
        ({"quality_max": 4}, "quality_max=4: must be 1, 2 or 3, or null for no cut"),
        ({"quality_max": 2.0}, "quality_max=2.0: must be 1, 2 or 3, or null for no cut"),
        ({"inclination_min": -1}, "inclination_min=-1: must be a number from 0 to 90, deg, or null for no cut"),
        ({"inclination_max": 91}, "inclination_max=91: must be a number from 0 to 90, deg, or null for no cut"),
        ({"inclination_max": "30"}, "inclination_max='30': must be a number from 0 to 90, deg, or null for no cut"),
        ({"inclination_min": 70, "inclination_max": 30}, "inclination_min=70: must not be above inclination_max=30"),
        ({"verify_sha256": 1}, "verify_sha256=1: must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        Sparc(**request_)
    assert str(error.value) == message


EIGHT = "must be 8: Rad, Vobs, errV, Vgas, Vdisk, Vbul, SBdisk, SBbul"
BAD_POINTS = {
    "text": ("1.50 60.0 x 4 30 0 5 0", "errV must be a finite number > 0, not x"),
    "text in a free column": ("1.50 60.0 2.5 4 -- 0 5 0", "Vdisk must be a finite number, not --"),
    "nan": ("1.50 60.0 2.5 nan 30 0 5 0", "Vgas must be a finite number, not nan"),
    "infinite": ("1.50 inf 2.5 4 30 0 5 0", "Vobs must be a finite number > 0, not inf"),
    "no radius": ("0 60.0 2.5 4 30 0 5 0", "Rad must be a finite number > 0, not 0"),
    "negative radius": ("-1.5 60.0 2.5 4 30 0 5 0", "Rad must be a finite number > 0, not -1.5"),
    "no velocity": ("1.5 0.0 2.5 4 30 0 5 0", "Vobs must be a finite number > 0, not 0.0"),
    "no error": ("1.5 60 0 4 30 0 5 0", "errV must be a finite number > 0, not 0"),
    "negative error": ("1.5 60 -2 4 30 0 5 0", "errV must be a finite number > 0, not -2"),
    "same radius": ("0.5 60 2 4 30 0 5 0", "Rad must be above 0.5, the radius before it, not 0.5"),
    "radius below": ("0.4 60 2 4 30 0 5 0", "Rad must be above 0.5, the radius before it, not 0.4"),
}


@pytest.mark.parametrize("case", BAD_POINTS)
def test_bad_point_names_file_line_and_column(tmp_path, case):
    line, message = BAD_POINTS[case]
    path = put(tmp_path) / "rotmod" / "NGC0002_rotmod.dat"
    path.write_text(path.read_text().replace(POINTS[1], line))
    assert refusal(own(tmp_path)) == f"NGC0002_rotmod.dat: line 4: {message}"


@pytest.mark.parametrize(("line", "n"), [("1.5 60 2 4 30 0 5", 7), ("1.5 60 2 4 30 0 5 0 0", 9)])
def test_other_number_of_columns_is_refused(tmp_path, line, n):
    path = put(tmp_path) / "rotmod" / "NGC0002_rotmod.dat"
    path.write_text(path.read_text().replace(POINTS[1], line))
    assert refusal(own(tmp_path)) == f"NGC0002_rotmod.dat: line 4 has {n} values, {EIGHT}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no row in it"),
        (b"# Distance = 10 Mpc\n\n", "no row in it"),
        (b"\xff\xfe\x00\x80\n", "not a text file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "line 1 has 2 values, must be 8"),
    ],
)
def test_file_that_is_no_curve_is_one_line(tmp_path, content, message):
    (put(tmp_path) / "rotmod" / "UGC0003_rotmod.dat").write_bytes(content)
    assert refusal(own(tmp_path)).startswith(f"UGC0003_rotmod.dat: {message}")


FIELDS = ROW.format("NGC0002").split()
BAD_ROWS = {
    "no scale length": (11, "0.00", "Rdisk of NGC0002 must be a finite number > 0, not 0.00"),
    "negative scale length": (11, "-1.5", "Rdisk of NGC0002 must be a finite number > 0, not -1.5"),
    "text": (11, "x", "Rdisk of NGC0002 must be a finite number, not x"),
    "nan": (7, "nan", "L[3.6] of NGC0002 must be a finite number, not nan"),
    "type": (1, "12", "T of NGC0002 must be a whole number from 0 to 11, not 12"),
    "type in parts": (1, "5.5", "T of NGC0002 must be a whole number from 0 to 11, not 5.5"),
    "distance": (2, "0", "D of NGC0002 must be a finite number > 0, not 0"),
    "error": (3, "-1", "e_D of NGC0002 must be a finite number >= 0, not -1"),
    "method": (4, "6", "f_D of NGC0002 must be a whole number from 1 to 5, not 6"),
    "inclination": (5, "95", "Inc of NGC0002 must be a number > 0 and <= 90, not 95"),
    "quality": (17, "0", "Q of NGC0002 must be a whole number from 1 to 3, not 0"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_row_names_line_galaxy_and_column(tmp_path, case):
    place, word, message = BAD_ROWS[case]
    row = " ".join([*FIELDS[:place], word, *FIELDS[place + 1 :]])
    put(tmp_path, rows=["NGC0001", row, "UGC0003"])
    assert refusal(own(tmp_path)) == f"{TABLE.name}: line 4: {message}"


def test_missing_scale_length_is_refused(tmp_path):
    row = " ".join([*FIELDS[:11], *FIELDS[12:]])
    put(tmp_path, rows=["NGC0001", row, "UGC0003"])
    said = refusal(own(tmp_path))
    assert said.startswith(f"{TABLE.name}: line 4 (NGC0002) has 18 values, must be 19: Galaxy, T, D, e_D")
    assert "Rdisk" in said


def test_table_without_a_row_is_refused(tmp_path):
    put(tmp_path, rows=[])
    assert refusal(own(tmp_path)) == f"{TABLE.name}: no row below its last line of dashes"


def test_galaxy_that_stands_twice_is_refused(tmp_path):
    put(tmp_path, rows=[*NAMES, "NGC0001"])
    assert refusal(own(tmp_path)) == f"{TABLE.name}: line 6: galaxy NGC0001 stands in line 3 already"


def test_curve_without_a_row_is_refused(tmp_path):
    put(tmp_path, rows=NAMES[:2])
    assert refusal(own(tmp_path)) == f"UGC0003_rotmod.dat: {TABLE.name} has no row for the galaxy UGC0003"


def test_row_without_a_curve_is_refused(tmp_path):
    put(tmp_path, curves=NAMES[:2])
    said = f"{TABLE.name}: line 5: galaxy UGC0003 has no curve, rotmod/UGC0003_rotmod.dat"
    assert refusal(own(tmp_path)) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NGC001", "did you mean NGC0001 or "),
        ("ngc0001", "did you mean NGC0001 or "),
        ("xyz", "the first one is NGC0001, the last UGC0003"),
    ],
)
def test_unknown_galaxy_is_named_with_the_nearest(tmp_path, name, said):
    put(tmp_path)
    message = refusal(own(tmp_path, galaxies=["UGC0003", name]))
    assert message.startswith(f"galaxies=['UGC0003', '{name}']: no galaxy '{name}' in {TABLE.name}; {said}")


@pytest.mark.parametrize(
    ("cuts", "counts"),
    [
        ({"min_points": 4}, "3 in the files, 0 with at least 4 points (min_points)"),
        ({"inclination_min": 61}, "3 in the files, 3 with at least 3 points .*, 0 with inclination >= 61 deg"),
        ({"drop_first": 3}, "3 in the files, 0 without the first 3 of Table 1, an error on purpose"),
        ({"galaxies": ["NGC0001"], "drop_first": 1}, "3 in the files, 2 without .*, 0 of those named"),
    ],
)
def test_cuts_that_leave_nothing_are_said_with_their_counts(tmp_path, cuts, counts):
    put(tmp_path)
    with pytest.raises(
        DataError, match=f"^{TABLE.name}: no galaxy is left: {counts.replace('(', '.').replace(')', '.')}"
    ):
        own(tmp_path, **cuts).load()


def test_missing_files_say_how_to_get_them(places):
    assert "MasterSheet_SPARC.mrt (28259 bytes, sha256 5aa0501f" in refusal(Sparc())
    assert "python -m catalogs fetch sparc, or put it in $SIGMA_DATA_DIR/sparc/" in refusal(Sparc())
    said = refusal(Sparc(path=str(places)))
    assert f"is not in the folder {places}. Get it: python -m catalogs fetch sparc --path {places}" in said


def test_missing_curves_say_how_to_get_them(tmp_path):
    put(tmp_path, curves=[])
    assert (
        refusal(own(tmp_path)) == f"{tmp_path}: no rotmod/*_rotmod.dat there, the rotation curves beside {TABLE.name}"
    )


@pytest.fixture
def published(tmp_path, loaded):
    """A copy of the published files that a test may change."""
    import shutil

    from catalogs.files import find

    loaded(Sparc())
    source = find(TABLE).parent
    (tmp_path / "rotmod").mkdir()
    shutil.copy(source / TABLE.name, tmp_path)
    for path in (source / "rotmod").glob("*_rotmod.dat"):
        shutil.copy(path, tmp_path / "rotmod")
    return tmp_path


def test_a_single_missing_curve_is_named(published):
    (published / "rotmod" / "DDO154_rotmod.dat").unlink()
    said = refusal(Sparc(path=str(published)))
    assert said.startswith("rotmod/DDO154_rotmod.dat (") and f"fetch sparc --path {published}" in said


@pytest.mark.parametrize("name", ["rotmod/DDO154_rotmod.dat", TABLE.name])
def test_altered_file_is_refused_unless_it_is_the_users_own(published, name):
    path = published / name
    path.write_text(path.read_text().replace("47.", "48."))
    said = refusal(Sparc(path=str(published)))
    assert said.startswith(f"{name}: ") and "is altered" in said and "verify_sha256=false" in said
    assert own(published).load().attrs["n_galaxies"] == 175


def test_file_that_is_none_of_the_published_ones_is_refused(published):
    Path(published / "rotmod" / "MINE_rotmod.dat").write_text("\n".join(POINTS))
    said = refusal(Sparc(path=str(published)))
    assert said.startswith("MINE_rotmod.dat: ") and "is none of the 175 published curves" in said
