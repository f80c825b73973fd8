"""What decides the numbers of a request is in its content hash, and nothing else is."""

import sys

import pytest

from outputs.request import prepare


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("law.g_dagger.H0=70", "law.g_dagger.H0=70.0"),
        ("law.g_dagger.form=6", "law.g_dagger.form='6'"),
        ("law.window.p=1", "law.window.p=1.00"),
        ("inference.max_calls=10000", "inference.max_calls='10000'"),
        ("seed=0", "seed='0'"),
        ("resume=true", "resume=false"),
        ("figure=true", "figure=false"),
    ],
)
def test_two_ways_to_say_the_same_have_one_content(content, first, second):
    assert content(first) == content(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("models.lcdm.params.H0=70", "models.lcdm.params.H0=70.0"),
        ("z=[1]", "z=[1.0]"),
        ("z_range.min=0", "z_range.min=0.0"),
    ],
)
def test_a_whole_number_and_the_same_with_a_point_have_one_content(content, first, second):
    assert content(first) == content(second)


@pytest.mark.parametrize(
    "override",
    [
        "models.lcdm.params.omega_m=0.31",
        "models.lcdm.params.H0=70.5",
        "models.lcdm._target_=solvers.backgrounds.dark_energy.DarkEnergy",
        "models.lcdm.label=other",
        "~models.lcdm",
        "law._target_=solvers.laws.MondRar",
        "law.g_dagger.form='2e'",
        "law.window.p=0.75",
        "inference.tolerance=1e-6",
        "backend.name=numba",
        "backend.threads=2",
        "seed=1",
        "z=[2.0]",
        "z_range.num=11",
        "sim.reference=lcdm",
    ],
)
def test_every_other_key_is_another_content(content, unchanged, override):
    assert content(override) != unchanged


def test_the_data_are_part_of_the_content(composed, on_small, small_catalog, tmp_path):
    def hashed(path):
        return prepare(composed("+experiment=pantheon_baryons", *on_small, f"catalog.path={path}")).content_hash

    for file in small_catalog.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert hashed(tmp_path) == hashed(small_catalog)
    table = tmp_path / "Pantheon+SH0ES.dat"
    table.write_bytes(table.read_bytes() + b"\n")
    assert hashed(tmp_path) != hashed(small_catalog)


def test_registered_hashes_are_taken_without_reading_a_file(composed):
    request = prepare(composed("+experiment=pantheon_baryons", "catalog.path=nowhere"))
    assert request.content_hash == prepare(composed("+experiment=pantheon_baryons")).content_hash


@pytest.mark.parametrize("name", ["tests_steep_law", "solvers_steep_law"])
def test_the_source_of_a_law_of_ones_own_is_part_of_the_content(content, own_law, tmp_path, monkeypatch, name):
    module = tmp_path / f"{name}.py"
    module.write_text(own_law, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        before = content(f"law._target_={name}.Steep")
        module.write_text(own_law + "\n# edited\n", encoding="utf-8")
        assert content(f"law._target_={name}.Steep") != before
    finally:
        sys.modules.pop(name, None)
