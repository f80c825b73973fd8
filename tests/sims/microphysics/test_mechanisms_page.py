"""The page on mechanisms: its toy is built from the text of the page and gives the numbers beside it."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from catalogs.sparc import Sparc
from sims.galaxies.sample import curves_of
from solvers.galaxies import metrics
from solvers.galaxies.baryons import Baryons
from solvers.microphysics.mechanism import Mechanism

PAGE = Path(__file__).parents[3] / "docs" / "mechanisms.md"


def block(language):
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return found


@pytest.fixture
def screened(tmp_path, monkeypatch):
    """The toy as the page's YAML builds it from the page's class."""
    (tmp_path / "screened.py").write_text(block("python"), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    node = yaml.safe_load(block("yaml"))
    module, _, name = node.pop("_target_").partition(".")
    yield getattr(importlib.import_module(module), name)(**node)
    monkeypatch.delitem(importlib.sys.modules, module)


def test_the_toy_is_a_mechanism_that_takes_nothing_observed(screened):
    assert isinstance(screened, Mechanism)
    assert not screened.uses_observed
    assert screened.excess_at(8.0, 1e-3, 10.0) == pytest.approx(2.0, rel=1e-6)


def test_its_numbers_are_those_of_the_page(screened):
    data = Sparc(min_points=6).load()
    curves, _ = curves_of(data, Baryons(squares="unsigned"), "published")
    velocity = screened.velocity(curves)
    page = PAGE.read_text(encoding="utf-8")
    assert f"a mean RMS of {metrics.rms(curves, velocity).mean():.2f} km/s" in page
    assert f"a scatter of {metrics.rar_scatter(curves, velocity).mean():.3f} dex" in page
    assert f"K = {screened.excess_at(200.0, 1500.0, 1000.0):.4f} in the cluster" in page
    assert screened.excess_at(5e-9, 29.78, 10.0) == 0.0


def test_the_models_that_the_page_names_are_there():
    models = PAGE.parents[1] / "conf" / "models"
    named = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    names = [name for cell in named for name in re.findall(r"`(\w+)`", cell)]
    assert len(names) == 9
    assert all((models / f"{name}.yaml").is_file() for name in names)
    np.testing.assert_array_equal(sorted(set(names)), sorted(names))
