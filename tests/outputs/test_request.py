"""From a composed configuration to what will be computed: keys in messages, values in types, content in the hash."""

from dataclasses import replace

import pytest
from omegaconf import OmegaConf

from outputs.request import Request, execute, experiments, prepare
from outputs.targets import BadRequest
from solvers.backgrounds import DarkEnergy, SigmaBaryons
from solvers.laws import Law

BACKGROUND = ["+experiment=background", "z=[1.0]"]


@pytest.fixture
def refusal(changed):
    """The message with which a background request is refused."""

    def _refusal(*overrides):
        with pytest.raises(BadRequest) as refused:
            prepare(changed(*overrides))
        assert refused.value.exit_code == 2
        return str(refused.value)

    return _refusal


def test_a_request_is_built_without_computing(composed):
    request = prepare(composed(*BACKGROUND))
    assert isinstance(request, Request)
    assert request.sim.__module__ == "sims.background"
    assert set(request.arguments) == {"models", "z_range", "z", "reference"}
    assert isinstance(request.arguments["models"]["lcdm"], DarkEnergy)
    assert isinstance(request.arguments["models"]["sigma_baryons"], SigmaBaryons)
    assert isinstance(request.arguments["models"]["sigma_baryons"].law, Law)
    assert type(request.arguments["models"]["lcdm"].params) is dict


def test_the_stored_configuration_is_resolved_and_gives_the_same_request(composed):
    request = prepare(composed(*BACKGROUND, "law.g_dagger.form=6"))
    text = OmegaConf.to_yaml(OmegaConf.create(request.config))
    assert "${" not in text
    assert "hydra" not in request.config
    again = prepare(OmegaConf.create(text), allowed=("sims", "solvers", "catalogs"))
    assert again.content_hash == request.content_hash
    assert again.config == request.config


def test_preparing_changes_nothing_in_the_configuration(composed):
    config = composed(*BACKGROUND)
    before = OmegaConf.to_yaml(config)
    prepare(config)
    assert OmegaConf.to_yaml(config) == before


