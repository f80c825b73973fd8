"""The experiment on CLASH clusters: its numbers from the catalogues in other hands, what it leaves out and refuses."""

import json

import numpy as np
import pytest
import xarray as xr

from catalogs.clash_mistele import ClashMistele
from catalogs.clash_tian import ClashTian
from sims.clusters.clash import clash
from sims.clusters.clash_rows import InterpolatedBaryons, ShareOfM500, mass_rows, short_name
from sims.clusters.clash_tables import radius_bins
from solvers.clusters.baryons import critical_density
from solvers.clusters.clash_baryons import m500_of_profile
from solvers.clusters.enhancements import LawEnhancement, NoEnhancement
from solvers.errors import InvalidInput
from solvers.inference.minimize import Minimize
from solvers.laws import MondSimple

G_DAGGER, A_BARE, A0 = 9.59253e-11, 4.442883, 1.2e-10
NAMES = ["cluster_sigma", "cluster_sigma_effective", "cluster_sigma_fit"]
NAMES += ["cluster_mond_simple", "cluster_mond_rar", "cluster_mond_fit", "cluster_baryons"]
FEW = "models=[cluster_sigma,cluster_sigma_effective,cluster_mond_simple,cluster_baryons]"


@pytest.fixture(scope="module")
def tian(loaded):
    return loaded(ClashTian())


@pytest.fixture(scope="module")
def mistele(loaded):
    return loaded(ClashMistele())


@pytest.fixture(scope="module")
def accelerations(executed, tian):
    return executed("clusters_clash")


@pytest.fixture(scope="module")
def masses(executed, tian, mistele):
    return executed("clusters_clash", "catalog=clash_mistele")


@pytest.fixture(scope="module")
def observed(executed, tian):
    return executed("clusters_clash", "sim.errors=observed", FEW)


@pytest.fixture(scope="module")
def shares(executed, mistele):
    return executed("clusters_clash", "catalog=clash_mistele", "sim.baryons=gas_fraction")


def sigma(g, amplitude, g_dagger=G_DAGGER):
    return 1.0 + amplitude * np.sqrt(g_dagger / g) * g_dagger / (g_dagger + g)


def notes(tree):
    return json.loads(tree.attrs["notes"])


def small(**changes):
    models = {
        "sigma": LawEnhancement(label="Σ"),
        "mond": LawEnhancement(law=MondSimple()),
        "baryons": NoEnhancement(),
    }
    request = {"catalog": ClashTian(), "models": models, "inference": Minimize(), "accelerations": ClashTian()}
    return clash(**(request | changes))


def test_all_models_are_compared_by_the_common_machinery(accelerations, masses):
    for tree, n in ((accelerations, 84), (masses, 36)):
        assert list(tree["models"].children) == NAMES == tree["comparison"]["model"].values.tolist()
        assert {int(node["n_data"]) for node in tree["models"].children.values()} == {n}
        assert tree["models/cluster_sigma_fit/n_free"].item() == 2
        assert tree["models/cluster_mond_fit/n_free"].item() == 1


@pytest.mark.parametrize(("name", "amplitude"), [("cluster_sigma", A_BARE), ("cluster_sigma_effective", 8.4)])
def test_chi2_of_the_accelerations_is_that_of_the_file(observed, tian, name, amplitude):
    tree = observed
    x, y, error = (tian[key].values for key in ("log10_g_bar", "log10_g_obs", "log10_g_obs_err"))
    residual = y - x - np.log10(sigma(10.0**x, amplitude))
    assert tree[f"models/{name}/chi2"].item() == pytest.approx(np.sum((residual / error) ** 2), rel=1e-4)
    fit = tree["tables/fit"].sel(model=name)
    assert fit["residual_mean"].item() == pytest.approx(residual.mean(), abs=1e-5)
    assert fit["residual_sd"].item() == pytest.approx(residual.std(ddof=1), abs=1e-5)
    assert tree["data/residual"].sel(model=name).values == pytest.approx(residual, abs=1e-5)


