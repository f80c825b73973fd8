"""A stored configuration builds nothing but what our rooms define, and plain values come in their declared type."""

import sys
from dataclasses import dataclass, field

import pytest

from outputs.request import prepare
from outputs.targets import ROOMS, BadRequest, coerce, convert, locate, nearest, targets
from solvers.laws import CriticalAcceleration, Sigma

FOREIGN = [
    "os.system",
    "builtins.eval",
    "subprocess.Popen",
    "hydra._internal.instantiate._instantiate2.instantiate",
    "hydra.utils.instantiate",
    "solvers.laws.base.np.load",
    "sims.supernovae.json.loads",
    "sims.supernovae.lru_cache",
    "sims.supernovae.run_tree",
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
    assert str(refusal.value).startswith(f"models.a._target_={target}: ")
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize("target", FOREIGN)
def test_a_whole_configuration_with_a_foreign_target_is_refused(target):
    with pytest.raises(BadRequest, match="_target_="):
        prepare(_stored(other={"_target_": target}), allowed=ROOMS)


def _opener(path):
    return {"_target_": "builtins.open", "file": str(path), "mode": "w"}


_UNSEEN = pytest.mark.xfail(strict=True, reason="targets() does not look into a list inside a list")
_LATE = pytest.mark.xfail(strict=True, reason="text that reads as an interpolation is resolved again when built")
NESTED = {
    "mapping": lambda node: {"x": node},
    "deep mapping": lambda node: {"x": {"y": {"z": node}}},
    "list": lambda node: {"x": [1, node]},
    "mapping in a list": lambda node: {"x": [{"y": [{"z": node}]}]},
    "positional": lambda node: {"x": {"_target_": "solvers.laws.Sigma", "_args_": [node]}},
    "argument": lambda node: {"x": {"_target_": "solvers.laws.Sigma", "g_dagger": node}},
    "list in a list": pytest.param(lambda node: {"x": [[node]]}, marks=_UNSEEN, id="list in a list"),
    "positional list": pytest.param(
        lambda node: {"x": {"_target_": "solvers.laws.Sigma", "_args_": [[node]]}}, marks=_UNSEEN, id="positional list"
    ),
    "made by a resolver": pytest.param(
        lambda node: {"x": {"y": f"\\${{oc.create:{{_target_:builtins.open,file:{node['file']},mode:w}}}}"}},
        marks=_LATE,
        id="made by a resolver",
    ),
}


@pytest.mark.parametrize("place", [v if hasattr(v, "marks") else pytest.param(v, id=k) for k, v in NESTED.items()])
def test_a_foreign_target_is_found_however_deep_it_lies(place, tmp_path):
    proof = tmp_path / "proof"
    with pytest.raises(BadRequest):
        prepare(_stored(**place(_opener(proof))), allowed=ROOMS)
    assert not proof.exists()


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    """A user's module that nobody has imported yet."""
    (tmp_path / "tests_own_law.py").write_text("def make():\n    return 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "tests_own_law"
    sys.modules.pop("tests_own_law", None)


def test_nothing_is_imported_for_a_refused_name(own_module):
    with pytest.raises(BadRequest, match=f"--allow {own_module}"):
        locate("law", f"{own_module}.make", ROOMS)
    assert own_module not in sys.modules


@pytest.mark.parametrize("allowed", [None, (*ROOMS, "tests_own_law")])
def test_a_module_that_is_allowed_is_imported(own_module, allowed):
    assert locate("law", f"{own_module}.make", allowed)() == 1


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


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (6, float, 6.0),
        ("1e3", float, 1000.0),
        (6, str, "6"),
        ("7", int, 7),
        (None, float | None, None),
        (2, float | None, 2.0),
        ("no", bool, False),
        ([1, 2], list, [1, 2]),
        (3, int | str, 3),
    ],
)
def test_a_plain_value_takes_the_declared_type(value, hint, expected):
    found = convert("key", value, hint)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "hint", "words"),
    [
        ("low", float, "a number"),
        (True, float, "a number"),
        ([1.0], float, "a number"),
        ({"a": 1}, float | None, "a number"),
        (1.5, int, "a whole number"),
        (True, int, "a whole number"),
        ("maybe", bool, "true or false"),
        (0.5, bool, "true or false"),
        (["a"], str, "text"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_key(value, hint, words):
    with pytest.raises(BadRequest) as refusal:
        convert("a.b.c", value, hint)
    assert str(refusal.value) == f"a.b.c={value!r}: must be {words}"


def test_null_is_refused_where_a_value_is_needed():
    with pytest.raises(BadRequest) as refusal:
        convert("a.b", None, int)
    assert str(refusal.value) == "a.b=null: must be a whole number"


def test_an_unknown_key_names_the_nearest():
    with pytest.raises(BadRequest) as refusal:
        coerce("law.g_dagger", {"_target_": "x", "from": "2e"}, CriticalAcceleration)
    assert str(refusal.value) == "law.g_dagger.from: unknown key; did you mean form?"
    assert nearest("zzz", ["a", "b"]) == "; known: a, b"


def test_what_is_not_a_plain_type_stays_as_it_is():
    node = {"_target_": "x", "g_dagger": {"form": 6}, "_convert_": "all"}
    assert coerce("law", node, Sigma) == node


def test_a_function_has_its_names_checked_and_its_values_kept():
    def sim(models, z=None):
        """Stand for a sim."""

    assert coerce("sim", {"_target_": "x", "z": 1}, sim) == {"_target_": "x", "z": 1}
    with pytest.raises(BadRequest, match="sim.zz: unknown key; did you mean z"):
        coerce("sim", {"zz": 1}, sim)


def test_a_class_of_ones_own_has_its_types_checked():
    @dataclass
    class Mine:
        """Stand for a user's class."""

        n: int = 1
        text: str = ""
        more: list = field(default_factory=list)

    assert coerce("mine", {"n": "3", "text": 6, "more": [1]}, Mine) == {"n": 3, "text": "6", "more": [1]}
    with pytest.raises(BadRequest, match="mine.n='x': must be a whole number"):
        coerce("mine", {"n": "x"}, Mine)
