"""Small synthetic catalogues, isolated places, and real data that skip or fail when absent."""

import hashlib
import os
from types import SimpleNamespace

import numpy as np
import pytest

from catalogs.errors import DataError
from catalogs.event_columns import QUANTITIES
from catalogs.files import DataFile, find, verify
from catalogs.gwtc import SNAPSHOT, Gwtc
from catalogs.pantheon_plus import COVARIANCE, TABLE

COLUMNS = "CID zHD zCMB zHEL m_b_corr m_b_corr_err_DIAG MU_SH0ES MU_SH0ES_ERR_DIAG IS_CALIBRATOR x1"


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Empty data and cache folders, so that nothing of this machine is seen."""
    monkeypatch.setenv("SIGMA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SIGMA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    return tmp_path


@pytest.fixture
def register():
    """A function that registers some bytes as a data file."""

    def make(content=b"good", name="demo.dat", url="http://127.0.0.1:9/demo.dat", package=None):
        sha256 = hashlib.sha256(content).hexdigest()
        return DataFile("demo", name, sha256, len(content), url, package)

    return make


def rows_of(z, calibrator):
    """Lines of a table with the given zHD; the other redshifts are a little off it."""
    return [
        f"sn{i} {a!r} {a + 0.001!r} {a - 0.0005!r} {20 + i!r} {0.1 + 0.01 * i!r} {39 + i!r} "
        f"{0.2 + 0.01 * i!r} {int(c)} 0.5"
        for i, (a, c) in enumerate(zip(z, calibrator, strict=True))
    ]


def matrix_of(size, seed=0):
    """A symmetric positive-definite matrix in which no two entries of a triangle are equal."""
    a = np.random.default_rng(seed).normal(size=(size, size))
    return a @ a.T + size * np.eye(size)


@pytest.fixture(scope="session")
def write():
    """A function that writes a small catalogue under the registered names."""

    def write(folder, rows, matrix, header=COLUMNS, size=None):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TABLE.name).write_text("\n".join([header, *rows]) + "\n")
        values = [str(len(matrix) if size is None else size)]
        values += [v if isinstance(v, str) else repr(float(v)) for v in np.ravel(matrix)]
        (folder / COVARIANCE.name).write_text("\n".join(values) + "\n")
        return str(folder)

    write.rows, write.matrix = rows_of, matrix_of
    return write


@pytest.fixture
def small(tmp_path, write):
    """Folder of a good catalogue of five rows, the second a calibrator."""
    rows = rows_of([0.005, 0.02, 0.01, 0.5, 1.0], [0, 1, 0, 0, 0])
    return write(tmp_path / "small", rows, matrix_of(5))


@pytest.fixture(scope="session")
def need():
    """A function that skips a test whose data are absent; SIGMA_REQUIRE_DATA=1 makes it fail."""

    def need(*files):
        absent = None
        try:
            paths = [find(file) for file in files]
        except DataError as error:
            absent = str(error)
        if absent and os.environ.get("SIGMA_REQUIRE_DATA") == "1":
            pytest.fail(absent, pytrace=False)
        if absent:
            pytest.skip(absent)
        for path, file in zip(paths, files, strict=True):
            verify(path, file)

    return need


@pytest.fixture(scope="session")
def planck_lcdm():
    """D_l of LambdaCDM with the mean parameters of Planck 2018, from CAMB, uK2, by spectrum and from l = 0."""
    import camb

    camb.config.ThreadNum = 1
    parameters = camb.set_params(
        H0=67.36,
        ombh2=0.02237,
        omch2=0.12,
        mnu=0.06,
        tau=0.0544,
        As=np.exp(3.044) * 1e-10,
        ns=0.9649,
        lmax=3000,
        lens_potential_accuracy=1,
        halofit_version="mead2020",
    )
    total = camb.get_results(parameters).get_cmb_power_spectra(parameters, CMB_unit="muK")["total"]
    return dict(zip(("TT", "EE", "BB", "TE"), total.T, strict=True))


@pytest.fixture(scope="session")
def predicted():
    """A function that gives the band powers of spectra D_l, by name and from l = 0, for the rows of a dataset."""

    def predicted(data, spectra):
        ell = data.multipole.values
        curves = np.stack([spectra[str(name)][ell] for name in data.spectrum.values])
        return (data.window.values * curves).sum(axis=1)

    return predicted


EVENTS = {  # event: version, label, GPS time, and what is measured in the order of QUANTITIES; None is an empty field
    "GW150914": (4, "GWTC-2.1-confident", 1126259462.4, 34.6, 30.0, 64.5, 27.9, 470.0, 0.1, 26.0, -0.04),
    "GW170817": (3, "GWTC-1-confident", 1187008882.4, 1.46, 1.27, None, 1.186, 40.0, 0.01, 33.0, 0.0),
    "GW190521": (3, "GWTC-2.1-confident", 1242442967.4, 98.4, 57.2, 153.1, 63.3, 3310.0, 0.56, 14.3, -0.14),
    "GW200105_162426": (2, "GWTC-3-confident", 1262276684.0, 9.0, 1.91, 11.0, 3.42, 270.0, 0.06, 8.0, 0.0),
    "GW230518_125908": (1, "GWTC-4.0", 1368449966.1, 8.2, 1.43, 9.61, 2.8, 230.0, 0.05, 14.1, None),
    "GW231123_135430": (1, "GWTC-4.0", 1384782888.6, 137.0, 101.0, 236.0, 101.0, 2200.0, 0.39, 20.7, 0.31),
    "GW240109_050431": (1, "GWTC-4.0", 1388811889.6, None, None, None, None, None, None, 10.4, None),
}
EVENT_COLUMNS = ("commonName", "version", "catalog.shortName", "GPS")
EVENT_COLUMNS += tuple(f"{name}{end}" for name in QUANTITIES for end in ("", "_lower", "_upper"))


def events_of(events=EVENTS):
    """Fields by column of each event; the ends of an interval are a tenth of the value away."""
    rows = []
    for event, (version, label, gps, *values) in events.items():
        row = {"commonName": event, "version": version, "catalog.shortName": label, "GPS": gps}
        for name, value in zip(QUANTITIES, values, strict=True):
            offset = None if value is None else abs(value) / 10
            row |= {name: value, f"{name}_lower": offset and -offset, f"{name}_upper": offset}
        rows.append(row)
    return rows


@pytest.fixture(scope="session")
def gwtc():
    """Made-up tables of GWTC: the events, their fields by column, how to write them, and how to ask for them."""

    def put(folder, rows=None, columns=EVENT_COLUMNS):
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            ",".join("" if row[name] is None else str(row[name]) for name in columns) for row in rows or events_of()
        ]
        (folder / SNAPSHOT.name).write_text("\n".join([",".join(columns), *lines]) + "\n")
        return str(folder)

    def edited(event, **fields):
        return [row | fields if row["commonName"] == event else row for row in events_of()]

    def own(folder, **request):
        return Gwtc(path=str(folder), verify_sha256=False, **request)

    def every(folder, **request):
        return own(folder, snr_min=None, require=[], **request)

    return SimpleNamespace(
        events=EVENTS, columns=EVENT_COLUMNS, rows=events_of, put=put, edited=edited, own=own, every=every
    )


@pytest.fixture
def events(gwtc, tmp_path):
    """Folder of a good made-up table of seven events."""
    return gwtc.put(tmp_path / "gwtc")