def test_both_errors_add_a_determinant_that_is_given(accelerations):
    for node in accelerations["models"].children.values():
        both = node["chi2_points"].item() + node["log_determinant"].item()
        assert node["chi2"].item() == pytest.approx(both, rel=1e-12)
        assert node["log_determinant"].item() > 0


def test_mond_and_baryons_stand_beside_sigma_with_their_own_formulas(accelerations, tian):
    g_bar, y = tian["g_bar"].values, tian["log10_g_obs"].values
    simple = y - np.log10(g_bar * (0.5 + np.sqrt(0.25 + A0 / g_bar)))
    table = accelerations["tables/fit"].to_dataset()
    assert table["residual_mean"].sel(model="cluster_mond_simple").item() == pytest.approx(simple.mean(), abs=1e-9)
    newton = (y - tian["log10_g_bar"].values).mean()
    assert table["residual_mean"].sel(model="cluster_baryons").item() == pytest.approx(newton, abs=1e-9)


def test_free_acceleration_of_mond_is_near_the_published_one_and_needs_its_scatter(accelerations):
    """Tian+ 2020: (2.02 +- 0.11)e-9 for the square root alone, intrinsic scatter 14.7 (+2.9 -2.8) % = 0.064 dex."""
    node = accelerations["models/cluster_mond_fit"]
    assert node["best_fit"].item() == pytest.approx(2.02e-9, rel=0.2)
    assert node["scatter_needed"].item() == pytest.approx(0.064, abs=0.013)


def test_table_over_the_radius_is_that_of_the_points(accelerations, tian):
    table = accelerations["tables/radii"].to_dataset()
    assert table["radius_bin"].values.tolist() == ["0-50", "50-150", "150-300", "300-500", "500-1000"]
    residual = accelerations["models/cluster_sigma/residual_dex"].values
    for name, where in {"0-50": tian.is_bcg, "150-300": tian.radius == 200, "500-1000": tian.radius == 600}.items():
        found = table["residual_mean"].sel(model="cluster_sigma", radius_bin=name).item()
        assert found == pytest.approx(residual[where.values].mean(), rel=1e-12)


def test_wanted_amplitude_lies_between_the_two_of_the_source_and_falls_outwards(accelerations):
    table = accelerations["tables/amplitude"].to_dataset()
    assert table["n"].values.tolist() == [84, 20, 18, 20, 15, 11]
    assert A_BARE < table["amplitude_wanted"].values[0] < 8.4
    assert (np.diff(table["amplitude_wanted"].values[2:]) < 0).all()
    assert not table["is_at_bound"].values.any()


def test_masses_are_compared_only_between_the_radii_of_their_baryons(masses, tian, mistele):
    names = {short_name(str(name)): i for i, name in enumerate(tian.name.values)}
    n, radii, baryons = 0, [], []
    for i, name in enumerate(mistele.name.values):
        own = tian.cluster_index.values == names[short_name(str(name))]
        at, log_mass = tian.radius.values[own], np.log(tian.g_bar.values[own] * tian.radius.values[own] ** 2)
        for r in mistele.radius.values[mistele.cluster_index.values == i]:
            if at[0] <= r <= at[-1]:
                n += 1
                radii.append(r)
                baryons.append(np.exp(np.interp(np.log(r), np.log(at), log_mass)) / r**2)
    data = masses["data"].to_dataset()
    assert n == data.sizes["row"] == 36
    assert data["radius"].values.tolist() == radii
    assert data["g_bar"].values == pytest.approx(baryons, rel=1e-9)
    clusters = masses["tables/clusters"].to_dataset()
    assert clusters["n_compared"].values.sum() == 36
    assert clusters["n_outside"].values.sum() + clusters["n_inside"].values.sum() == 199 - 36
    assert clusters["baryons_of"].values.tolist()[:2] == ["A209", "A2261"]
    assert [source["rows"] for source in json.loads(masses.attrs["datasets"])] == [36, 84]


