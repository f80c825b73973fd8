"""A law of one's own for runs on clusters."""

from dataclasses import dataclass

import numpy as np
import pytest

from solvers.laws import Law


@dataclass(frozen=True, kw_only=True)
class Root(Law):
    """Σ = 1 + A/√x, neither Σ-Gravity's function nor one of MOND's."""

    def h(self, x):
        return 1.0 / np.sqrt(x)


@pytest.fixture(scope="session")
def root_law():
    """The law."""
    return Root()
