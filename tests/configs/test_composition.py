"""Every file of conf/ composes, builds, and has no key that its class does not know."""

import dataclasses
import importlib
import inspect

import pytest
from omegaconf import OmegaConf

from outputs.request import CONF, experiments, prepare
from solvers.backgrounds import Background
from solvers.laws import Law

ROOMS = ("sims", "solvers", "catalogs")


def names(group):
    """The members of a group of the configuration."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


EXPERIMENTS = names("experiment")
GROUPS = sorted(path.name for path in CONF.iterdir() if path.is_dir() and list(path.glob("*.yaml")))


def test_there_is_something_to_test():
    assert {"pantheon_baryons", "background"} <= set(EXPERIMENTS)
    assert {"law", "models", "catalog", "inference", "backend"} <= set(GROUPS)
    assert {"lcdm", "sigma_baryons"} <= set(names("models"))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_composes_and_builds_under_its_own_name(composed, name):
    request = prepare(composed(f"+experiment={name}"))
    assert request.config["experiment"] == name
    assert request.arguments["models"]
    assert all(isinstance(model, Background) for model in request.arguments["models"].values())


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_begins_with_its_package_and_a_line_for_the_help(name):
    first, second, *rest = (CONF / "experiment" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert first == "# @package _global_"
    assert second.startswith("# ")
    assert 20 < len(second) < 120
    assert experiments()[name] == second[2:]
    assert any(f"run.py +experiment={name}" in line for line in rest if line.startswith("#"))


@pytest.mark.parametrize("experiment", ["pantheon_baryons", "background"])
@pytest.mark.parametrize("name", names("models"))
def test_every_model_composes_alone_in_an_experiment(composed, experiment, name):
    request = prepare(composed(f"+experiment={experiment}", f"models=[{name}]", *_without_settings(experiment, name)))
    (model,) = request.arguments["models"].items()
    assert model[0] == name
    assert isinstance(model[1], Background)
    assert model[1].label


@pytest.mark.parametrize("name", ["wcdm", "lcdm"])
def test_a_list_of_models_replaces_those_that_the_experiment_has_settings_for(composed, name):
    request = prepare(composed("+experiment=background", f"models=[{name}]"))
    assert list(request.arguments["models"]) == [name]


def _without_settings(experiment, name):
    """An experiment's own settings of models that it does not have have to go with the models."""
    config = OmegaConf.load(CONF / "experiment" / f"{experiment}.yaml")
    return [f"~models.{other}" for other in config.get("models", {}) if other != name]


@pytest.mark.parametrize("name", names("models"))
def test_every_model_is_packed_under_its_own_name(name):
    assert (CONF / "models" / f"{name}.yaml").read_text(encoding="utf-8").startswith(f"# @package models.{name}\n")


@pytest.mark.parametrize("name", names("law"))
def test_every_law_reaches_the_model(composed, name):
    request = prepare(composed("+experiment=pantheon_baryons", f"law={name}"))
    law = request.arguments["models"]["sigma_baryons"].law
    assert isinstance(law, Law)
    assert type(law).__name__.lower() == name.replace("_", "")


@pytest.mark.parametrize(("group", "name"), [(g, n) for g in ("backend", "inference") for n in names(g)])
def test_every_backend_and_inference_composes_and_builds(composed, group, name):
    request = prepare(composed("+experiment=pantheon_baryons", f"{group}={name}"))
    built = request.arguments[group]
    assert f"{type(built).__module__}.{type(built).__name__}" == request.config[group]["_target_"]


def _files():
    return sorted(str(path.relative_to(CONF)) for path in CONF.rglob("*.yaml"))


def _located(target):
    module, _, name = target.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _nodes(node, path=""):
    if isinstance(node, dict):
        if "_target_" in node:
            yield path, node
        for key, value in node.items():
            yield from _nodes(value, f"{path}.{key}")
    if isinstance(node, list):
        for i, value in enumerate(node):
            yield from _nodes(value, f"{path}[{i}]")


@pytest.mark.parametrize("file", [name for name in _files() if name != "config.yaml"])
def test_every_key_of_a_file_is_a_field_of_its_class(file):
    content = OmegaConf.to_container(OmegaConf.load(CONF / file), resolve=False)
    found = list(_nodes(content))
    assert found, f"{file} names no class"
    for path, node in found:
        target = _located(node["_target_"])
        fields = (
            {field.name for field in dataclasses.fields(target)}
            if dataclasses.is_dataclass(target)
            else set(inspect.signature(target).parameters)
        )
        assert {key for key in node if not key.startswith("_") and key != "defaults"} <= fields, path
        assert target.__module__.partition(".")[0] in ROOMS


@pytest.mark.parametrize(
    ("group", "name"), [(g, n) for g in ("catalog", "inference", "backend", "law") for n in names(g)]
)
def test_a_group_shows_every_field_of_its_classes(composed, group, name):
    config = OmegaConf.to_container(composed("+experiment=background", f"{group}={name}")[group])
    for path, node in _nodes(config):
        fields = {field.name for field in dataclasses.fields(_located(node["_target_"]))}
        assert fields <= set(node), path


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_leaf_of_a_composed_experiment_is_known_to_its_class(composed, name):
    config = composed(f"+experiment={name}")
    container = OmegaConf.to_container(config, resolve=True)
    for path, node in _nodes(container):
        known = inspect.signature(_located(node["_target_"])).parameters
        assert {key for key in node if not key.startswith("_")} <= set(known), path


@pytest.mark.parametrize("name", names("models"))
def test_every_parameter_of_a_model_file_is_one_of_its_class(name):
    content = OmegaConf.to_container(OmegaConf.load(CONF / "models" / f"{name}.yaml"), resolve=False)
    target = _located(content["_target_"])
    assert set(content["params"]) <= set(target.domain)
    assert set(target.domain) - set(target.defaults) <= set(content["params"])


@pytest.mark.parametrize("file", _files())
def test_no_file_holds_a_path_of_a_machine(file):
    text = (CONF / file).read_text(encoding="utf-8")
    assert not [
        line for line in text.splitlines() if any(word in line for word in ("/home/", "/root/", "/Users/", "C:\\"))
    ]


def test_the_defaults_of_the_configuration_end_with_the_overrides():
    defaults = [
        str(next(iter(entry), entry)) if not isinstance(entry, str) else entry
        for entry in OmegaConf.to_container(OmegaConf.load(CONF / "config.yaml"))["defaults"]
    ]
    assert defaults[0] == "_self_"
    first = next(i for i, entry in enumerate(defaults) if entry.startswith("override"))
    assert all(entry.startswith("override") for entry in defaults[first:])
    assert defaults[first - 1].startswith("optional local")