@pytest.mark.parametrize("systematic", ["none", "common"])
def test_chi2_of_the_masses_is_a_sum_over_clusters_with_their_published_matrices(executed, masses, mistele, systematic):
    changes = ("catalog=clash_mistele", f"sim.systematic={systematic}", FEW)
    tree = masses if systematic == "none" else executed("clusters_clash", *changes)
    data, chi2 = tree["data"].to_dataset(), 0.0
    mass_bar = data["g_bar"].values * (data["radius"].values * 3.0856776e19) ** 2 / 6.6743e-11 / 1.98841e30
    left = data["mass"].values - sigma(data["g_bar"].values, A_BARE) * mass_bar
    correlation = mistele["correlation"].values
    for i in np.unique(data["cluster_index"].values):
        rows = np.flatnonzero(data["cluster_index"].values == i)
        first = np.flatnonzero(mistele.cluster_index.values == i)[0]
        at = first + data["row_index"].values[rows]
        covariance = correlation[np.ix_(at, at)] * np.outer(*(2 * [data["mass_err"].values[rows]]))
        if systematic == "common":
            common = (data["mass_syst_upper"].values[rows] + data["mass_syst_lower"].values[rows]) / 2
            covariance += np.outer(common, common)
        chi2 += left[rows] @ np.linalg.solve(covariance, left[rows])
    assert tree["models/cluster_sigma/chi2"].item() == pytest.approx(chi2, rel=2e-4)


def test_gas_fraction_keeps_every_radius_and_the_negative_masses(shares, mistele):
    assert shares["models/cluster_sigma/n_data"].item() == 199
    clusters = shares["tables/clusters"].to_dataset()
    assert clusters["n_negative"].sel(cluster="macsj0744").item() == 2 == clusters["n_negative"].values.sum()
    ratio = shares["models/cluster_baryons/mass_ratio"].values
    assert (ratio < 0).sum() == 2
    assert any("2 masses that noise has made negative are kept" in note for note in notes(shares))


def test_redshifts_of_the_experiment_give_the_published_m200(composed, mistele):
    """The same crossing at 200 times the critical density, beside M200 of Mistele+ 2025; one of them has none."""
    redshifts, off = composed("+experiment=clusters_clash").sim.redshifts, []
    for i, name in enumerate(mistele.name.values):
        own = mistele.cluster_index.values == i
        rho = 0.4 * critical_density(redshifts[str(name)])
        if np.isfinite(mistele.log10_m200.values[i]):
            m200 = m500_of_profile(mistele.radius.values[own], mistele.mass.values[own], rho)
            off.append(np.log10(m200) - mistele.log10_m200.values[i])
    assert len(off) == 19
    assert np.median(np.abs(off)) < 0.005
    assert np.abs(off).max() < 0.035


def test_share_of_m500_is_met_at_r500(shares, mistele):
    """Gas of 0.11 and stars of nearly 0.01: interpolated baryons over total mass at R500."""
    data, clusters = shares["data"].to_dataset(), shares["tables/clusters"].to_dataset()
    for i in range(clusters.sizes["cluster"]):
        own = data["cluster_index"].values == i
        r500, m500 = (float(clusters[key][i]) for key in ("r500", "m500"))
        at = np.interp(np.log(r500), np.log(data["radius"].values[own]), np.log(data["m_bar"].values[own]))
        assert np.exp(at) / m500 == pytest.approx(0.119, abs=0.004)


def test_notes_hold_the_numbers_of_the_run(accelerations, masses):
    for tree in (accelerations, masses):
        text, table = "\n".join(notes(tree)), tree["tables/amplitude"].to_dataset()
        assert f"{table['amplitude_wanted'].values[0]:.2f} ± {table['amplitude_err'].values[0]:.2f} over all" in text
        assert f"cluster_sigma {tree['tables/fit/chi2_per_point'].values[0]:.2f}" in text
        assert "must not be added" in text
        assert "Amplitudes and accelerations of Σ in this run" in text
        assert "A² g†" in text
    words = "\n".join(notes(accelerations))
    assert "20 points are brightest galaxies at 14 to 30 kpc" in words
    assert "no covariance is published" in words
    assert "36 masses of 14 clusters" in "\n".join(notes(masses))


