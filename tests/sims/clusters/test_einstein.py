"""The experiment on clusters as lenses: published toys, what its tables say, and requests that are refused."""

import json

import numpy as np
import pytest
from scipy.stats import beta

from outputs.request import execute, prepare
from outputs.tree import check_schema
from sims.clusters.einstein_shapes import isothermal_table, triaxial_cases
from sims.clusters.lens_nodes import built
from solvers.clusters.gas import GasShape
from solvers.clusters.lens import ClusterLens
from solvers.clusters.predictive import PopulationNumbers
from solvers.errors import InvalidInput

FAST = ("sim.radius_range.num=9", "sim.predictive.n_draws=60")
BASELINES = "cluster_baryons,cluster_mond_simple"
FEW = (
    *FAST,
    "sim.search_range.num=121",
    f"models=[{BASELINES},cluster_window_interior]",
    "sim.triaxial=null",
    "sim.isothermal=null",
)
ALONE = ("~clusters.toy1", "~clusters.toy3")
OWN = (
    "+clusters.mine={m500: 1.5e15, z_l: 0.4, z_s: 2.0, theta_e: 18.4, theta_e_err: 1.0, held_out: true}",
    "+clusters.other={m500: 1.5e15, z_l: 0.4, z_s: [0.3, 2.0], weights: [1, 1], theta_e: 60}",
)
# Einstein radii of the three toys [arcsec], to the digits that are known.
PUBLISHED = {
    "cluster_baryons": (3.567, 4.381, 5.287),
    "cluster_window_rising": (3.610, 4.546, 5.685),
    "cluster_window_interior": (16.52, 18.44, 21.42),
    "cluster_uniform": (17.06, 20.65, 26.78),
    "cluster_uniform_9p4": (27.97, 37.12, 50.56),
    "cluster_sigma_effective": (42.44, 80.15, 108.9),
}


@pytest.fixture(scope="module")
def run(executed):
    """The experiment with few radii and draws."""
    return executed("clusters_einstein", *FAST)


@pytest.fixture(scope="module")
def own(executed):
    """Few models, with two clusters that have observed radii."""
    return executed("clusters_einstein", *FEW, *OWN)


def _notes(tree):
    return "\n".join(json.loads(tree.attrs["notes"]))


def test_a_run_keeps_to_the_schema(run):
    assert check_schema(run) == []


@pytest.mark.parametrize("name", PUBLISHED)
def test_einstein_radii_of_the_toys_are_the_known_ones(run, name):
    found = run["tables/theta_e/theta_e"].sel(model=name).values
    np.testing.assert_allclose(found, PUBLISHED[name], rtol=5e-4)
    np.testing.assert_array_equal(run[f"models/{name}/theta_e"].values, found)


def test_the_start_of_the_reference_gives_its_digits(executed):
    tree = executed("clusters_einstein", *FEW, "sim.predictive=null", "sim.start=0.05")
    assert tree["models/cluster_baryons/einstein_radius"].values[0] == pytest.approx(11.7709287496, rel=5e-9)
    assert tree["models/cluster_window_interior/einstein_radius"].values[0] == pytest.approx(54.5105205217, rel=5e-9)


def test_lenses_have_the_distances_and_masses_of_the_reference(run):
    lens = run["tables/lenses"].to_dataset().sel(cluster="toy1")
    known = {
        "r500": 1423.09216706,
        "D_l": 680619.821409,
        "D_s": 1745586.21981,
        "D_ls": 1418888.70553,
        "sigma_crit": 3005499843.33,
        "sphere_mass": 11293803184400.0,
        "cylinder_mass": 20343285033300.0,
    }
    for key, value in known.items():
        assert lens[key].item() == pytest.approx(value, rel=1e-6), key
    crit = run["tables/lenses/sigma_crit"].values
    np.testing.assert_allclose(crit, [3.00550e9, 2.14187e9, 1.85580e9], rtol=3e-6)


