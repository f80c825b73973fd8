"""The mechanisms on SPARC beside an independent implementation: galaxy by galaxy, over the sample, and its fits."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.optimize import curve_fit, least_squares
from scipy.stats import pearsonr, spearmanr

from solvers.galaxies.base import Newtonian
from solvers.galaxies.metrics import rar_bias, rar_scatter, rms
from solvers.galaxies.milky_way import MilkyWayBaryons, milky_way_curves
from solvers.microphysics.combined import Combined
from solvers.microphysics.missing_models import MassRatio, PowerRatio, VelocityRatio
from solvers.microphysics.missing_ratio import missing_ratio
from solvers.microphysics.pairing import BurrPairing, Pairing
from solvers.microphysics.resonance import Resonance
from solvers.microphysics.roughness import Roughness, xi_bounded
from solvers.microphysics.systems import bulge_fraction, systems_of
from solvers.microphysics.time_coherence import TimeCoherence, time_coherence, xi_chain
from solvers.microphysics.unified import AdditiveUnified, MultiplicativeUnified

GR, ROUGH = Newtonian(), Roughness()
OPTIMISED = Pairing(params={"amplitude": 5.0, "sigma_c": 15.0, "gamma_sigma": 3.0, "ell_pair": 20.0, "p": 1.5})
BOTH = {"rough": ROUGH, "pair": OPTIMISED}
HARNESS = {
    "gr": GR,
    "roughness": ROUGH,
    "pairing": Pairing(),
    "resonance": Resonance(),
    "pairing_opt": OPTIMISED,
    "pairing_burr": BurrPairing(),
    "rough+pair": Combined(parts=BOTH),
    "rough*pair": Combined(parts=BOTH, combination="product"),
}
UNIFIED = {
    "uni_additive": AdditiveUnified(),
    "uni_mult_full": MultiplicativeUnified(params={"extra_amp": 1.0, "gamma_gate": 0.0}),
    "uni_mult_best": MultiplicativeUnified(params={"gamma_gate": 2.0, "sigma_gate": 20.0}),
    "uni_mult_default": MultiplicativeUnified(),
    "uni_rough_only": MultiplicativeUnified(params={"extra_amp": 0.0}),
}


@pytest.fixture(scope="module")
def curves(sparc):
    """The 165 galaxies with six points or more."""
    return sparc(6)


@pytest.fixture(scope="module")
def aggregates(reference):
    return reference["aggregates"]


@pytest.fixture(scope="module")
def gr(curves):
    """RMS of the baryons alone [km/s]."""
    return rms(curves, GR.velocity(curves))


@pytest.fixture(scope="module")
def missing(sparc):
    """All 175 galaxies: systems, F_missing, bulges, and which have six points and some K_req > 0."""
    curves = sparc(4)
    systems = systems_of(curves)
    found = missing_ratio(curves, systems)
    return curves, systems, found, (curves.n_points >= 6) & np.isfinite(found.ratio)


@pytest.fixture(scope="module")
def columns(curves):
    """The columns of the reference by name, along the galaxies."""
    systems, v_bar = systems_of(curves), np.sqrt(curves.v_bar_squared)
    sigma_v, found = curves.at_points(systems.sigma_v), missing_ratio(curves, systems)
    xi = curves.median_by_galaxy(xi_bounded(v_bar, sigma_v, 1.5))
    models = {"GR": "gr", "pairing_default": "pairing", "pairing_optimised": "pairing_opt"}
    names = ("GR", "roughness", "pairing_default", "resonance", "pairing_optimised")
    return {
        "v_flat": systems.v_flat,
        "R_max": systems.radius,
        "sigma_v": systems.sigma_v,
        "M_dyn": systems.mass,
        "Xi_median": xi,
        **{f"rms_{name}": rms(curves, HARNESS[models.get(name, name)].velocity(curves)) for name in names},
        "Xi_mean_timecoh": found.xi_mean,
        "K_rough_timecoh": found.k_rough,
        "A_emp": found.amplitude,
        "F_missing": found.ratio,
    }


def test_every_column_of_every_galaxy_of_the_reference(columns, curves, reference):
    assert reference["columns"] == list(columns) and len(columns) == 14
    rows = reference["per_galaxy"]
    assert len(rows) == 61 and curves.n_galaxies == 165
    here = [curves.names.index(name) for name in rows]
    for i, (name, found) in enumerate(columns.items()):
        # printed with ten digits; null where no point asks for more than the baryons give
        printed = np.array([row[i] for row in rows.values()], dtype=float)
        np.testing.assert_allclose(found[here], printed, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("name", HARNESS)
def test_statistics_of_the_harness(name, curves, gr, aggregates):
    expected = aggregates[f"mp[{name}]"]
    model = HARNESS[name]
    velocity = model.velocity(curves)
    own, residual = rms(curves, velocity), -2.0 * np.log10(velocity / curves.v_obs)
    found = {
        "n": own.size,
        "mean_rms": own.mean(),
        "median_rms": np.median(own),
        "impr_of_means_pct": 100.0 * (1.0 - own.mean() / gr.mean()),
        "mean_impr_pct": 100.0 * np.mean(1.0 - own / gr),
        "frac": np.mean(own < gr),
        "mean_rar": rar_scatter(curves, velocity).mean(),
        "pooled_rar": residual.std(),
        "pooled_bias": residual.mean(),
    }
    if name != "gr":
        found["K_1AU"] = float(model.excess_at(5e-9, 29.78, 10.0))
        found["cluster_K"] = float(model.excess_at(200.0, 1500.0, 1000.0))
    for key, value in found.items():
        assert value == pytest.approx(expected[key], rel=1e-9, abs=0), key


@pytest.mark.parametrize(("sigma_v", "key"), [(0.15 * 229.0, "mw_rms_mcg_s34"), (20.0, "mw_rms_mcg_s20")])
@pytest.mark.parametrize("name", HARNESS)
def test_the_milky_way_beside_a_line(name, sigma_v, key, aggregates):
    radius = np.arange(5.0, 15.1)
    line = 233.3 - 1.7 * (radius - 8.0)
    curves = milky_way_curves(radius, line, baryons=MilkyWayBaryons(bulge="as_published"))
    model = HARNESS[name]
    if name != "gr":
        model = replace(model, inputs="photometric", sigma_v=sigma_v)
    assert rms(curves, model.velocity(curves))[0] == pytest.approx(aggregates[f"mp[{name}]"][key], rel=1e-6, abs=0)


def test_roughness_leaves_the_scatter_within_galaxies_as_it_is(curves):
    baryons, rough = (rar_scatter(curves, model.velocity(curves)) for model in (GR, ROUGH))
    np.testing.assert_allclose(rough, baryons, rtol=0, atol=1e-14)
    # The offsets do change.
    bias = [rar_bias(curves, model.velocity(curves)) for model in (GR, ROUGH)]
    assert np.all(bias[1] < bias[0] - 0.1)


def test_no_mechanism_reaches_a_tenth_of_a_dex(curves):
    for name, model in HARNESS.items():
        assert rar_scatter(curves, model.velocity(curves)).mean() > 0.10, name


def test_the_published_digits_of_the_harness(curves, gr):
    # claims mp-*-mean, mp-*-median, mp-*-frac
    claims = {
        "gr": (34.61, 33.48, 0.0),
        "roughness": (40.36, 26.85, 62.4),
        "pairing": (32.53, 27.71, 72.1),
        "resonance": (51.09, 35.34, 54.5),
    }
    for name, (mean, median, improved) in claims.items():
        own = rms(curves, HARNESS[name].velocity(curves))
        assert own.mean() == pytest.approx(mean, abs=0.0051) and np.median(own) == pytest.approx(median, abs=0.0051)
        assert 100.0 * np.mean(own < gr) == pytest.approx(improved, abs=0.051)


@pytest.mark.parametrize("name", UNIFIED)
def test_statistics_of_the_unified_kernel(name, curves, gr, aggregates):
    expected, model = aggregates[name], UNIFIED[name]
    own = rms(curves, model.velocity(curves))
    found = {
        "n": own.size,
        "mean_d": np.mean(own - gr),
        "median_d": np.median(own - gr),
        "frac": np.mean(own < gr),
        "n_improved": np.sum(own < gr),
        "mean_rms": own.mean(),
        "mean_rms_gr": gr.mean(),
        "mean_K": curves.mean_by_galaxy(model.excess(curves)).mean(),
    }
    assert set(found) == set(expected)
    # The fit behind the sum is published with six digits.
    for key, value in found.items():
        assert value == pytest.approx(expected[key], rel=1e-6 if name == "uni_additive" else 1e-9, abs=0), key


def test_missing_ratios_over_the_sample(missing, aggregates):
    curves, systems, found, fitted = missing
    ratio, expected = found.ratio, aggregates["F"]
    names = np.array(curves.names)
    without = {str(name) for name in names[np.isnan(ratio) & (curves.n_points >= 6)]}
    assert without == set(expected["excluded_no_positive_K"])
    values = {
        "n": fitted.sum(),
        "mean": ratio[fitted].mean(),
        "median": np.median(ratio[fitted]),
        "std": ratio[fitted].std(),
        "n_all": curves.n_galaxies,
        "mean_all": np.nanmean(ratio),
        "1/mean_pct": 100.0 / ratio[fitted].mean(),
        "sigma_mean": systems.sigma_v[fitted].mean(),
        "sigma_median": np.median(systems.sigma_v[fitted]),
        "R_mean": systems.radius[fitted].mean(),
        "R_median": np.median(systems.radius[fitted]),
    }
    for key, value in values.items():
        assert value == pytest.approx(expected[key], rel=1e-9, abs=0), key
    # `microphysics.md` §6: roughness explains 9 % by one reading, 49 % and 15.6 % by two others
    assert np.isfinite(ratio).sum() == 167
    assert 100.0 * np.mean(1.0 / ratio[fitted]) == pytest.approx(49.0, abs=0.51)
    assert 100.0 * np.median(1.0 / ratio[fitted]) == pytest.approx(15.6, abs=0.051)


def test_missing_ratios_go_with_the_flat_velocity(missing, aggregates):
    curves, systems, found, fitted = missing
    beside = {"sigma": systems.sigma_v, "R": systems.radius, "bulge": bulge_fraction(curves)}
    for name, values in beside.items():
        for kind, correlate in (("pearson", pearsonr), ("spearman", spearmanr)):
            expected = aggregates[f"F_corr[{name}]"][kind]
            assert correlate(values[fitted], found.ratio[fitted])[0] == pytest.approx(expected, rel=1e-9, abs=0), (
                name,
                kind,
            )


def judged(model, systems, ratio, fitted):
    """RMS and correlation of a model of F."""
    predicted = model.predict(systems)[fitted]
    return np.sqrt(np.mean((predicted - ratio[fitted]) ** 2)), np.corrcoef(predicted, ratio[fitted])[0, 1]


@pytest.mark.parametrize(
    ("key", "kind", "params"),
    [
        ("F_mass_pub", MassRatio, {"k_max": 19.5793, "psi0": 7.34107e-8, "gamma": 0.136124, "factor": 1.33286}),
        ("F_mass_seedrounded", MassRatio, {"k_max": 19.58, "psi0": 7.34e-8, "gamma": 0.136, "factor": 1.33}),
        ("F_vel_pub", VelocityRatio, {"f_max": 10.376, "psi0": 9.80e-3, "delta": 2.035, "v_ref": 125.5}),
    ],
)
def test_published_fits_of_the_missing_ratio(key, kind, params, missing, aggregates):
    _, systems, found, fitted = missing
    expected = aggregates[key]
    value, r = judged(kind(params=params), systems, found.ratio, fitted)
    assert value == pytest.approx(expected["rms"], rel=1e-5, abs=0) and r == pytest.approx(
        expected["r"], rel=2e-3, abs=0
    )


@pytest.mark.parametrize(
    ("key", "kind", "names"),
    [
        ("F_fit[sigma_R]", PowerRatio, ("amplitude", "a", "b")),
        ("F_fit[sigma_R_free]", PowerRatio, ("amplitude", "a", "b")),
        ("F_mass_best", MassRatio, ("k_max", "psi0", "gamma", "factor")),
        ("F_vel_best", VelocityRatio, ("f_max", "psi0", "delta", "v_ref")),
    ],
)
def test_best_fits_of_the_missing_ratio(key, kind, names, missing, aggregates):
    _, systems, found, fitted = missing
    expected = aggregates[key]
    params = dict(zip(names, expected.get("p") or expected["q"], strict=True))
    value, r = judged(kind(params=params), systems, found.ratio, fitted)
    assert (value, r) == pytest.approx((expected["rms"], expected["r"]), rel=1e-6, abs=0)
    # None is much better than a constant.
    assert value > (1.0 - 0.085) * aggregates["F_const_rms"]


def test_the_free_power_law_is_found_again(missing, aggregates):
    _, systems, found, fitted = missing
    model = PowerRatio(params={"amplitude": 10.0, "a": 0.1, "b": 0.3})

    def residual(p):
        return model.predict(systems, amplitude=p[0], a=p[1], b=p[2])[fitted] - found.ratio[fitted]

    best = least_squares(residual, [5.0, 0.5, 0.5], jac="3-point", xtol=1e-14, ftol=1e-14, gtol=1e-14)
    expected = aggregates["F_fit[sigma_R_free]"]
    least = np.sqrt(np.mean(best.fun**2))
    # The reference stopped a little before the minimum, which is flat: 8e-10 above it in RMS, 6e-5 from it in a.
    assert least == pytest.approx(expected["rms"], rel=1e-8, abs=0) and least <= expected["rms"]
    np.testing.assert_allclose(best.x, expected["p"], rtol=0, atol=2e-4)


def test_the_fit_behind_roughness_goes_against_what_it_was_fitted_to(missing, aggregates):
    curves, systems, found, _ = missing
    kernel = curves.mean_by_galaxy(TimeCoherence().excess(curves))
    assert np.corrcoef(kernel, found.xi_mean)[0, 1] == pytest.approx(aggregates["KXi_sparc_corr"], rel=1e-6, abs=0)
    (a, n), _ = curve_fit(lambda xi, a, n: a * xi**n, found.xi_mean, kernel, p0=(0.5, 0.1))
    expected = aggregates["KXi_sparc[free]"]
    assert np.sqrt(np.mean((a * found.xi_mean**n - kernel) ** 2)) == pytest.approx(expected["rms"], rel=1e-9, abs=0)
    assert (a, n) == pytest.approx((expected["a"], expected["n"]), abs=5e-6) and n < 0


def test_in_every_galaxy_the_chain_sits_at_its_clip(curves):
    sigma_v = curves.at_points(systems_of(curves).sigma_v)
    v = np.sqrt(curves.v_bar_squared)
    chain = time_coherence(curves.radius, v, sigma_v)
    assert chain.is_geom_clipped.all() and not chain.is_noise_clipped.any()
    np.testing.assert_allclose(xi_chain(curves.radius, v, sigma_v), v / (2.0 * np.pi * sigma_v**1.5), rtol=1e-4)


def test_the_sum_of_the_resonance_exceeds_its_integral(curves):
    # V_GR/σ_v is nowhere below what the Gauss rules need
    ratio = np.sqrt(curves.v_bar_squared) / curves.at_points(systems_of(curves).sigma_v)
    assert ratio.min() > 0.3
    excess = Resonance().excess(curves) / Resonance(quadrature="integral").excess(curves) - 1.0
    assert np.all(excess > 0.0) and np.median(excess) == pytest.approx(0.0062, abs=1e-4) and excess.max() < 0.05


def test_what_is_called_a_disk_radius_is_the_end_of_the_curve(curves):
    # `microphysics.md` §1
    photometric = systems_of(curves, "photometric", 20.0)
    assert np.median(systems_of(curves).radius) == pytest.approx(11.8, abs=0.051)
    assert np.median(photometric.radius) == pytest.approx(2.36, abs=0.0051)
    assert np.all(photometric.mass > 0) and np.median(photometric.mass / systems_of(curves).mass) < 1.0


def test_the_grid_of_pairing(curves, gr, aggregates):
    # `microphysics.md` §3; a grid of A is four values of everything else at once
    expected = aggregates["pair_grid"]
    amplitude = np.array([0.5, 1.0, 2.0, 3.0, 4.0, 5.0])
    others = ([15.0, 20.0, 25.0, 30.0, 40.0], [1.5, 2.0, 2.5, 3.0], [2.0, 5.0, 10.0, 20.0], [0.5, 1.0, 1.5, 2.0, 3.0])
    rows = []
    for sigma_c, gamma, ell, p in product(*others):
        model = Pairing(params={"sigma_c": sigma_c, "gamma_sigma": gamma, "ell_pair": ell, "p": p})
        once = model.excess(curves)
        v_squared = curves.v_bar_squared * (1.0 + amplitude[:, None] * once)
        own = rms(curves, np.sqrt(v_squared))
        sun = amplitude * float(model.excess_at(5e-9, 29.78, 10.0))
        for i, each in enumerate(amplitude):
            gain = 100.0 * (1.0 - own[i].mean() / gr.mean())
            rows.append((each, sigma_c, gamma, ell, p, gain, np.mean(own[i] < gr), sun[i]))
    table = np.array(rows)
    gain, safe = table[:, 5], table[:, 7] < 1e-10
    assert len(table) == expected["n"] and safe.sum() == expected["safe_exact"]
    assert (gain > 0).sum() == expected["improved"] and (safe & (gain > 0)).sum() == expected["both_exact"]
    np.testing.assert_allclose(table[gain.argmax()], expected["best"][:8], rtol=1e-9)
    np.testing.assert_allclose(table[safe][gain[safe].argmax()], expected["best_safe"][:8], rtol=1e-9)
    # p = 1 passes at 7 of 480
    assert (table[:, 4] == 1.0).sum() == 480 and (safe & (table[:, 4] == 1.0)).sum() == 7
