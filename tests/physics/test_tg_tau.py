"""SI §9 without data: the law, its linear fit against independent ones, the tree, what is refused."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import minimize

from outputs.tree import check_schema, variable, variables
from sims.tg_tau import tgtau
from solvers import tg_tau
from solvers.backend import Backend
from solvers.backgrounds import DarkEnergy
from solvers.errors import InvalidInput
from solvers.inference.minimize import Minimize
from solvers.linear_fit import linear_fit
from solvers.published import paper_9
from solvers.supernovae import DenseLikelihood
from solvers.supernovae.intercept import intercept
from solvers.tg_tau import TGTau

FRW = DarkEnergy(params={"omega_m": {"prior": {"min": 0.01, "max": 0.99}, "ref": 0.3}})


@dataclass(frozen=True)
class Synthetic:
    """50 supernovae of TG-τ with H_Σ = 70 and α_SB = 1.3, with correlated noise or without noise."""

    noise: bool = True
    z_min: float = 0.01
    moduli: bool = True

    def __post_init__(self):
        if self.z_min < 0:
            raise ValueError(f"z_min={self.z_min}: must be >= 0")

    def sha256(self):
        return {"synthetic": "0"}

    @property
    def covariance(self):
        rng = np.random.default_rng(3)
        mixing = 0.03 * rng.normal(size=(50, 6))
        return mixing @ mixing.T + np.diag(rng.uniform(0.05, 0.2, 50) ** 2)

    def load(self):
        z = np.geomspace(1.1 * self.z_min, 2.0, 50)
        seen = z + 1e-3 * np.sin(np.arange(50))
        magnitude = tg_tau.distance_modulus(z, 70.0, 1.3, seen)
        if self.noise:
            magnitude += np.linalg.cholesky(self.covariance) @ np.random.default_rng(5).normal(size=50)
        columns = {"z": z, "z_hd": z, "z_prefactor": seen, "magnitude": magnitude, "is_calibrator": z < 0.02}
        data = xr.Dataset({name: variable("row", column, "", name) for name, column in columns.items()})
        data["magnitude"].attrs["long_name"] = "distance modulus" if self.moduli else "magnitude m_b"
        data["covariance"] = variable(("row", "row_"), self.covariance, "mag2", "covariance")
        data.attrs = {"name": "synthetic", "sha256": "{}", "n_rows": 50, "cuts": "{}"}
        return data


def likelihood_of(catalog):
    data = catalog.load()
    columns = (data[name].values for name in ("magnitude", "z", "z_prefactor"))
    if "covariance" in data:
        return DenseLikelihood.from_covariance(*columns, data["covariance"].values)
    return DenseLikelihood.from_variance(*columns, data["variance"].values)


def answer(catalog, models=None, law=None, **options):
    models = {"frw": FRW} if models is None else models
    return tgtau(catalog, law or TGTau(), models, Minimize(), Backend(), **options)


@pytest.fixture(scope="module")
def synthetic_run():
    return answer(Synthetic(), samples={"far": {"z_min": 0.05}})


def test_linear_fit_is_that_of_numpy():
    likelihood = likelihood_of(Synthetic())
    columns, known = tg_tau.design(likelihood)
    inverse = np.linalg.inv(np.linalg.cholesky(Synthetic().covariance))
    white = inverse @ columns
    expected, (chi2,), _, _ = np.linalg.lstsq(white, inverse @ (likelihood.magnitude - known), rcond=None)
    found = tg_tau.full_fit(likelihood)
    np.testing.assert_allclose(found.values, expected, rtol=1e-10)
    np.testing.assert_allclose(found.covariance, np.linalg.inv(white.T @ white), rtol=1e-8)
    assert found.chi2 == pytest.approx(chi2, rel=1e-10)


def test_linear_solution_is_that_of_a_generic_minimiser():
    likelihood = likelihood_of(Synthetic())
    precision = np.linalg.inv(Synthetic().covariance)

    def chi2(p):
        away = likelihood.magnitude - tg_tau.distance_modulus(likelihood.z, *p, likelihood.z_prefactor)
        return away @ precision @ away

    start = minimize(chi2, [65.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13})
    found = tg_tau.fit(TGTau(), likelihood)
    np.testing.assert_allclose(found.values, start.x, rtol=1e-6)
    assert found.chi2 == pytest.approx(start.fun, abs=1e-6)


def test_errors_are_the_curvature_of_chi2():
    likelihood = likelihood_of(Synthetic(noise=False))
    found, quadratic = tg_tau.fit(TGTau(), likelihood), tg_tau.full_fit(likelihood)
    np.testing.assert_allclose(found.values, [70.0, 1.3], rtol=1e-10)

    def chi2(H_sigma, alpha):
        return float(quadratic.chi2_at(tg_tau.hubble_offset(H_sigma), alpha))

    np.testing.assert_allclose(paper_9.difference_errors(chi2, (70.0, 1.3), (0.01, 1e-4)), found.sigma, rtol=1e-5)


def test_quadratic_knows_chi2_everywhere():
    likelihood = likelihood_of(Synthetic())
    quadratic = tg_tau.full_fit(likelihood)
    for H_sigma, alpha in ((40.0, 0.0), (72.0, 1.2), (100.0, 4.0)):
        direct = tg_tau.fit(TGTau(H_sigma=H_sigma, alpha_SB=alpha), likelihood)
        assert direct.names == ()
        assert quadratic.chi2_at(tg_tau.hubble_offset(H_sigma), alpha) == pytest.approx(direct.chi2, rel=1e-10)


@pytest.mark.parametrize(("law", "names"), [(TGTau(H_sigma=70.0), ("alpha_SB",)), (TGTau(alpha_SB=1.3), ("H_sigma",))])
def test_a_given_parameter_is_kept(law, names):
    found = tg_tau.fit(law, likelihood_of(Synthetic(noise=False)))
    assert found.names == names
    assert (found.H_sigma, found.alpha_SB) == pytest.approx((70.0, 1.3), rel=1e-10)
    assert found.covariance.shape == (1, 1)


def test_without_moduli_the_offset_is_free_and_h_sigma_says_nothing():
    likelihood = likelihood_of(Synthetic())
    moved = replace(likelihood, magnitude=likelihood.magnitude - 19.0)
    found, expected = tg_tau.fit(TGTau(H_sigma=50.0), moved, anchored=False), tg_tau.fit(TGTau(), likelihood)
    assert found.names == ("offset", "alpha_SB")
    assert found.chi2 == pytest.approx(expected.chi2, rel=1e-10)
    assert found.offset == pytest.approx(expected.offset - 19.0, rel=1e-12)


def test_all_of_the_dimming_takes_the_redshift_of_the_prefactor():
    z, seen = np.array([0.1, 1.0]), np.array([0.11, 1.02])
    luminosity = 299792.458 / 70.0 * np.log1p(z) * (1 + seen) ** 1.3
    np.testing.assert_allclose(tg_tau.distance_modulus(z, 70.0, 1.3, seen), 5 * np.log10(luminosity) + 25, rtol=1e-14)


def test_the_law_is_that_of_an_expanding_space_with_this_efunc():
    """1/E = d/dz [ln(1+z) (1+z)^(α−1)]: the same D_L, integrated."""
    alpha, z = 1.12, np.array([0.01, 0.5, 2.0])

    def inverse(x):
        return (1 + x) ** (alpha - 2) * (1 + (alpha - 1) * np.log1p(x))

    nodes, weights = np.polynomial.legendre.leggauss(60)
    integral = [0.5 * end * weights @ inverse(0.5 * end * (nodes + 1)) for end in z]
    expected = 5 * np.log10(299792.458 / 70.0 * (1 + z) * integral) + 25
    np.testing.assert_allclose(tg_tau.distance_modulus(z, 70.0, alpha), expected, rtol=1e-13)


def test_duality_and_loss():
    np.testing.assert_allclose(tg_tau.duality_expanding(np.array([1.0, 2.0]), 1.2), [1.1487, 1.2457], atol=1e-4)
    np.testing.assert_allclose(tg_tau.duality_static(np.array([1.0, 2.0]), 1.2), [0.57435, 0.41524], atol=1e-5)
    assert tg_tau.cell_loss(72.0) == pytest.approx(4.80332e-5, rel=1e-5)
    assert tg_tau.cell_loss(72.0, 1.0) == pytest.approx(2.40e-4, rel=1e-3)
    assert tg_tau.cell_loss(72.0, 0.2, 2.0) == pytest.approx(tg_tau.cell_loss(72.0) / 2, rel=1e-15)


def test_intercept_of_a_fitted_model_holds_the_error_of_its_parameters():
    likelihood = likelihood_of(Synthetic())
    theta, step = {"omega_m": 0.35}, 1e-5
    shapes = [likelihood.shape(FRW, omega_m=0.35 + move) for move in (-step, step)]
    white = likelihood.whiten(np.column_stack(((shapes[1] - shapes[0]) / (2 * step), np.ones(50))))
    joint = np.linalg.inv(white.T @ white)
    _, sigma = intercept(likelihood, FRW, theta, ["omega_m"], joint[:1, :1])
    assert sigma == pytest.approx(np.sqrt(joint[1, 1]), rel=1e-4)
    assert intercept(likelihood, FRW, theta)[1] == pytest.approx(likelihood.information**-0.5, rel=1e-12)
    assert np.isnan(intercept(likelihood, FRW, theta, ["omega_m"], np.array([[np.nan]]))[1])


@pytest.mark.parametrize("options", [{"H_sigma": 0.0}, {"H_sigma": -1.0}, {"cell": 0.0}, {"coherence": np.inf}])
def test_a_law_out_of_range_is_refused(options):
    (name,) = options
    with pytest.raises(ValueError, match=f"^{name}=.*positive"):
        TGTau(**options)
    with pytest.raises(ValueError, match=r"^alpha_SB=nan"):
        TGTau(alpha_SB=np.nan)


def test_data_that_do_not_determine_the_law_are_refused():
    same = DenseLikelihood.from_variance(np.full(3, 40.0), np.full(3, 0.5), np.full(3, 0.5), np.ones(3))
    with pytest.raises(InvalidInput, match="do not determine 2 parameters"):
        tg_tau.fit(TGTau(), same)
    with pytest.raises(InvalidInput, match="do not determine"):
        linear_fit(lambda x: x, np.ones((1, 2)), np.ones(1))
    zero = DenseLikelihood.from_variance(np.full(2, 40.0), np.array([0.0, 0.5]), np.full(2, 0.5), np.ones(2))
    with pytest.raises(InvalidInput, match="redshifts > 0"):
        tg_tau.fit(TGTau(), zero)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"models": {}}, r"^models=\[\]"),
        ({"models": {"tg_tau": FRW}}, r"^models\.tg_tau"),
        ({"samples": {"far": {"z_mim": 1.0}}}, r"^samples\.far\.z_mim: unknown key; did you mean z_min"),
        ({"samples": {"far": {"z_min": -1.0}}}, r"^samples\.far\.z_min=-1"),
        ({"samples": {"catalog": {}}}, r"^samples\.catalog"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(options, message):
    with pytest.raises(InvalidInput, match=message) as caught:
        answer(Synthetic(), **options)
    assert caught.value.exit_code == 2


def test_the_tree_of_made_up_data(synthetic_run):
    assert list(synthetic_run["/models"].children) == ["tg_tau", "frw"]
    assert list(synthetic_run["/data/model"].values) == ["tg_tau", "frw"]
    assert list(synthetic_run["/tables/samples/sample"].values) == ["published", "catalog", "far"]
    assert not [line for line in check_schema(synthetic_run) if not line.startswith("/: attribute")]
    model = synthetic_run["/models/tg_tau"].to_dataset()
    assert model["chi2"].item() == pytest.approx(tg_tau.full_fit(likelihood_of(Synthetic())).chi2, rel=1e-10)
    assert model["n_free"].item() == 2
    information = synthetic_run["/tables/information"].to_dataset()
    xr.testing.assert_allclose(information.sel(sample="catalog", drop=True), synthetic_run["/comparison"].to_dataset())


def test_same_request_gives_the_same_bits(synthetic_run):
    first, second = variables(synthetic_run), variables(answer(Synthetic(), samples={"far": {"z_min": 0.05}}))
    assert list(first) == list(second)
    for path in first:
        np.testing.assert_array_equal(first[path].values, second[path].values, err_msg=path)


def test_without_moduli_there_is_no_grid():
    tree = answer(Synthetic(moduli=False))
    assert list(tree["/tables"].children) == ["samples", "information", "duality"]
    assert np.isnan(tree["/tables/samples/H_sigma"].sel(sample="catalog").item())
    assert tree["/models/tg_tau/param"].values.tolist() == ["offset", "alpha_SB"]
    assert any("no distance moduli" in note for note in json.loads(tree.attrs["notes"]))


@pytest.mark.parametrize("omega_m", [0.3, {"scan": [0.3, 0.4]}], ids=["fixed", "scanned"])
def test_a_model_without_free_parameters_may_stand_beside_it(omega_m):
    tree = answer(Synthetic(), {"other": DarkEnergy(params={"omega_m": omega_m})})
    assert "chi2_other" in tree["/tables/samples"]
    assert np.isnan(tree["/tables/published/at_minimum"].sel(quantity="chi2 FRW").item())
