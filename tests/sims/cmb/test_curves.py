"""Spectra of models as tables: what is slow is computed once, scans keep their axes, messages name the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
import xarray as xr

from outputs.tree import variable
from sims.cmb.curves import (
    at_reference,
    cells,
    d_ell_variables,
    from_table,
    over_cells,
    reference_notes,
    tabulated,
)
from solvers.cmb.bandpowers import BandpowerProblem, Bandpowers
from solvers.cmb.base import CmbModel
from solvers.cmb.tabulated import TabulatedSpectra
from solvers.errors import InvalidInput
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE


@dataclass(frozen=True, kw_only=True)
class Slow(CmbModel):
    """TT = height·ℓ and EE = tilt·ℓ², with a list of what was computed."""

    predicts: ClassVar = ("TT", "EE")
    domain: ClassVar = {"height": POSITIVE, "tilt": NON_NEGATIVE}
    units: ClassVar = {"height": "uK2"}

    ends: int = 100
    computed: list = field(default_factory=list)

    def identity(self, **theta):
        return {"slow": 1, **{name: float(value) for name, value in self.joined(theta).items()}}

    def tabulate(self, lmax, **theta):
        self.computed.append((lmax, theta))
        return super().tabulate(lmax, **theta) | {"derived": np.asarray(7.5)}

    def _d_ell(self, ell, spectrum, p):
        if ell.max() > self.ends:
            raise InvalidInput(f"ends={self.ends}: too low")
        value = p["height"] * ell if spectrum == "TT" else p["tilt"] * ell**2
        return np.asarray(value)


class Fast(Slow):
    """The same, not worth remembering."""

    def identity(self, **theta):
        return None


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("SIGMA_CACHE_DIR", str(tmp_path))
    return tmp_path


def kept(cache):
    return list(cache.rglob("*.npz"))


def model(kind=Slow, height: Any = 2.0, tilt: Any = 0.5, **fields):
    return kind(params={"height": height, "tilt": tilt}, **fields)


ELL = np.arange(2.0, 51.0)
PRIOR = {"prior": {"min": 1.0, "max": 3.0}, "ref": 2.5}


def same(found: Mapping, expected: Mapping):
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)


def test_a_slow_model_is_tabulated_once_for_all(cache):
    first, second = model(), model()
    tables = [tabulated("slow", each, 50, {}) for each in (first, second)]
    for table in tables:
        same(table, {"TT": 2.0 * ELL, "EE": 0.5 * ELL**2, "derived": 7.5})
    assert (len(first.computed), len(second.computed)) == (1, 0)
    assert len(kept(cache)) == 1
    assert kept(cache)[0].parent == cache / "computed" / "cmb"


def test_another_range_or_another_parameter_is_another_table(cache):
    free = model(height=PRIOR)
    for lmax, height in ((50, 1.0), (50, 2.0), (60, 1.0)):
        table = tabulated("slow", free, lmax, {"height": height})
        np.testing.assert_array_equal(table["TT"], height * np.arange(2.0, lmax + 1.0))
    assert [(lmax, theta["height"]) for lmax, theta in free.computed] == [(50, 1.0), (50, 2.0), (60, 1.0)]
    assert len(kept(cache)) == 3


def test_a_fast_model_is_not_kept(cache):
    fast = model(Fast)
    for _ in range(2):
        same(tabulated("fast", fast, 50, {}), {"TT": 2.0 * ELL, "EE": 0.5 * ELL**2, "derived": 7.5})
    assert len(fast.computed) == 2
    assert not kept(cache)


@pytest.mark.parametrize("kind", [Slow, Fast])
def test_a_refusal_begins_with_the_name_of_the_model(cache, kind):
    with pytest.raises(InvalidInput) as refused:
        tabulated("mine", model(kind, ends=40), 50, {})
    assert str(refused.value) == "models.mine: ends=40: too low"
    assert not list(cache.rglob("*.*"))


def test_a_slow_model_with_nothing_open_becomes_its_table(cache):
    slow = model(label="a model", free_amplitude=True, n_fitted_elsewhere=3)
    table = from_table(slow, 50)
    assert isinstance(table, TabulatedSpectra)
    assert table.predicts == slow.predicts
    assert (table.label, table.free_amplitude, table.n_fitted_elsewhere) == ("a model", True, 3)
    for spectrum in slow.predicts:
        np.testing.assert_array_equal(table.d_ell(ELL, spectrum), slow.d_ell(ELL, spectrum))
    again = from_table(model(), 50)
    np.testing.assert_array_equal(again.d_ell([2, 30, 50]), [4.0, 60.0, 100.0])
    assert len(slow.computed) == 1


@pytest.mark.parametrize(
    "other", [model(Fast), model(height=PRIOR), model(tilt={"scan": [0.1, 0.2]})], ids=["fast", "free", "scanned"]
)
def test_other_models_stay_as_they_are(cache, other):
    assert from_table(other, 50) is other
    assert not other.computed


def test_a_model_that_ends_too_low_is_named_by_its_label():
    for label, expected in (("a model", "a model: ends=40: too low"), ("", "Slow: ends=40: too low")):
        with pytest.raises(InvalidInput) as refused:
            from_table(model(ends=40, label=label), 50)
        assert str(refused.value) == expected


def test_a_table_gives_the_chi2_of_its_model():
    rng = np.random.default_rng(2)
    window, value = rng.dirichlet(np.ones(49), 6), rng.normal(60.0, 5.0, 6)
    spectrum = np.array(["TT", "EE"] * 3)
    data = Bandpowers(spectrum, window @ ELL, ELL, window, value, np.diag(rng.uniform(1, 2, 6)))
    for free in (False, True):
        slow = model(free_amplitude=free)
        found, expected = (BandpowerProblem(each, data).chi2() for each in (from_table(slow, 50), slow))
        assert found == pytest.approx(expected, rel=1e-14)


def test_a_table_has_whole_multipoles_within_its_range_only():
    table = from_table(model(), 50)
    with pytest.raises(InvalidInput, match="ell=51: the table ends at 50"):
        table.d_ell([2, 51])
    with pytest.raises(InvalidInput, match="whole multipoles only"):
        table.d_ell([2.5])
    with pytest.raises(InvalidInput, match="BB"):
        table.d_ell([2], "BB")


def test_variables_of_a_table_are_its_curves():
    found = d_ell_variables({"TT": 2.0 * ELL, "EE": ELL, "derived": np.asarray(1.0)})
    assert list(found) == ["ell", "d_ell_TT", "d_ell_EE"]
    np.testing.assert_array_equal(found["ell"], ELL)
    assert found["ell"].dtype.kind == "i"
    np.testing.assert_array_equal(found["d_ell_TT"], 2.0 * ELL)
    assert found["d_ell_EE"].attrs == {"units": "uK2", "long_name": "D_ell of EE"}


SCANNED = model(height={"scan": [1.0, 2.0]}, tilt={"scan": [0.1, 0.2, 0.3]})


def test_cells_are_every_combination_in_order():
    found = list(cells(SCANNED))
    assert found == [{"height": h, "tilt": t} for h in (1.0, 2.0) for t in (0.1, 0.2, 0.3)]
    assert all(type(value) is float for cell in found for value in cell.values())
    assert list(cells(model())) == [{}]


def _answer(cell):
    """Numbers, flags and words of a cell, and axes of their own."""
    height, tilt = cell.get("height", 0.0), cell.get("tilt", 0.0)
    return xr.Dataset(
        {
            "ell": variable("ell", [2, 3], "", "multipole"),
            "name": variable("name", ["a", "b", "c"], "", "name"),
            "total": variable((), height + tilt, "uK2", "a number"),
            "curve": variable("ell", [height, tilt], "uK2", "a curve"),
            "plane": variable(("ell", "name"), [[height] * 3, [tilt] * 3], "", "a plane"),
            "good": variable((), height > 1.0, "", "a flag"),
            "word": variable("name", ["x", "y", f"{tilt:g}"], "", "words"),
        }
    )


def test_scanned_parameters_lead_and_other_axes_stay():
    found = over_cells(SCANNED, _answer)
    np.testing.assert_array_equal(found["height"], [1.0, 2.0])
    np.testing.assert_array_equal(found["tilt"], [0.1, 0.2, 0.3])
    assert found["height"].attrs["units"] == "uK2"
    assert found["ell"].dims == ("ell",)
    own = {"total": (), "curve": ("ell",), "plane": ("ell", "name"), "good": (), "word": ("name",)}
    for key, dims in own.items():
        assert found[key].dims == ("height", "tilt", *dims)
        assert found[key].attrs == _answer({})[key].attrs
    for cell in cells(SCANNED):
        expected = _answer(cell)
        for key in own:
            np.testing.assert_array_equal(found[key].sel(cell), expected[key])
    assert found["good"].dtype == bool


def test_without_a_scan_the_answer_is_the_only_one():
    assert over_cells(model(), _answer).identical(_answer({}))


def test_a_scan_of_one_value_is_a_dimension_too():
    found = over_cells(model(height={"scan": [2.0]}), _answer)
    assert found["curve"].dims == ("height", "ell")
    assert found.sizes["height"] == 1


def test_free_parameters_are_at_their_reference_and_said():
    free = model(height=PRIOR, tilt={"prior": {"min": 0.0, "max": 1.0}})
    assert at_reference(free) == {"height": 2.5, "tilt": 0.5}
    assert list(reference_notes("mine", free)) == [
        "mine: height is free and was put at its reference value 2.5.",
        "mine: tilt is free and was put at its reference value 0.5.",
    ]
    assert at_reference(model()) == at_reference(SCANNED) == {}
    assert list(reference_notes("mine", SCANNED)) == []
