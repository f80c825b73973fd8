"""The catalogue that the gravitational-wave experiments need."""

import pytest


@pytest.fixture(scope="session")
def gwtc_needed(loaded):
    """Without the catalogue the test skips with the line that says how to get it."""
    from catalogs.gwtc import Gwtc

    loaded(Gwtc())