def test_profiles_are_those_of_one_lens(run):
    for name in run["models"].children:
        model = run[f"models/{name}"].to_dataset()
        shear = model["mean_kappa"] - model["kappa"]
        np.testing.assert_allclose(model["tangential_shear"], shear, atol=1e-14)
        d_l = run["tables/lenses/D_l"].values[:, np.newaxis]
        alpha = model["radius"].values * model["mean_kappa"].values / d_l * 180 * 3600 / np.pi
        np.testing.assert_allclose(model["deflection"], alpha, rtol=1e-12)


def test_the_shear_is_the_slope_of_the_mean_convergence(executed):
    tree = executed(
        "clusters_einstein", *FEW, "sim.radius_range={min: 10, max: 500, num: 400, log: true}", "sim.predictive=null"
    )
    model = tree["models/cluster_window_interior"].to_dataset().isel(cluster=0)
    slope = -0.5 * np.gradient(model["mean_kappa"].values, np.log(model["radius"].values))
    np.testing.assert_allclose(model["tangential_shear"].values[1:-1], slope[1:-1], rtol=1e-4)


def test_the_extent_of_the_baryons_moves_what_the_acceleration_decides(run):
    table = run["tables/extent"].to_dataset()
    np.testing.assert_allclose(table["theta_e"].sel(model="cluster_sigma"), [16.7, 18.9, 20.4], atol=0.05)
    assert np.ptp(table["theta_e"].sel(model="cluster_baryons").values) < 0.01
    assert "16.7, 18.9, 20.4" in _notes(run)


def test_shapes_change_what_they_are_known_to(run):
    spread = run["tables/triaxial_spread"].to_dataset()
    theta, kappa = (
        {n: spread[key].sel(normalisation=n).item() for n in ("global", "none", "volume")} for key in spread
    )
    assert theta == pytest.approx({"global": 0.0, "none": 0.6262, "volume": 0.2174}, abs=1e-4)
    assert kappa == pytest.approx({"global": 0.0, "none": 0.6, "volume": 0.262112}, abs=1e-5)
    assert "that remedy removes the effect" in _notes(run)
    part = run["tables/round_galaxy"].to_dataset()
    both = np.stack([part["kappa_100"].values, part["kappa_300"].values])
    assert 0.55 <= both.min() < both.max() <= 0.60
    assert 0.235 < part["theta_e"].values.min() < part["theta_e"].values.max() < 0.325


def test_the_isothermal_toy_knows_no_cluster(run):
    table = run["tables/isothermal"].to_dataset()
    np.testing.assert_allclose(table["amplitude"], 3.63505711524, rtol=1e-10)
    np.testing.assert_allclose(table["amplitude_by_quadrature"], 3.63505711524, rtol=1e-10)
    np.testing.assert_allclose(table["theta_e_found"], table["theta_e"], rtol=1e-8)


def test_the_shortcut_is_no_einstein_radius(run):
    short = run["tables/shortcut/theta_shortcut"].sel(model=["cluster_baryons", "cluster_sigma_effective"]).values
    assert short.max() == pytest.approx(5.7, abs=0.05)
    true = run["tables/theta_e/theta_e"].sel(model=["cluster_baryons", "cluster_sigma_effective"]).values
    assert (short < true).all()


def test_the_first_row_of_the_gas_is_the_run_itself(run):
    gas, table = run["tables/gas"].to_dataset(), run["tables/theta_e"].to_dataset()
    np.testing.assert_array_equal(gas["theta_e"].values[0], table["theta_e"].sel(cluster="toy2").values)
    assert list(gas["gas"].values[[0, 3]]) == ["isothermal", "temperature, no clumping"]


def test_notes_say_who_stands_where_and_what_is_no_test(run):
    notes = _notes(run)
    for words in (
        "MOND: cluster_mond_simple 5.0, 6.4, 7.9; baryons alone: cluster_baryons 3.6, 4.4, 5.3",
        "0 for cluster_window_rising",
        "cluster_window_rising: Einstein radii are 1.2 to 7.5 % larger than those of cluster_baryons",
        "nothing here is a test of any model",
        "MACS1149",
    ):
        assert words in notes


