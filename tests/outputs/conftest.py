"""The background experiment, composed once, with keys set; a law of a user's own."""

import copy

import pytest
import yaml
from omegaconf import OmegaConf

from outputs.request import prepare

OWN_LAW = """
from dataclasses import dataclass
from solvers.laws import Law


@dataclass(frozen=True, kw_only=True)
class Steep(Law):
    power: float = 2.0

    def h(self, x):
        return 1.0 / (1.0 + x) ** self.power
"""


@pytest.fixture(scope="session")
def own_law():
    """The source of a module with a law."""
    return OWN_LAW


@pytest.fixture(scope="session")
def base(composed):
    """The background experiment, composed once."""
    return composed("+experiment=background", "z=[1.0]")


@pytest.fixture
def changed(base):
    """The composed background experiment with keys set or removed, without composing it again."""

    def _changed(*overrides):
        config = copy.deepcopy(base)
        OmegaConf.set_struct(config, False)
        for override in overrides:
            key, _, value = override.lstrip("+").partition("=")
            if key.startswith("~"):
                parent, _, name = key[1:].rpartition(".")
                del OmegaConf.select(config, parent)[name]
            else:
                OmegaConf.update(config, key, yaml.safe_load(value), merge=False)
        return config

    return _changed


@pytest.fixture
def content(changed):
    """The content hash of the background experiment with keys set."""
    return lambda *overrides: prepare(changed(*overrides)).content_hash


@pytest.fixture(scope="session")
def unchanged(base):
    """The content hash of the background experiment."""
    return prepare(base).content_hash