def test_no_brightest_galaxies_no_sentence_on_them():
    tree = small(catalog=ClashTian(bcg=False))
    assert not any("brightest galaxies" in note for note in notes(tree))
    assert tree["models/sigma/n_data"].item() == 64


def test_models_without_sigma_are_compared_too():
    tree = small(models={"baryons": NoEnhancement()})
    assert "amplitude" not in tree["tables"]
    assert not any("A² g†" in note for note in notes(tree))


@pytest.mark.parametrize("inference", ["grid", "least_squares", "profile"])
def test_other_inferences_answer(executed, tian, inference):
    only = "models=[cluster_mond_fit]"
    extra = ["sim.errors=observed"] if inference == "least_squares" else []
    tree = executed("clusters_clash", only, f"inference={inference}", *extra)
    assert tree["models/cluster_mond_fit/best_fit"].item() == pytest.approx(1.72e-9, rel=0.01)


@pytest.mark.parametrize(
    ("one", "other"),
    [("A209", "abell209"), ("MACS0416", "macsj0416"), ("MS2137", "ms2137"), ("RXJ1347", "rxj1347")],
)
def test_clusters_have_one_name(one, other):
    assert short_name(one) == short_name(other)
    assert short_name("Abell 209") == "a209"


def test_bins_leave_none_out_and_skip_empty_ones():
    bins = radius_bins(np.array([14.0, 100.0, 600.0]), np.array([0.0, 50.0, 150.0, 300.0, 1000.0]))
    assert list(bins) == ["0-50", "50-150", "300-1000"]
    assert sum(inside.sum() for inside in bins.values()) == 3


def renamed(data, names):
    return data.assign(name=("cluster", np.array(names), data["name"].attrs))


def test_clusters_in_one_catalogue_alone_are_counted(tian, mistele):
    pair = mistele.isel(point=mistele.cluster_index.values < 2, other_point=mistele.cluster_index.values < 2)
    rows = mass_rows(pair.isel(cluster=[0, 1]), InterpolatedBaryons(tian))
    assert len(rows.unmatched) == 18
    assert rows.clusters["n_compared"].values.tolist() == [4, 4]
    other = renamed(tian, ["X1", *tian.name.values[1:]])
    rows = mass_rows(mistele, InterpolatedBaryons(other))
    assert rows.unmatched == ("X1",)
    assert rows.clusters["baryons_of"].values.tolist()[0] == ""
    assert rows.clusters["n_compared"].values[0] == 0


def test_no_common_cluster_is_refused(tian, mistele):
    strangers = InterpolatedBaryons(renamed(tian, [f"X{i}" for i in range(20)]))
    with pytest.raises(InvalidInput, match="^accelerations: no mass lies between the radii of the baryons of its cl"):
        mass_rows(mistele, strangers)


def test_bad_baryons_name_their_cluster(tian, mistele):
    folded = tian.assign(radius=tian.radius.copy(data=np.full(84, 300.0)))
    with pytest.raises(InvalidInput, match="^accelerations: A209: at_radius: must be > 0 and increase"):
        mass_rows(mistele, InterpolatedBaryons(folded))
    zero = tian.assign(g_bar=tian.g_bar * 0.0)
    with pytest.raises(InvalidInput, match="^accelerations: A209: g_bar: must be > 0 everywhere"):
        mass_rows(mistele, InterpolatedBaryons(zero))