def test_observed_radii_are_inside_or_not_and_the_coverage_has_its_interval(own):
    table, coverage = own["tables/predictive"].to_dataset(), own["tables/coverage"].to_dataset()
    assert list(table["place"].sel(cluster=["toy1", "mine", "other"]).values) == ["not observed", "inside", "outside"]
    both, held_out = coverage.sel(set="all observed"), coverage.sel(set="held out")
    assert (both["n"].item(), both["n_inside"].item()) == (2, 1)
    assert both["fraction_lower"].item() == pytest.approx(beta.ppf(0.025, 1, 2), rel=1e-9)
    assert both["fraction_upper"].item() == pytest.approx(beta.ppf(0.975, 2, 1), rel=1e-9)
    assert both["chance"].item() == pytest.approx(1.0 - 0.32**2, rel=1e-12)
    assert (held_out["n"].item(), held_out["n_inside"].item()) == (1, 1)
    assert "mine, observed 18.4 ± 1 arcsec, nearest first: cluster_window_interior 18.4" in _notes(own)
    assert "other, observed 60 arcsec" in _notes(own)


def test_two_of_two_inside_happen_by_chance_with_046(executed):
    clusters = (OWN[0], OWN[0].replace("mine", "second"))
    tree = executed("clusters_einstein", *FEW, *clusters)
    assert tree["tables/coverage/chance"].sel(set="all observed").item() == pytest.approx(0.4624, rel=1e-12)
    assert "probability 0.46" in _notes(tree)


def test_an_error_of_the_observed_radius_widens_what_is_predicted(own):
    table = own["tables/predictive"].to_dataset()
    width = (table["upper"] - table["lower"]).sel(cluster=["toy2", "mine"]).values
    assert width[0] < width[1]


def test_a_distribution_of_sources_has_no_distance_of_its_own(own):
    lens = own["tables/lenses"].to_dataset().sel(cluster=["mine", "other"])
    assert np.isnan(lens["D_s"].values[1])
    assert lens["distance_ratio"].values[1] == pytest.approx(0.5 * lens["distance_ratio"].values[0], rel=1e-12)
    assert lens["sigma_crit"].values[1] == pytest.approx(2.0 * lens["sigma_crit"].values[0], rel=1e-12)


def test_clusters_without_an_einstein_radius_are_nan_and_counted(executed):
    diffuse = "+clusters.diffuse={m500: 1e14, z_l: 0.3, z_s: 2.0, f_bcg: 0, f_icl: 0}"
    tree = executed("clusters_einstein", *FEW, diffuse, "sim.cluster=diffuse")
    found = tree["tables/theta_e/theta_e"].sel(cluster="diffuse").values
    assert np.isnan(found).all()
    assert "No Einstein radius: 3 of 12 (NaN): cluster_baryons in diffuse" in _notes(tree)
    row = tree["tables/predictive"].to_dataset().sel(cluster="diffuse")
    assert row["n_none"].item() == 60
    assert np.isnan(row["median"].item())


def test_a_sheet_of_the_run_is_one_of_every_cluster(executed):
    fewer = (*FEW, "~clusters.toy1", "sim.predictive=null")
    one = executed("clusters_einstein", *fewer, "sim.kappa_ext=0.05")
    own_sheets = [f"+clusters.toy{i}.kappa_ext=0.05" for i in (2, 3)]
    other = executed("clusters_einstein", *fewer, *own_sheets)
    np.testing.assert_array_equal(one["tables/theta_e/theta_e"], other["tables/theta_e/theta_e"])


