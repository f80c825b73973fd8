"""What the loader of GWTC refuses, and how it says so."""

import json
from pathlib import Path

import numpy as np
import pytest

from catalogs.errors import DataError
from catalogs.event_columns import QUANTITIES
from catalogs.gwtc import SNAPSHOT, Gwtc

BAD = {
    "negative mass": ("GW190521", {"mass_1_source": -98.4}, "mass_1_source must be a finite number > 0, not -98.4"),
    "no mass": ("GW150914", {"total_mass_source": 0}, "total_mass_source must be a finite number > 0, not 0"),
    "negative distance": ("GW150914", {"luminosity_distance": -1}, "luminosity_distance must be .* > 0, not -1"),
    "no distance": ("GW150914", {"luminosity_distance": 0}, "luminosity_distance must be .* > 0, not 0"),
    "infinite": ("GW231123_135430", {"luminosity_distance": "inf"}, "luminosity_distance must be a finite.* not inf"),
    "text": ("GW150914", {"chirp_mass_source": "x"}, "chirp_mass_source must be a finite number, not x"),
    "redshift": ("GW150914", {"redshift": -0.1}, "redshift must be a finite number >= 0, not -0.1"),
    "spin": ("GW150914", {"chi_eff": 1.2}, "chi_eff must be a number from -1 to 1, not 1.2"),
    "ratio": ("GW150914", {"network_matched_filter_snr": 0}, "network_matched_filter_snr must be .* > 0, not 0"),
    "bound": ("GW150914", {"chi_eff_lower": 0.2}, "chi_eff_lower must be an offset <= 0, not 0.2"),
    "other bound": ("GW150914", {"redshift_upper": -1}, "redshift_upper must be an offset >= 0, not -1"),
    "version": ("GW150914", {"version": 1.5}, "version must be a whole number > 0, not 1.5"),
    "no version": ("GW150914", {"version": None}, "version must be a whole number > 0, not nan"),
    "label": ("GW190521", {"catalog.shortName": "O3_Papers"}, "unknown label 'O3_Papers' of a catalogue, must begin"),
    "later label": ("GW190521", {"catalog.shortName": "GWTC-12"}, "unknown label 'GWTC-12' .* GWTC-4, or take catal"),
    "no label": ("GW190521", {"catalog.shortName": None}, "unknown label '' of a catalogue"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_value_is_one_line_that_names_event_and_column(gwtc, tmp_path, case):
    event, fields, message = BAD[case]
    gwtc.put(tmp_path, gwtc.edited(event, **fields))
    with pytest.raises(DataError, match=f"^{SNAPSHOT.name}: {event}: {message}") as error:
        gwtc.every(tmp_path).load()
    assert "\n" not in str(error.value) and error.value.exit_code == 2


def test_further_bad_values_are_counted(gwtc, tmp_path):
    gwtc.put(tmp_path, [row | {"luminosity_distance": -3} for row in gwtc.rows()])
    with pytest.raises(DataError, match=r"GW150914: luminosity_distance .*not -3 \(and 6 more such events\)$"):
        gwtc.own(tmp_path).load()


def test_unknown_label_matters_only_if_the_run_is_told_by_it(gwtc, tmp_path):
    gwtc.put(tmp_path, gwtc.edited("GW190521", **{"catalog.shortName": "GWTC-5.0"}))
    data = gwtc.every(tmp_path, run_label="by_gps").load()
    assert data.run_by_catalog.values[2] == "none" and data.run.values[2] == "O3a"
    assert json.loads(data.attrs["run_counts"])["by_catalog"]["none"] == 1


@pytest.mark.parametrize("words", ["", "nan", "NaN"])
def test_any_way_to_write_nothing_is_missing(gwtc, tmp_path, words):
    gwtc.put(tmp_path, gwtc.edited("GW150914", total_mass_source=words))
    assert json.loads(gwtc.own(tmp_path).load().attrs["missing"])["total_mass_source"] == 3


@pytest.mark.parametrize(
    ("column", "factor", "message"),
    [
        ("luminosity_distance", 1e-3, r"every value is below 30 \(from 0.04 to 3.31\), it looks .*; must be in Mpc"),
        (
            "luminosity_distance",
            1e6,
            r"every value is above 100000 \(from .*\), it looks like another unit; must be in Mpc",
        ),
        ("total_mass_source", 2e30, "every value is above 1e.06 .*, it looks like another unit; must be in solMass"),
        ("mass_1_source", 1e-6, "every value is below 0.01 .*, it looks like another unit; must be in solMass"),
        ("GPS", 5e-5, "every value is below 1e.08 .*, it looks like another unit; must be in s"),
    ],
)
def test_what_looks_like_another_unit_is_refused(gwtc, tmp_path, column, factor, message):
    gwtc.put(tmp_path, [row | {column: row[column] and row[column] * factor} for row in gwtc.rows()])
    with pytest.raises(DataError, match=f"^{SNAPSHOT.name}: {column}: {message}$"):
        gwtc.own(tmp_path).load()


def with_units(gwtc, folder, **units):
    """Write the made-up table again as ECSV, with some columns in the given units."""
    from astropy.table import Table

    path = Path(gwtc.put(folder)) / SNAPSHOT.name
    table = Table.read(path, format="csv")
    for name, (published, unit) in units.items():
        table[name].unit = published
        table[name].convert_unit_to(unit)
    table.write(path, format="ascii.ecsv", overwrite=True)


def test_units_of_a_table_are_converted(gwtc, tmp_path):
    with_units(
        gwtc, tmp_path, luminosity_distance=("Mpc", "kpc"), total_mass_source=("solMass", "kg"), redshift=("", "%")
    )
    data = gwtc.every(tmp_path).load()
    gwtc.put(tmp_path / "csv")
    expected = gwtc.every(tmp_path / "csv").load()
    for name in ("luminosity_distance", "total_mass_source", "redshift"):
        np.testing.assert_allclose(data[name], expected[name], rtol=1e-14)
        assert data[name].attrs == expected[name].attrs


def test_bounds_without_a_unit_have_that_of_their_value(gwtc, tmp_path):
    with_units(gwtc, tmp_path, luminosity_distance=("Gpc", "Gpc"))
    data = gwtc.own(tmp_path).load()
    assert data.luminosity_distance.values[0] == 470e3 and data.luminosity_distance_upper.values[0] == 47e3


@pytest.mark.parametrize(
    ("column", "unit", "message"),
    [
        ("luminosity_distance", "solMass", "is in the unit 'solMass', must be convertible to Mpc"),
        ("luminosity_distance", "mag", "is in the unit 'mag', must be convertible to Mpc"),
        ("redshift", "km/s", "is in the unit 'km / s', must have none"),
    ],
)
def test_another_kind_of_unit_is_refused(gwtc, tmp_path, column, unit, message):
    with_units(gwtc, tmp_path, **{column: (unit, unit)})
    with pytest.raises(DataError, match=f"^{SNAPSHOT.name}: {column} {message}$"):
        gwtc.own(tmp_path).load()


@pytest.mark.parametrize("column", ["commonName", "version", "catalog.shortName", "GPS", *QUANTITIES])
def test_missing_column_is_named(gwtc, tmp_path, column):
    gwtc.put(tmp_path, columns=[name for name in gwtc.columns if name != column])
    with pytest.raises(DataError, match=f"^{SNAPSHOT.name}: no column {column}$"):
        gwtc.own(tmp_path).load()


def test_intervals_may_be_missing_unless_they_are_required(gwtc, tmp_path):
    gwtc.put(tmp_path, columns=[name for name in gwtc.columns if name != "chi_eff_lower"])
    assert "chi_eff_lower" not in gwtc.own(tmp_path).load()
    with pytest.raises(DataError, match=f"^{SNAPSHOT.name}: no column chi_eff_lower, which require or a cut asks for"):
        gwtc.own(tmp_path, require=["chi_eff_lower"]).load()


@pytest.mark.parametrize("cuts", [{"snr_min": 50}, {"mass_min": 500}, {"runs": ["O3b"]}])
def test_cuts_that_leave_nothing_are_said_with_their_counts(gwtc, events, cuts):
    with pytest.raises(DataError, match=r": no event is left: 7 rows in the table, .*\(snr_min\)") as error:
        gwtc.own(events, **cuts).load()
    assert f"({next(iter(cuts))})" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no column commonName"),
        (b"\n\n", "no column commonName"),
        (b"\xff\xfe\x00\x80\n\x81", "not a table: UnicodeDecodeError"),
        (b"a,b\n1,2,3\n", "not a table: InconsistentTableError"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "no column commonName"),
    ],
)
def test_no_table_is_one_line(gwtc, events, content, message):
    (Path(events) / SNAPSHOT.name).write_bytes(content)
    with pytest.raises(DataError, match=f"^{SNAPSHOT.name}: {message}") as error:
        gwtc.own(events).load()
    assert "\n" not in str(error.value)


def test_table_without_a_row_is_refused(gwtc, events):
    (Path(events) / SNAPSHOT.name).write_text(",".join(gwtc.columns) + "\n")
    with pytest.raises(DataError, match=f"^{SNAPSHOT.name}: no event in it$"):
        gwtc.own(events).load()


def test_event_without_a_name_is_refused(gwtc, tmp_path):
    gwtc.put(tmp_path, gwtc.edited("GW190521", commonName=None))
    with pytest.raises(DataError, match="row 2 has no commonName"):
        gwtc.own(tmp_path).load()


def test_altered_file_is_refused_unless_it_is_the_users_own(events):
    with pytest.raises(DataError, match=f"{SNAPSHOT.name}.*altered.*fetch gwtc.*verify_sha256=false"):
        Gwtc(path=events).load()
