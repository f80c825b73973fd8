"""Cobaya's data folder, laid out by hand from files that are already here."""

import pytest

from catalogs.pantheon_plus import COVARIANCE, TABLE


@pytest.fixture(scope="session")
def packages_of(tmp_path_factory):
    """A function that lays out the folder that Cobaya's installer would, from a table and a covariance."""

    def lay_out(table, covariance):
        root = tmp_path_factory.mktemp("packages")
        data = root / "data" / "sn_data"
        (data / "PantheonPlus").mkdir(parents=True)
        (data / "version.dat").write_text("1000.0\n", encoding="utf-8")
        for path, file in ((table, TABLE), (covariance, COVARIANCE)):
            (data / "PantheonPlus" / file.name).symlink_to(path.resolve())
        (data / "PantheonPlus" / "config.dataset").write_text(
            f"data_file = PantheonPlus/{TABLE.name}\nmag_covmat_file = PantheonPlus/{COVARIANCE.name}\n",
            encoding="utf-8",
        )
        return root

    return lay_out


@pytest.fixture(scope="session")
def small_packages(packages_of, small_catalog):
    """Cobaya's data folder with a made-up Pantheon+ of 60 rows."""
    return packages_of(small_catalog / TABLE.name, small_catalog / COVARIANCE.name)
