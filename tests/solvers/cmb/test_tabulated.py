"""Tables of spectra: they give back what is in them, and nothing else."""

import numpy as np
import pytest

from solvers.cmb.bandpowers import BandpowerProblem, Bandpowers
from solvers.cmb.sigma_peaks import SigmaPeaks
from solvers.cmb.sigma_polarization import SigmaPolarization
from solvers.cmb.tabulated import TabulatedSpectra
from solvers.errors import InvalidInput

TABLE = {"TE": np.arange(10.0) - 5.0, "TT": np.arange(100.0, 120.0), "zstar": np.asarray(1090.0)}
MODEL = TabulatedSpectra(table=TABLE)
PEAKS = {"l1": 211.0, "spacing": 1.5, "A0": 5700.0, "p": 0.6, "a_high": 0.35, "a_low": 0.02, "l_crit": 1300.0}
PEAKS |= {"delta_l": 80.0, "l_damp": 2000.0, "q": 2.0}


def test_a_table_begins_at_two():
    np.testing.assert_array_equal(MODEL.d_ell([2, 3, 21]), [100.0, 101.0, 119.0])
    np.testing.assert_array_equal(MODEL.d_ell([11, 2, 2], "TE"), [4.0, -5.0, -5.0])
    np.testing.assert_array_equal(MODEL.d_ell(5.0), [103.0])


def test_it_predicts_its_spectra_in_the_usual_order_and_no_derived_number():
    assert MODEL.predicts == ("TT", "TE")
    assert TabulatedSpectra().predicts == ()
    for spectrum in ("EE", "zstar"):
        with pytest.raises(InvalidInput) as error:
            MODEL.d_ell([2], spectrum)
        assert str(error.value) == f"spectrum={spectrum!r}: the model predicts TT, TE"


@pytest.mark.parametrize(
    "model", [SigmaPeaks(params=PEAKS), SigmaPolarization()], ids=lambda model: type(model).__name__
)
def test_what_a_model_tabulates_comes_back(model):
    table = TabulatedSpectra(table=model.tabulate(700), label=model.label)
    ell = np.arange(2, 701)
    assert table.predicts == tuple(name for name in ("TT", "EE", "BB", "TE") if name in model.predicts)
    for spectrum in model.predicts:
        np.testing.assert_array_equal(table.d_ell(ell, spectrum), model.d_ell(ell, spectrum))
    again = table.tabulate(700)
    for spectrum in model.predicts:
        np.testing.assert_array_equal(again[spectrum], model.d_ell(ell, spectrum))


@pytest.mark.parametrize(("spectrum", "ell", "end"), [("TT", 22, 21), ("TE", 12, 11), ("TT", 5000, 21)])
def test_beyond_its_end_nothing_is_made_up(spectrum, ell, end):
    with pytest.raises(InvalidInput) as error:
        MODEL.d_ell([2, ell, 3], spectrum)
    assert str(error.value) == f"ell={ell}: the table ends at {end}"


@pytest.mark.parametrize("ell", [2.5, [2.0, 3.0, 3.001]])
def test_between_whole_multipoles_there_is_nothing(ell):
    with pytest.raises(InvalidInput) as error:
        MODEL.d_ell(ell)
    assert str(error.value) == "ell: a table has whole multipoles only"


@pytest.mark.parametrize("ell", [1, 0, -3, np.nan])
def test_below_two_there_is_nothing(ell):
    with pytest.raises(InvalidInput, match=f"^ell={ell:g}: multipoles start at 2"):
        MODEL.d_ell([5, ell])


def test_it_has_no_parameters():
    assert MODEL.space.names == ()
    assert not MODEL.space.axes
    assert MODEL.identity() is None
    with pytest.raises(InvalidInput, match="^H0: unknown parameter"):
        MODEL.d_ell([2], H0=70.0)
    with pytest.raises(ValueError, match="^params.H0: unknown parameter"):
        TabulatedSpectra(table=TABLE, params={"H0": 70.0})


@pytest.mark.parametrize("free_amplitude", [False, True])
def test_on_data_a_table_is_the_model_that_it_was_made_of(made_up, free_amplitude):
    data = made_up.select(made_up.spectrum == "TT")
    model = SigmaPeaks(params=PEAKS, free_amplitude=free_amplitude, n_fitted_elsewhere=3)
    table = TabulatedSpectra(table=model.tabulate(281), free_amplitude=free_amplitude, n_fitted_elsewhere=3)
    one, other = BandpowerProblem(model, data), BandpowerProblem(table, data)
    assert one.chi2() == other.chi2()
    assert one.n_analytic == other.n_analytic == 3 + free_amplitude
    np.testing.assert_array_equal(one.residuals(), other.residuals())


def test_data_beyond_the_table_are_refused():
    data = Bandpowers(["TT"], [21.5], [21, 22], [[0.5, 0.5]], [119.0], [[1.0]])
    with pytest.raises(InvalidInput, match="^ell=22: the table ends at 21$"):
        BandpowerProblem(MODEL, data).chi2()