def test_several_crossings_are_listed_and_the_outermost_is_the_einstein_radius(executed):
    models = f"models=[{BASELINES},cluster_window_rising]"
    strong = "models.cluster_window_rising.params.amplitude=30"
    tree = executed(
        "clusters_einstein", *FAST, models, strong, "~clusters.toy3", "sim.triaxial=null", "sim.predictive=null"
    )
    rows = tree["tables/crossings"].to_dataset()
    assert list(rows["cluster"].values) == ["toy2"] * 3
    assert list(rows["is_downward"].values) == [True, False, True]
    model = tree["models/cluster_window_rising"].to_dataset().sel(cluster="toy2")
    assert rows["crossing_radius"].values[-1] == model["einstein_radius"].item()
    assert model["n_crossings"].item() == 3
    assert "at several radii of 1 of 6 lenses (cluster_window_rising in toy2)" in _notes(tree)


def test_another_cosmology_of_astropy_can_replace_the_default(executed):
    named = ("cosmology._target_=solvers.clusters.lens.NamedCosmology", "~cosmology.H0", "~cosmology.Om0")
    tree = executed("clusters_einstein", *FEW, "sim.predictive=null", *named, "+cosmology.name=WMAP9")
    from astropy.cosmology import WMAP9

    expected = WMAP9.angular_diameter_distance(0.2).to_value("kpc")
    assert tree["tables/lenses/D_l"].values[0] == pytest.approx(expected, rel=1e-9)


def test_equal_seeds_give_equal_intervals(composed, executed):
    overrides = ["+experiment=clusters_einstein", *FEW, *ALONE, "seed=3"]
    first, second = (execute(prepare(composed(*overrides)), overrides) for _ in range(2))
    assert first.attrs["result_hash"] == second.attrs["result_hash"]
    other = executed("clusters_einstein", *FEW, *ALONE)
    assert not np.array_equal(first["tables/predictive/median"], other["tables/predictive/median"])


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["+clusters.mine={m500: 8e14, z_l: 0.5, z_s: 0.5}"], "clusters.mine.z_s=0.5: sources must lie behind"),
        (["+clusters.mine={z_l: 0.5, z_s: 1.5}"], "clusters.mine: give m500"),
        (["+clusters.mine={m500: 8e14, z_l: 0.5, zs: 1.5}"], "clusters.mine.zs: unknown key; did you mean z_s"),
        (["+clusters.mine={m500: big, z_l: 0.5, z_s: 1.5}"], "clusters.mine.m500='big': must be a number"),
        (["+clusters.mine=7"], "clusters.mine: must be a mapping"),
        (["+clusters.toy1.gas={temperature: hot}"], "clusters.toy1.gas.temperature='hot'"),
        (["sim.search_range.max=40"], "clusters.toy3: .*above 1 at its end, 40 kpc.*sim.search_range"),
        (["~clusters.toy1", "~clusters.toy2", "~clusters.toy3"], "clusters: name at least one"),
        (["~cosmology._target_"], "cosmology: must have luminosity_distance"),
        (["models=[cluster_window_interior]"], "models: Σ is shown beside MOND"),
        (["sim.cluster=toy9"], "sim.cluster='toy9': must be one of toy1, toy2, toy3"),
        (["sim.radius=[10, 5]"], "sim.radius: must increase"),
        (["sim.radius_range.min=0"], "sim.radius_range"),
        (["sim.search_range.num=5"], "sim.search_range: steps must be below"),
        (["sim.start=1"], "sim.start=1: must be > 0 and <= the first radius"),
        (["sim.kappa_ext=1.2"], "sim.kappa_ext=1.2: must be < 1"),
        (["+clusters.toy1.kappa_ext=1.2"], "clusters.toy1.kappa_ext=1.2: must be finite and < 1"),
        (["sim.kappa_ext=0.6", "+clusters.toy1.kappa_ext=0.5"], "clusters.toy1.kappa_ext=0.5: must be < 1 with sim.ka"),
        (["sim.constants=si"], "sim.constants='si': must be one of"),
        (["sim.predictive.n_draws=0"], "sim.predictive.n_draws=0: must be >= 1"),
        (["sim.predictive.window=flat"], "sim.predictive.window='flat': must be one of"),
        (["sim.predictive.sigma_A=wide"], "sim.predictive.sigma_A='wide': must be a number"),
        (["sim.isothermal={f_b: 2}"], "sim.isothermal.f_b=2.0: must be > 0 and <= 1"),
        (["sim.extents=[]"], "sim.extents"),
    ],
)
def test_requests_that_cannot_be_answered_are_refused_in_one_line(composed, overrides, line):
    fast = [each for each in FEW if not any(other.startswith("models=") for other in overrides) or "models" not in each]
    request = prepare(composed("+experiment=clusters_einstein", *fast, *overrides))
    with pytest.raises(InvalidInput, match=line) as refused:
        execute(request, [])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("node", "line"),
    [
        ({"normalisations": ["mass"]}, "sim.triaxial.normalisations=.*must be a list of volume, global, none"),
        ({"normalisations": "volume"}, "sim.triaxial.normalisations=volume"),
        ({"model": "nope"}, "sim.triaxial.model=nope: must be one of the models.*or sim.triaxial=null$"),
        ({"qlos": [1]}, "sim.triaxial.qlos: unknown key; did you mean q_los"),
        ({"q_los": [-1.0]}, r"sim.triaxial.q_los\[0\]"),
    ],
)
def test_shapes_that_are_none_are_refused(node, line):
    with pytest.raises(InvalidInput, match=line):
        triaxial_cases(node, {})


