"""Every file of conf/ composes, builds, and has no key that its class does not know."""

import dataclasses
import importlib
import inspect
import typing
from functools import cache
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from outputs.request import CONF, experiments, prepare
from outputs.targets import BadRequest
from solvers.inference.parametrised import Parametrised
from solvers.laws import Law

ROOMS = ("sims", "solvers", "catalogs")


def names(group):
    """The members of a group of the configuration."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


EXPERIMENTS = names("experiment")
GROUPS = sorted(path.name for path in CONF.iterdir() if path.is_dir() and list(path.glob("*.yaml")))


def _raw(file):
    """A file as it is written."""
    return OmegaConf.to_container(OmegaConf.load(CONF / file), resolve=False)


def _kind(experiment):
    """The class of the models that an experiment is about, by the type hint of its sim; None if it takes no models."""
    sim = _located(_raw(f"experiment/{experiment}.yaml")["sim"]["_target_"])
    return next(iter(typing.get_args(typing.get_type_hints(sim).get("models"))[1:]), None)


def _own(experiment):
    """Names of models that an experiment has beside those of its list."""
    entries = [entry for entry in _raw(f"experiment/{experiment}.yaml").get("defaults", []) if isinstance(entry, dict)]
    return {key.partition("@models.")[2] for entry in entries for key in entry if "@models." in key}


@pytest.fixture(scope="module")
def model_content(composed):
    """The content of a model's file, with that of the files that it begins with; interpolations as they are."""
    return cache(lambda name: OmegaConf.to_container(composed(f"models=[{name}]")["models"], resolve=False)[name])


def test_there_is_something_to_test():
    assert {"pantheon_baryons", "background", "cmb_peaks", "coherence_scaling"} <= set(EXPERIMENTS)
    assert {"law", "models", "catalog", "inference", "backend"} <= set(GROUPS)
    assert {"lcdm", "sigma_baryons", "lcdm_cmb", "sigma_peaks_narrow"} <= set(names("models"))
    assert {_kind(name).__name__ for name in ("background", "cmb_peaks")} == {"Background", "CmbModel"}
    assert _kind("coherence_scaling") is None


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_composes_and_builds_under_its_own_name_with_models_of_its_kind(composed, name):
    request = prepare(composed(f"+experiment={name}"))
    assert request.config["experiment"] == name
    kind, models = _kind(name), request.arguments.get("models") or {}
    if kind is None:
        assert not models
        assert not request.config.get("models")
    else:
        assert issubclass(kind, Parametrised)
        assert models
        assert all(isinstance(model, kind) for model in models.values())


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_begins_with_its_package_and_a_line_for_the_help(name):
    first, second, *rest = (CONF / "experiment" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert first == "# @package _global_"
    assert second.startswith("# ")
    assert 20 < len(second) < 120
    assert experiments()[name] == second[2:]
    assert any(f"run.py +experiment={name}" in line for line in rest if line.startswith("#"))


@pytest.mark.parametrize("name", names("models"))
def test_every_model_composes_alone_in_every_experiment_of_its_kind(composed, model_content, name):
    target = _located(model_content(name)["_target_"])
    kinds = {experiment: kind for experiment in EXPERIMENTS if (kind := _kind(experiment)) is not None}
    homes = [experiment for experiment, kind in kinds.items() if issubclass(target, kind)]
    assert homes, f"no experiment is about a {target.__name__}"
    for experiment in homes:
        alone = [f"models=[{name}]", *_without_settings(experiment, name)]
        models = prepare(composed(f"+experiment={experiment}", *alone)).arguments["models"]
        assert set(models) == {name} | _own(experiment), experiment
        assert type(models[name]) is target
        assert models[name].label


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_no_experiment_of_one_kind_takes_a_model_of_another(composed, model_content, name):
    kind = _kind(name)
    others = [
        other for other in names("models") if not issubclass(_located(model_content(other)["_target_"]), kind or ())
    ]
    if kind is None or not others:
        return
    with pytest.raises(
        BadRequest, match=f"models.{others[0]}: is no {kind.__name__}, which {name} is about"
    ) as refused:
        prepare(composed(f"+experiment={name}", f"+models={others[0]}"))
    listed = str(refused.value).partition("choose of ")[2].split(", ")
    assert listed == [other for other in names("models") if other not in others]


@pytest.mark.parametrize("name", ["wcdm", "lcdm"])
def test_a_list_of_models_replaces_those_that_the_experiment_has_settings_for(composed, name):
    request = prepare(composed("+experiment=background", f"models=[{name}]"))
    assert list(request.arguments["models"]) == [name]


def _without_settings(experiment, name):
    """An experiment's own settings of models that it does not have have to go with the models."""
    config = _raw(f"experiment/{experiment}.yaml")
    return [f"~models.{other}" for other in config.get("models", {}) if other != name and other not in _own(experiment)]


@pytest.mark.parametrize("name", names("models"))
def test_every_model_is_packed_under_its_own_name(name):
    assert (CONF / "models" / f"{name}.yaml").read_text(encoding="utf-8").startswith(f"# @package models.{name}\n")


@pytest.mark.parametrize("name", names("law"))
def test_every_law_reaches_the_model(composed, name):
    request = prepare(composed("+experiment=pantheon_baryons", f"law={name}"))
    law = request.arguments["models"]["sigma_baryons"].law
    assert isinstance(law, Law)
    assert name.replace("_", "").startswith(type(law).__name__.lower())


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
def test_every_key_of_a_file_is_a_field_of_its_class(model_content, file):
    content = model_content(Path(file).stem) if file.startswith("models/") else _raw(file)
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
def test_every_parameter_of_a_model_file_is_one_of_its_class(model_content, name):
    content = model_content(name)
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
