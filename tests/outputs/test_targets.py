"""A stored configuration builds nothing but what our rooms define."""

import contextlib
import sys

import pytest

from outputs.request import prepare
from outputs.targets import ROOMS, BadRequest, locate, targets

FOREIGN = [
    "os.system",
    "builtins.eval",
    "subprocess.Popen",
    "hydra._internal.instantiate._instantiate2.instantiate",
    "hydra.utils.instantiate",
    "solvers.laws.base.np.load",
    "sims.confrontation.json.loads",
    "sims.likelihoods.supernovae.lru_cache",
    "sims.confrontation.run_tree",
    "solvers.laws.base.math",
    "solvers.laws",
    "solversx.laws.Sigma",
    "catalogs:files",
    "outputs.file.write_atomically",
    "analysis.figures.save",
]


def _stored(**changed):
    """A small configuration as a file would keep it."""
    model = {"_target_": "solvers.backgrounds.PowerLaw", "params": {"p": 1.0}}
    settings = {"experiment": "background", "sim": {"_target_": "sims.background.curves"}, "seed": 0}
    settings |= {"resume": False, "figure": False, "z": [1.0], "z_range": {"min": 0.0, "max": 1.0, "num": 2}}
    return settings | {"models": {"p": model}} | changed


def test_the_stored_configuration_of_these_tests_is_accepted():
    assert list(prepare(_stored(), allowed=ROOMS).arguments["models"]) == ["p"]


@pytest.mark.parametrize("target", FOREIGN)
def test_a_target_is_refused_by_the_module_that_defines_it(target):
    with pytest.raises(BadRequest) as refusal:
        locate("models.a", target, ROOMS)
    assert str(refusal.value).startswith("models.a._target_=")
    assert "not defined in sims, solvers, catalogs" in str(refusal.value)
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize("target", FOREIGN)
def test_a_whole_configuration_with_a_foreign_target_is_refused(target):
    with pytest.raises(BadRequest, match="_target_="):
        prepare(_stored(other={"_target_": target}), allowed=ROOMS)


def _opener(path):
    return {"_target_": "builtins.open", "file": str(path), "mode": "w"}


NESTED = {
    "itself": lambda node: node,
    "mapping": lambda node: {"y": {"z": node}},
    "list": lambda node: [1, node],
    "mapping in a list": lambda node: [{"y": [{"z": node}]}],
    "list in a list": lambda node: [[node]],
    "positional": lambda node: {"_target_": "solvers.laws.Sigma", "_args_": [node]},
    "positional list": lambda node: {"_target_": "solvers.laws.Sigma", "_args_": [[node]]},
    "argument": lambda node: {"_target_": "solvers.laws.Sigma", "g_dagger": node},
    "argument in a list": lambda node: {"_target_": "solvers.laws.Sigma", "g_dagger": [[node]]},
}


@pytest.mark.parametrize("place", NESTED)
def test_a_foreign_target_is_found_however_deep_it_lies(place, tmp_path):
    proof = tmp_path / "proof"
    models = _stored()["models"] | {"q": NESTED[place](_opener(proof))}
    with pytest.raises(BadRequest, match="builtins"):
        prepare(_stored(models=models), allowed=ROOMS)
    assert not proof.exists()


def test_text_is_not_read_as_an_interpolation_a_second_time(tmp_path):
    proof = tmp_path / "proof"
    text = f"\\${{oc.create:{{_target_:builtins.open,file:{proof},mode:w}}}}"
    with contextlib.suppress(BadRequest):
        prepare(_stored(models=_stored()["models"] | {"q": {"y": text}}), allowed=ROOMS)
    assert not proof.exists()


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    """A user's module that nobody has imported yet."""
    (tmp_path / "tests_own_law.py").write_text("class Made:\n    number = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "tests_own_law"
    sys.modules.pop("tests_own_law", None)


def test_nothing_is_imported_for_a_refused_name(own_module):
    with pytest.raises(BadRequest, match=f"--allow {own_module}"):
        locate("law", f"{own_module}.Made", ROOMS)
    assert own_module not in sys.modules


@pytest.mark.parametrize("allowed", [None, (*ROOMS, "tests_own_law")])
def test_a_module_that_is_allowed_is_imported(own_module, allowed):
    assert locate("law", f"{own_module}.Made", allowed)().number == 1


def test_allowing_one_module_allows_no_other(own_module):
    with pytest.raises(BadRequest):
        locate("law", "os.system", (*ROOMS, own_module))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (None, "must be the dotted name of a class"),
        (3, "must be the dotted name of a class"),
        ("solvers.laws.Sigmo", "cannot be imported"),
        ("solvers.nowhere.Sigma", "cannot be imported"),
        ("", "cannot be imported"),
        ("solvers.constants.C_KM_S", "must be a class or a function"),
    ],
)
def test_a_name_that_means_nothing_is_said(target, expected):
    with pytest.raises(BadRequest, match=expected) as refusal:
        locate("law", target, None)
    assert str(refusal.value).startswith("law._target_=")


def test_every_target_is_listed_with_its_key():
    config = {"a": {"_target_": "x", "b": {"_target_": "y"}}, "c": [1, {"_target_": "z", "d": {"_target_": "w"}}]}
    assert [(key, node["_target_"]) for key, node in targets(config)] == [
        ("a", "x"),
        ("a.b", "y"),
        ("c[1]", "z"),
        ("c[1].d", "w"),
    ]