def test_a_node_may_name_its_class_or_be_an_object_already():
    lens = ClusterLens(m500=1e15, z_l=0.2, z_s=1.0)
    assert built("clusters.a", lens, ClusterLens) is lens
    node = {"m500": 1e15, "z_l": 0.2, "z_s": 1, "gas": {"temperature": "temperature", "clumping": {"C0": 1}}}
    found = built("clusters.a", {"_target_": "solvers.clusters.lens.ClusterLens", **node}, ClusterLens)
    assert isinstance(found.gas, GasShape)
    assert (found.gas.temperature, found.gas.clumping.C0) == ("temperature", 1.0)


def test_models_without_that_of_the_shapes_are_refused_with_what_to_set(composed):
    models = "models=[cluster_sigma,cluster_mond_simple,cluster_baryons]"
    with pytest.raises(InvalidInput, match="sim.triaxial.model=cluster_uniform.*or sim.triaxial=null"):
        execute(prepare(composed("+experiment=clusters_einstein", *FAST, models)), [])


def test_sheets_of_1_and_more_are_counted_above_all_others(executed):
    tree = executed("clusters_einstein", *FEW, *ALONE, "sim.predictive.sigma_kappa=1")
    row = tree["tables/predictive"].to_dataset().isel(cluster=0)
    drawn = PopulationNumbers(sigma_kappa=1.0).draw(60, np.random.default_rng(0)).kappa_ext
    assert row["n_beyond"].item() >= int((drawn >= 1.0).sum()) > 0
    assert np.isfinite(row["median"].item())
    assert f"above all others: {row['n_beyond'].item()}." in _notes(tree)


def test_one_cluster_gives_one_number_and_a_window_alone_its_sentence(executed):
    models = f"models=[{BASELINES},cluster_window_rising]"
    few = [each for each in FEW if not each.startswith("models=")]
    notes = _notes(executed("clusters_einstein", *few, models, *ALONE))
    assert "C is 0 at the centre for cluster_window_rising, which is the form that SI §13.1 prints." in notes
    assert "cluster_window_rising: Einstein radii are 3.8 % larger than those of cluster_baryons" in notes


def test_the_isothermal_table_refuses_unknown_keys():
    with pytest.raises(InvalidInput, match="sim.isothermal.fb: unknown key"):
        isothermal_table({"fb": 0.3})