REFUSED = {
    "no MOND": ({"models": {"sigma": LawEnhancement(), "baryons": NoEnhancement()}}, "models: Σ is shown beside MOND"),
    "no baryons": (
        {"models": {"sigma": LawEnhancement(), "mond": LawEnhancement(law=MondSimple())}},
        "models: Σ is shown beside the baryons alone",
    ),
    "unknown baryons": (
        {"catalog": ClashMistele(), "baryons": "foo"},
        "sim.baryons='foo': must be one of accelerations, gas_fraction",
    ),
    "no baryons of masses": (
        {"catalog": ClashMistele(), "accelerations": None},
        "accelerations: masses need a catalogue of accelerations",
    ),
    "baryons of another kind": (
        {"catalog": ClashMistele(), "accelerations": ClashMistele()},
        "accelerations: holds no accelerations of clusters (g_bar, g_obs, ",
    ),
    "no redshift": (
        {"catalog": ClashMistele(), "baryons": "gas_fraction", "redshifts": {"abell2261": 0.224}},
        "sim.redshifts.abell209=None: baryons=gas_fraction needs a redshift",
    ),
    "unknown systematic": ({"catalog": ClashMistele(), "systematic": "x"}, "sim.systematic='x': must be one of none"),
    "unknown errors": ({"errors": "x"}, "sim.errors='x': must be one of observed, both"),
    "unknown systematic of others": ({"systematic": "x"}, "sim.systematic='x': must be one of none, common"),
    "unknown baryons of others": ({"baryons": "x"}, "sim.baryons='x': must be one of accelerations, gas_fraction"),
    "unknown errors of others": ({"catalog": ClashMistele(), "errors": "x"}, "sim.errors='x': must be one of"),
    "negative scatter": ({"scatter": -1}, "sim.scatter=-1: must be >= 0"),
    "scatter in words": ({"scatter": "a"}, "sim.scatter='a': must be >= 0"),
    "scatter of masses": (
        {"catalog": ClashMistele(), "scatter": 0.1},
        "sim.scatter=0.1: is of accelerations; the masses of clash_mistele2025 have none",
    ),
    "errors of masses": (
        {"catalog": ClashMistele(), "errors": "observed"},
        "sim.errors=observed: is of accelerations; the masses of clash_mistele2025 have none",
    ),
    "baryons of accelerations": (
        {"baryons": "gas_fraction"},
        "sim.baryons=gas_fraction: is of masses; the accelerations of clash_tian2020 have none",
    ),
    "systematic of accelerations": ({"systematic": "common"}, "sim.systematic=common: is of masses; the accelerations"),
    "H0 of accelerations": ({"H0": 50.0}, "sim.H0=50.0: is of masses; the accelerations of clash_tian2020 have none"),
    "Om0 of measured baryons": (
        {"catalog": ClashMistele(), "Om0": 0.2},
        "sim.Om0=0.2: is of sim.baryons=gas_fraction; measured baryons need none",
    ),
    "fraction of measured baryons": (
        {"catalog": ClashMistele(), "fractions": {"f_gas": 0.2}},
        "sim.fractions.f_gas=0.2: is of sim.baryons=gas_fraction; measured baryons need none",
    ),
    "negative fraction": ({"fractions": {"f_gas": -0.1}}, "sim.fractions.f_gas=-0.1: must be >= 0 and <= 1"),
    "negative redshift": ({"redshifts": {"abell209": -1}}, "sim.redshifts.abell209=-1: must be >= 0"),
    "no H0": ({"H0": 0}, "sim.H0=0: must be > 0"),
    "one edge": ({"radius_edges": [0]}, "sim.radius_edges: must increase from each edge to the next, two at least"),
    "edges": ({"radius_edges": [0, 50, 40]}, "sim.radius_edges: must increase from each edge to the next"),
    "narrow edges": ({"radius_edges": [0, 50]}, "sim.radius_edges: must hold all points, from 14.3 to 600 kpc"),
    "unknown fraction": (
        {"catalog": ClashMistele(), "baryons": "gas_fraction", "fractions": {"f_star": 0.1}},
        "sim.fractions.f_star: must be one of f_gas, f_bcg, f_icl",
    ),
    "no M500": (
        {
            "catalog": ClashMistele(clusters=["abell209"], radius_max=400.0),
            "baryons": "gas_fraction",
            "redshifts": {"abell209": 0.206},
        },
        "catalog: abell209: mass: no M500",
    ),
}