def test_a_law_of_ones_own_is_checked_like_ours(composed, own_law, tmp_path, monkeypatch):
    (tmp_path / "tests_checked_law.py").write_text(own_law, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    target = "law._target_=tests_checked_law.Steep"
    law = prepare(composed(*BACKGROUND, target, "+law.power=3")).arguments["models"]["sigma_baryons"].law
    assert law.h(1.0) == 0.125
    with pytest.raises(BadRequest, match=r"law\.power='x': must be a number"):
        prepare(composed(*BACKGROUND, target, "+law.power=x"))


PARAMS = "models.lcdm.params"
REFUSED = {
    "reversed prior": (f"{PARAMS}.omega_m={{prior: {{min: 0.9, max: 0.1}}}}", f"{PARAMS}.omega_m.prior.min=0.9: "),
    "half a prior": (f"{PARAMS}.omega_m={{prior: {{min: 0.1}}}}", f"{PARAMS}.omega_m.prior: needs both min and max"),
    "ref outside": (f"{PARAMS}.omega_m={{prior: {{min: 0.1, max: 0.2}}, ref: 3}}", f"{PARAMS}.omega_m.ref=3: "),
    "another prior": (f"{PARAMS}.H0={{prior: {{dist: beta, a: 2, b: 3}}}}", f"{PARAMS}.H0.prior"),
    "unknown key": (f"+{PARAMS}.H0={{priors: 1}}", f"{PARAMS}.H0.priors: unknown key; did you mean prior"),
    "empty scan": (f"{PARAMS}.H0={{scan: []}}", f"{PARAMS}.H0.scan=[]: must be a list"),
    "text in a scan": (f"{PARAMS}.H0={{scan: [70, fast]}}", f"{PARAMS}.H0.scan[1]='fast': must be a number"),
    "illegal in a scan": (f"{PARAMS}.H0={{scan: [70, -1]}}", f"{PARAMS}.H0.scan[1]=-1: must be > 0"),
    "reversed scan": (f"{PARAMS}.H0={{scan: {{min: 80, max: 60, num: 3}}}}", f"{PARAMS}.H0.scan.min=80: "),
    "short scan": (f"{PARAMS}.H0={{scan: {{min: 60, max: 80, num: 1}}}}", f"{PARAMS}.H0.scan.num=1: "),
    "log of zero": (
        f"{PARAMS}.omega_m={{scan: {{min: 0, max: 1, num: 3, log: true}}}}",
        f"{PARAMS}.omega_m.scan.min=0: ",
    ),
    "missing": (f"~{PARAMS}.omega_m", f"{PARAMS}.omega_m: missing, give a number or a prior"),
    "in a model": (
        "models.sigma_baryons.law={_target_: solvers.laws.Sigma, widow: 1}",
        "models.sigma_baryons.law.widow",
    ),
    "seed": ("seed=1.5", "seed=1.5: must be a whole number"),
    "figure": ("figure=maybe", "figure='maybe': must be true or false"),
}


OF_GROUPS = {
    "law.g_dagger.form='3e'": "law.g_dagger.form='3e': must be one of 2e, 4sqrtpi, 6",
    "law.amplitude.disk=-1": "law.amplitude.disk=-1.0: must be >= 0",
    "backend.threads=0": "backend.threads=0: must be >= 1",
    "catalog.z_min=-1": "catalog.z_min=-1.0: must be >= 0",
}


@pytest.mark.parametrize("override", OF_GROUPS)
def test_a_refusal_in_a_group_ends_with_the_key_that_was_typed(composed, override):
    with pytest.raises(BadRequest) as refused:
        prepare(composed("+experiment=pantheon_baryons", override))
    assert OF_GROUPS[override] in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_key_that_a_class_needs_is_named(composed):
    cluster = "+clusters.mine={_target_: solvers.clusters.lens.ClusterLens, z_l: 0.3, z_s: 2}"
    with pytest.raises(BadRequest, match=r"^clusters\.mine: give m500$"):
        prepare(composed("+experiment=clusters_einstein", cluster))


def test_a_refusal_of_the_law_begins_with_the_key_that_was_typed(refusal):
    assert refusal("law.amplitude.disk=-1").startswith("law.amplitude.disk=-1.0")


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_begins_with_the_full_key(refusal, name):
    override, expected = REFUSED[name]
    assert refusal(override).startswith(expected)


@pytest.mark.parametrize(
    "override",
    ["sim=sims.background.curves", "law._target_=builtins.dict"],
)
def test_a_node_of_the_wrong_kind_is_one_line(refusal, override):
    assert override.partition("=")[0].partition(".")[0] in refusal(override)


@pytest.mark.parametrize("override", ["models.lcdm=null", "models.lcdm=3"])
def test_a_model_that_is_none_is_one_line(changed, override):
    with pytest.raises(ValueError, match="models.lcdm") as refused:
        execute(prepare(changed(override)), [])
    assert refused.value.exit_code == 2


def test_a_request_without_experiment_lists_them(composed):
    with pytest.raises(BadRequest) as refused:
        prepare(composed())
    assert all(name in str(refused.value) for name in experiments())


def test_a_run_keeps_what_was_typed_and_the_threads_of_the_configuration(composed):
    from threadpoolctl import threadpool_info

    seen = []
    request = prepare(composed(*BACKGROUND))

    def watched(**arguments):
        seen.extend(threadpool_info())
        return request.sim(**arguments)

    tree = execute(replace(request, sim=watched), ["a=1", "b=ü"])
    assert tree.attrs["overrides"] == '["a=1", "b=\\u00fc"]'
    assert {pool["num_threads"] for pool in seen if pool["user_api"] == "blas"} == {1}
    assert tree.attrs["duration_s"] > 0
    assert OmegaConf.create(tree.attrs["config"]) == OmegaConf.create(request.config)
