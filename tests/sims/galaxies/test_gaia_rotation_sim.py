"""The experiment gaia_rotation: a made-up catalogue about a known curve, and the public stars."""

import json

import numpy as np
import pytest

from catalogs.gaia_processed import STARS
from solvers.errors import InvalidInput

N_STARS, DISPERSION, SEED = 40_000, 25.0, 3


def curve(radius):
    """The curve that the made-up stars follow [km/s]."""
    return 229.0 - 1.7 * (radius - 8.122)


def write(folder, radius, height, v_phi):
    """A table in the format of SI §27.2; its column v_phi has no sign."""
    rows = ["source_id,R_cyl,z,v_phi_signed,v_phi,v_phi_err"]
    rows += [
        f"{i},{r:.9f},{z:.6f},{v:.9f},{abs(v):.9f},1.0"
        for i, (r, z, v) in enumerate(zip(radius, height, v_phi, strict=True))
    ]
    (folder / STARS.name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return ("catalog=gaia_processed", f"catalog.path={folder}", "catalog.verify_sha256=false")


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(SEED)
    radius = rng.uniform(4.0, 12.0, N_STARS)
    height = rng.uniform(-0.45, 0.45, N_STARS)
    v_phi = curve(radius) + rng.normal(0.0, DISPERSION, N_STARS)
    thick = np.arange(N_STARS) % 10 == 0
    # what is far from the plane or beyond the edges must not enter: it has no rotation at all
    return (
        np.where(thick, radius + 10.0 * (height > 0), radius),
        np.where(thick, 0.7, height),
        np.where(thick, 5, v_phi),
    )


@pytest.fixture(scope="module")
def on_drawn(drawn, tmp_path_factory):
    return write(tmp_path_factory.mktemp("stars"), *drawn)


@pytest.fixture(scope="module")
def tree(executed, on_drawn):
    return executed("gaia_rotation", *on_drawn)


@pytest.fixture(scope="module")
def gaia(executed, loaded):
    from catalogs.gaia_plane import GaiaPlane

    loaded(GaiaPlane())
    return executed("gaia_rotation")


@pytest.mark.parametrize("error", ["bootstrap", "normal"])
def test_stars_about_a_known_curve_return_it_within_the_standard_error(executed, on_drawn, error):
    bins = executed("gaia_rotation", *on_drawn, f"sim.error={error}")["tables/bins"]
    assert bins.sizes["bin"] == 16
    pull = (bins["v_phi"] - curve(bins["bin"])) / bins["v_phi_err"]
    assert np.abs(pull).max() < 3.5
    assert (pull**2).sum() == pytest.approx(16.0, abs=3.0 * np.sqrt(32.0))
    expected = np.sqrt(np.pi / 2.0) * DISPERSION / np.sqrt(bins["n"])
    # one bootstrap error scatters by about n^(-1/4)
    np.testing.assert_allclose(bins["v_phi_err"], expected, rtol=0.05 if error == "normal" else 0.4)
    assert (bins["v_phi_err"] / expected).mean() == pytest.approx(1.0, abs=0.08)


def test_stars_off_the_plane_or_beyond_the_edges_do_not_enter(tree, drawn):
    radius, height, _ = drawn
    expected = (np.abs(height) < 0.5) & (radius >= 4.0) & (radius < 14.5)
    assert tree["data"].sizes["star"] == expected.sum()
    assert tree["tables/bins"]["n"].sum() == expected.sum()


def test_medians_are_those_of_numpy_in_left_closed_bins(executed, tmp_path_factory):
    radius, v_phi = np.array([5.0, 5.2, 5.5, 5.5, 5.7, 6.0]), np.array([200.0, 210.0, 220.0, 230.0, 250.0, 999.0])
    stars = write(tmp_path_factory.mktemp("few"), radius, np.zeros(6), v_phi)
    bins = executed("gaia_rotation", *stars, "sim.edges=[5,5.5,6]", "sim.min_stars=2")["tables/bins"]
    assert bins["n"].values.tolist() == [2, 3]
    assert bins["v_phi"].values.tolist() == [205.0, 230.0]
    assert bins["bin"].values.tolist() == [5.25, 5.75]
    only = executed("gaia_rotation", *stars, "sim.edges=[5,5.5,6]", "sim.min_stars=3")
    assert only["tables/bins"]["n"].values.tolist() == [3]
    assert only["data"].sizes["star"] == 5
    assert "2 are in bins with fewer" in only.attrs["notes"]


def test_star_level_bias_and_scatter_are_those_by_hand(tree):
    from solvers.galaxies.milky_way import MilkyWayBaryons

    radius, v_phi = (tree[f"data/{name}"].values for name in ("radius", "v_phi"))
    rotating = v_phi > 0
    g_obs, v_bar = v_phi[rotating] ** 2, MilkyWayBaryons(bulge="as_published").v_squared(radius[rotating])
    x = v_bar * 1e6 / (radius[rotating] * 3.086e19) / 1.2e-10
    table = tree["tables/stars"].to_dataset()
    for model, g_pred in (("rotation_newton", v_bar), ("rotation_mond_rar", v_bar / (1.0 - np.exp(-np.sqrt(x))))):
        residual = np.log10(g_obs / g_pred)
        (i,) = np.flatnonzero((table["model"].values == model) & (table["baryons"].values == "as_published"))
        row = table.isel(case=i)
        assert row["n"] == rotating.sum()
        assert row["rar_bias"].item() == pytest.approx(residual.mean(), rel=1e-9)
        assert row["rar_scatter"].item() == pytest.approx(residual.std(), rel=1e-9)
        assert row["rar_median"].item() == pytest.approx(np.median(residual), rel=1e-9)


def test_stars_that_move_backwards_have_no_logarithm_and_are_counted(executed, tmp_path_factory):
    radius, v_phi = np.full(200, 8.0), np.where(np.arange(200) < 3, -150.0, 220.0)
    stars = write(tmp_path_factory.mktemp("backwards"), radius, np.zeros(200), v_phi)
    tree = executed("gaia_rotation", *stars)
    assert (tree["tables/stars"]["n"] == 197).all()
    assert np.isfinite(tree["tables/stars"]["rar_scatter"]).all()
    assert tree["tables/bins"]["n"].item() == 200
    assert "3 stars with v_phi <= 0" in tree.attrs["notes"]


def test_medians_of_the_public_stars_are_those_found_elsewhere(executed, gaia):
    # shared data notes: 218.6, 218.2 and 216.0 km/s within 6-7, 7-8 and 8-9 kpc
    bins = executed("gaia_rotation", "sim.edges=[6,7,8,9]")["tables/bins"]
    np.testing.assert_allclose(bins["v_phi"], [218.6, 218.2, 216.0], atol=0.051)
    assert gaia["data"].sizes["star"] == 143_817
    assert gaia["tables/bins"].sizes["bin"] == 14
    assert (gaia["tables/bins"]["n"] > 100).all()


def test_both_errors_of_the_public_stars_are_of_one_size(executed, gaia):
    # the stars have tails, which the normal form takes for dispersion
    normal = executed("gaia_rotation", "sim.error=normal")["tables/bins"]
    ratio = gaia["tables/bins"]["v_phi_err"] / normal["v_phi_err"]
    assert 0.5 < ratio.min() < ratio.max() < 1.2
    np.testing.assert_array_equal(gaia["tables/bins"]["v_phi"], normal["v_phi"])


def test_every_output_says_that_the_drift_is_not_corrected(gaia, tree):
    for each in (gaia, tree):
        notes = json.loads(each.attrs["notes"])
        assert "asymmetric drift, here not corrected" in notes[0]
        assert "not verified" in " ".join(notes)
        assert "asymmetric drift" in each["tables/bins"]["v_phi"].attrs["long_name"]
        assert "asymmetric drift" in each["tables/printed"]["v_phi"].attrs["long_name"]
        assert "asymmetric drift" in each["data"].attrs["note"]
    assert "here 232.24 km/s" in gaia.attrs["notes"]


def test_si_27_5_stands_beside_these_stars(gaia):
    table = gaia["tables/printed"]
    assert table["printed"].values.tolist() == [226.0, 228.0, 229.0]
    assert (table["v_phi"] < 219.0).all()
    assert "the line of SI §11.3 gives 232.6, 230.9, 229.2" in " ".join(json.loads(gaia.attrs["notes"]))


def test_the_same_seed_gives_the_same_errors(executed, on_drawn, tree):
    again = executed("gaia_rotation", *on_drawn, "sim.error=bootstrap")
    other = executed("gaia_rotation", *on_drawn, "seed=1")
    errors = [each["tables/bins"]["v_phi_err"].values for each in (tree, again, other)]
    np.testing.assert_array_equal(errors[0], errors[1])
    assert (errors[0] != errors[2]).all()


REFUSED = {
    "edges that fall": ("sim.edges=[8,5]", "sim.edges: must be two or more increasing"),
    "one edge": ("sim.edges=[8]", "sim.edges: must be two or more increasing"),
    "negative edge": ("sim.edges=[-1,5]", r"sim.edges\[0\]=-1: must be >= 0"),
    "no height": ("sim.height_max=0", "sim.height_max=0.*: must be > 0 kpc, or null"),
    "one star": ("sim.min_stars=1", "sim.min_stars=1: must be >= 2"),
    "too many stars": ("sim.min_stars=1000000", "no bin has as many stars"),
    "no star": ("sim.edges=[200,201]", "no star is left"),
    "unknown error": ("sim.error=mad", "sim.error='mad': must be one of bootstrap, normal"),
    "one resample": ("sim.n_resamples=1", "sim.n_resamples=1: must be >= 2"),
    "a scan": ("models.milky_way_nfw.params.c={scan: [5, 10]}", "models.milky_way_nfw.params.c: give a number"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_one_line(executed, on_drawn, name):
    override, words = REFUSED[name]
    with pytest.raises(InvalidInput, match=words) as error:
        executed("gaia_rotation", *on_drawn, override)
    assert "\n" not in str(error.value)


def test_a_catalogue_without_stars_is_refused(executed):
    with pytest.raises(InvalidInput, match="holds no stars"):
        executed("gaia_rotation", "catalog=milky_way")


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (("catalog=gaia_processed",), "needs-data: gaia_processed_signed.csv"),
        (("catalog.path=nowhere",), "needs-data: gaia_dr3_rvs_plane_144k.csv.gz"),
        (("sim.min_stars=0",), "sim.min_stars=0: must be >= 2"),
        (("sim.height_max=-1",), "sim.height_max=-1"),
    ],
)
def test_a_wrong_request_is_one_line_and_status_2(command, nothing_written, overrides, words):
    done = command("run.py", "+experiment=gaia_rotation", *overrides)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    nothing_written()
