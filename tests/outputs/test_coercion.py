"""Plain values of a configuration come in their declared type, and unknown keys are refused."""

from dataclasses import dataclass, field

import pytest

from outputs.targets import BadRequest, coerce, convert, nearest
from solvers.laws import CriticalAcceleration, Sigma


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