@pytest.mark.parametrize(("request_", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_request_is_one_clear_line(tian, mistele, request_, message):
    with pytest.raises(InvalidInput) as error:
        small(**request_)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_law_of_ones_own_is_asked_for_its_amplitude(root_law):
    models = {"own": LawEnhancement(law=root_law), "mond": LawEnhancement(law=MondSimple()), "baryons": NoEnhancement()}
    tree = small(models=models)
    text = "\n".join(notes(tree))
    wanted = tree["tables/amplitude/amplitude_wanted"].values[0]
    assert f"h of own: {wanted:.2f} ± " in text
    assert "of Σ in this run: own: A = 4.4429, g† = " in text
    assert "own: mean residual in dex at" in text
    assert f"in 1e-9 m/s²: own {2 * np.pi**2 * root_law.g_dagger.m_s2 / 1e-9:.2f}." in text
    with pytest.raises(InvalidInput, match="^models: Σ is shown beside MOND"):
        small(models={"own": models["own"], "baryons": NoEnhancement()})


def test_mond_in_place_of_the_law_has_no_sentence_on_sigma(executed, tian):
    tree = executed("clusters_clash", "law=mond_rar")
    text = "\n".join(notes(tree))
    assert "of Σ in this run" not in text and "Best A at" not in text
    assert "of MOND in this run: cluster_sigma: A = 1, a0 = 1.2000e-10 m/s²; cluster_sigma_effective: A = 8.4, " in text
    assert "cluster_sigma_fit: a0 = " not in text
    assert "cluster_mond_fit: a0 = (1.72 ± 0.07)e-9 m/s²" in text


def test_table_and_sentence_on_the_amplitude_are_of_the_same_model(root_law):
    free = {"prior": {"dist": "loguniform", "min": 1e-11, "max": 1e-8}}
    models = {
        "free": LawEnhancement(law=root_law, params={"amplitude": 1.0, "g_dagger": free}),
        "fixed": LawEnhancement(),
    }
    tree = small(models=models | {"mond": LawEnhancement(law=MondSimple()), "baryons": NoEnhancement()})
    (sentence,) = (note for note in notes(tree) if note.startswith("Best A at"))
    assert "h of fixed: " in sentence
    assert "the effective one 8.43" in sentence


def test_a_degenerate_pair_is_said_to_be_one_with_the_product_that_is_determined(masses, accelerations):
    (sentence,) = (note for note in notes(masses) if "degenerate along" in note)
    data, points = masses["data"].to_dataset(), masses["models/cluster_sigma_fit"].to_dataset()
    best = dict(zip(points["param"].values, points["best_fit"].values, strict=True))
    product = best["amplitude"] ** 2 * best["g_dagger"] / 1e-9
    assert f"A² g† = ({product:.2f} ± " in sentence
    assert sentence.startswith("cluster_sigma_fit: A and g† are degenerate along A² g†")
    assert "mean nothing singly" in sentence
    assert data["g_bar"].values.max() < 0.01 * best["g_dagger"]
    assert not any("degenerate" in note for note in notes(accelerations))
    without = "\n".join(notes(small(catalog=ClashTian(bcg=False), models=fitted())))
    assert "degenerate along A² g†" in without
    assert "(1.54 ± 0.07)e-9 m/s² alone is determined" in without


def fitted(**changed):
    free = {
        "amplitude": {"prior": {"min": 0.0, "max": 100.0}, "ref": A_BARE},
        "g_dagger": {"prior": {"dist": "loguniform", "min": 1e-11, "max": 1e-7}, "ref": 9.6e-11},
    }
    return {
        "fit": LawEnhancement(params=free, **changed),
        "mond": LawEnhancement(law=MondSimple()),
        "baryons": NoEnhancement(),
    }


def test_a_pair_that_is_exactly_degenerate_is_said_to_be_one(root_law):
    """A/√x knows of A² g† alone at every field."""
    tree = small(models=fitted(law=root_law))
    best = tree["models/fit/best_fit"].values
    (sentence,) = (note for note in notes(tree) if "degenerate along" in note)
    assert f"{best[0] ** 2 * best[1] / 1e-9:.2f}" in sentence.split("A² g† = ")[1]
    assert "s from 0.500 to 0.500" in sentence


def test_another_kind_of_data_is_refused(mistele):
    with pytest.raises(InvalidInput, match="^catalog: holds no mass profiles with their correlation"):
        mass_rows(xr.Dataset({"z": ("row", [1.0])}), ShareOfM500({}, {}, 70.0, 0.3))
