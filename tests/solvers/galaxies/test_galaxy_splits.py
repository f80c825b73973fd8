"""Splits of SPARC: the galaxies of the seeded ones, sizes, and that every galaxy is in one part."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.galaxies.splits import (
    CLASS_NAMES,
    holdout_by_type,
    morphology_class,
    plain_split,
    random_split,
    source_random_state,
    stratified_split,
)


@pytest.fixture(scope="session")
def sample(curves, table1):
    """Names of the 174 galaxies in their order, and their rows of Table 1."""
    names = curves().names
    return names, table1.loc[list(names)]


def is_partition(split, n):
    return sorted(np.concatenate([split.training, split.validation, split.test]).tolist()) == list(range(n))


def test_classes_of_the_hubble_types():
    np.testing.assert_array_equal(morphology_class(np.arange(12)), [4, 4, 3, 3, 2, 2, 1, 1, 1, 0, 0, 0])
    assert len(CLASS_NAMES) == 5


def test_counts_of_the_classes(sample):
    np.testing.assert_array_equal(np.bincount(morphology_class(sample[1]["hubble_type"])), [71, 41, 34, 22, 6])


def test_the_stratified_split_of_the_specification(sample):
    names, rows = sample
    split = stratified_split(names, morphology_class(rows["hubble_type"]), source_random_state())
    assert {part: len(found) for part, found in split.parts.items()} == {"training": 122, "validation": 26, "test": 26}
    assert [names[i] for i in split.training[:4]] == ["NGC2366", "CamB", "UGC06628", "DDO064"]
    assert is_partition(split, 174)


def test_every_part_spans_the_classes(sample):
    names, rows = sample
    codes = morphology_class(rows["hubble_type"])
    split = stratified_split(names, codes, np.random.default_rng(5))
    for part, counts in {"training": (50, 29, 24, 15, 4), "validation": (11, 6, 5, 3, 1)}.items():
        np.testing.assert_array_equal(np.bincount(codes[split.parts[part]], minlength=5), counts)
    assert set(codes[split.test]) == {0, 1, 2, 3, 4}


def test_a_split_is_of_the_galaxies_and_not_of_their_order(sample):
    names, rows = sample
    codes = morphology_class(rows["hubble_type"])
    order = np.random.default_rng(0).permutation(len(names))
    shuffled = [names[i] for i in order]
    there = stratified_split(names, codes, source_random_state())
    here = stratified_split(shuffled, codes[order], source_random_state())
    assert [names[i] for i in there.test] == [shuffled[i] for i in here.test]
    plain, shuffled_plain = plain_split(names, source_random_state()), plain_split(shuffled, source_random_state())
    assert [names[i] for i in plain.test] == [shuffled[i] for i in shuffled_plain.test]


def test_names_are_sorted_bytewise():
    assert list(plain_split(["b", "B", "a", "A"], np.random.RandomState(0), training=1.0, validation=0.0).training) == [
        [3, 1, 2, 0][i] for i in np.random.RandomState(0).permutation(4)
    ]


def test_the_plain_split_has_the_published_sizes(curves):
    names = curves(negative="drop_points").names
    split = plain_split(names, source_random_state())
    assert [len(rows) for rows in split.parts.values()] == [122, 26, 27]
    assert is_partition(split, 175)


def test_the_80_20_split_of_every_type(table1):
    # Sizes: entry legacy8020[166] of the reference values; the first nine galaxies of Table 1 are missing there.
    rows = table1.iloc[9:]
    split = holdout_by_type(rows["hubble_type"], rows["table_row"])
    assert (len(split.training), len(split.test), split.validation.size) == (134, 32, 0)
    assert list(rows.index[split.test[:4]]) == ["ESO079-G014", "ESO563-G021", "NGC3953", "ESO116-G012"]
    assert set(rows["hubble_type"].iloc[split.test]) == set(range(12))
    by_name = rows.sort_index()
    again = holdout_by_type(by_name["hubble_type"], by_name["table_row"])
    assert list(by_name.index[again.test]) == list(rows.index[split.test])


def test_the_source_has_numpys_legacy_generator():
    assert source_random_state().randint(1000) == np.random.RandomState(42).randint(1000)


@settings(max_examples=50, deadline=None)
@given(n=st.integers(2, 60), data=st.data())
def test_random_splits_are_partitions(n, data):
    n_training = data.draw(st.integers(1, n - 1))
    n_test = data.draw(st.integers(1, n - n_training))
    split = random_split(n, n_training, n_test, np.random.default_rng(0))
    assert (len(split.training), len(split.test)) == (n_training, n_test)
    assert is_partition(split, n)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: morphology_class([3, 12]), "hubble_type: from 3 to 12, must be from 0 to 11"),
        (
            lambda: stratified_split(["a", "b"], [1], source_random_state()),
            "classes: has shape (1,), must have (2,)",
        ),
        (lambda: plain_split(["a", "a"], source_random_state()), "names: one stands there twice"),
        (
            lambda: plain_split(["a"], source_random_state(), training=0.8, validation=0.3),
            "training=0.8, validation=0.3: must be > 0 and >= 0, together at most 1",
        ),
        (lambda: holdout_by_type([1, 2], [0]), "table_row: 1 of them for 2 galaxies"),
        (lambda: holdout_by_type([1], [0], share=1.0), "share=1.0: must be above 0 and below 1"),
        (
            lambda: random_split(5, 4, 2, np.random.default_rng(0)),
            "n_training=4, n_test=2: both must be >= 1, together at most 5",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(InvalidInput) as error:
        call()
    assert str(error.value) == message
