"""Supernovae and BAO together: the extension of the cosmology specification, with its reference numbers."""

import json

import pytest

from catalogs.desi_dr2 import DesiDR2


@pytest.fixture(scope="module")
def tree(executed, pantheon_plus, loaded):
    loaded(DesiDR2())
    return executed("sn_bao", "law.g_dagger.form=2e")


def test_sigma_and_lcdm_reach_their_joint_minima(tree):
    sigma, lcdm = (tree[f"models/{name}"] for name in ("sigma_baryons", "lcdm"))
    assert sigma["chi2"].item() == pytest.approx(1591.4, abs=0.05)
    assert sigma["best_fit"].item() == pytest.approx(22.0, abs=0.5)
    assert not sigma["at_bound"].item()
    assert lcdm["chi2"].item() == pytest.approx(1416.1, abs=0.05)


def test_the_parts_of_chi2_add_up(tree):
    for node in tree["models"].children.values():
        assert node["chi2"].item() == pytest.approx(node["chi2_sn"].item() + node["chi2_bao"].item(), rel=1e-12)


def test_both_scales_are_counted_and_both_data_sets_are_named(tree):
    assert tree["models/gr_baryons/n_free"].item() == 2
    assert tree["models/lcdm/n_data"].item() == 1590 + 13
    assert [source["name"] for source in json.loads(tree.attrs["datasets"])] == ["pantheon_plus", "desi_dr2"]
    assert tree["data/bao/residual"].sizes == {"model": 4, "row": 13}
    assert tree["models/lcdm/r_d_H0"].item() == pytest.approx(10100.0, abs=150.0)
