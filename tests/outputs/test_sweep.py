"""Cells of a sweep: names that fit and differ, what was finished before, what failed."""

import json
import os

import h5py
import pytest
from omegaconf import OmegaConf

from outputs import sweep
from outputs.file import RUN_FILE

OMEGA_B = "models.sigma_baryons.params.omega_b"


@pytest.fixture
def cell(composed):
    """The folder name of a cell of the background experiment."""

    def _cell(*overrides, fixed=("experiment",)):
        config = composed("+experiment=background", *overrides)
        job = {"config": {"override_dirname": {"exclude_keys": list(fixed)}}}
        hydra = {"job": job, "overrides": {"task": ["+experiment=background", *overrides]}}
        OmegaConf.set_struct(config, False)
        config.hydra = OmegaConf.create(hydra)
        return sweep.cell_name(config)

    return _cell


def test_a_cell_is_named_by_its_swept_overrides_and_its_content(cell):
    name = cell(f"{OMEGA_B}=0.04", "law.g_dagger.form=6", fixed=("+experiment",))
    words, _, digits = name.rpartition("-")
    assert words == "omega_b=0.04,form=6"
    assert len(digits) == 10
    assert set(digits) <= set("0123456789abcdef")


def test_what_is_not_swept_stays_out_of_the_name(cell):
    assert cell(f"{OMEGA_B}=0.04", "seed=3", fixed=("+experiment", "seed")).startswith("omega_b=0.04-")


@pytest.mark.parametrize(
    "overrides",
    [
        [f"models.lcdm.label={'x' * 400}"],
        [f"models.lcdm.label='{'Σ' * 300}'"],
        ["models.lcdm.label=a/b/../c"],
        ["models.lcdm.label='  ..  '"],
        ["models.lcdm.label='§'"],
        [f"+models.lcdm.params.omega_k={{scan: {[x / 100 for x in range(90)]}}}"],
        [f"{key}={value}" for key in (OMEGA_B, "models.lcdm.params.H0", "law.g_dagger.H0", "seed") for value in (1, 2)],
    ],
    ids=["long", "unicode", "slashes", "dots", "nothing left", "list", "many"],
)
def test_a_name_is_one_short_folder(cell, overrides, tmp_path):
    name = cell(*overrides, fixed=("+experiment",))
    assert len(name.encode()) <= 255
    assert "/" not in name
    assert name.isascii()
    (tmp_path / name).mkdir()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_cells_of_other_content_have_other_names(cell):
    long = "x" * 200
    names = {cell(f"models.lcdm.label={long}{i}", fixed=("+experiment",)) for i in range(3)}
    names |= {cell(f"models.lcdm.label={mark}", fixed=("+experiment",)) for mark in ("'§'", "'Σ'")}
    assert len(names) == 5


def test_a_cell_that_cannot_be_built_has_a_name_of_its_own(cell):
    names = {cell(f"{OMEGA_B}={value}", fixed=("+experiment",)) for value in (-1, -2)}
    assert len(names) == 2
    assert {name.partition("-")[0] for name in names} == {"omega_b="}


DIGEST = "0123456789" + "a" * 54


def _finished(folder, content_hash):
    folder.mkdir(parents=True)
    with h5py.File(folder / RUN_FILE, "w") as file:
        file.attrs["content_hash"] = content_hash
    return folder / RUN_FILE


@pytest.fixture
def sweeps(tmp_path):
    """The folder of an experiment's sweeps."""
    return tmp_path / "sweeps" / "background"


def test_a_cell_of_an_earlier_sweep_with_this_content_is_found(sweeps):
    found = _finished(sweeps / "t1" / f"a=1-{DIGEST[:10]}", DIGEST)
    assert sweep.finished_before(sweeps / "t2" / f"b=1-{DIGEST[:10]}", DIGEST) == found


def test_a_file_with_another_content_or_none_is_passed_over(sweeps):
    here = sweeps / "t9" / f"a-{DIGEST[:10]}"
    _finished(sweeps / "t1" / f"a-{DIGEST[:10]}", DIGEST[:10] + "b" * 54)
    broken = sweeps / "t2" / f"a-{DIGEST[:10]}"
    broken.mkdir(parents=True)
    (broken / RUN_FILE).write_bytes(b"part of a file")
    (sweeps / "t3" / f"a-{DIGEST[:10]}").mkdir(parents=True)
    with h5py.File(sweeps / "t3" / f"a-{DIGEST[:10]}" / RUN_FILE, "w"):
        pass
    assert sweep.finished_before(here, DIGEST) is None
    right = _finished(sweeps / "t4" / f"other=2-{DIGEST[:10]}", DIGEST)
    assert sweep.finished_before(here, DIGEST) == right


def test_a_finished_run_is_linked(tmp_path):
    finished = _finished(tmp_path / "a", DIGEST)
    (tmp_path / "b").mkdir()
    assert sweep.link(finished, tmp_path / "b").samefile(finished)


def test_where_links_are_not_possible_a_finished_run_is_copied(tmp_path, monkeypatch):
    finished = _finished(tmp_path / "a", DIGEST)
    (tmp_path / "b").mkdir()

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    copy = sweep.link(finished, tmp_path / "b")
    assert not copy.samefile(finished)
    assert copy.read_bytes() == finished.read_bytes()
    assert [entry.name for entry in (tmp_path / "b").iterdir()] == [RUN_FILE]


def test_cells_that_began_and_have_no_file_are_unfinished(tmp_path):
    for name in ("c", "a", "b"):
        (tmp_path / name).mkdir()
        sweep.record_overrides(tmp_path / name, [f"x={name}"])
    (tmp_path / "never began").mkdir()
    (tmp_path / "b" / RUN_FILE).write_bytes(b"")
    assert sweep.unfinished_cells(tmp_path) == ["a", "c"]
    assert json.loads((tmp_path / "a" / sweep.OVERRIDES_FILE).read_text(encoding="utf-8")) == ["x=a"]


def test_a_failure_keeps_its_traceback_and_is_one_line(tmp_path):
    try:
        raise ValueError("omega_b=-1: must be > 0")
    except ValueError as error:
        line = sweep.record_failure(tmp_path, error)
    assert line.startswith(f"failed: {tmp_path.name}: omega_b=-1: must be > 0")
    assert "\n" not in line
    text = (tmp_path / sweep.TRACEBACK_FILE).read_text(encoding="utf-8")
    assert text.startswith("Traceback")
    assert "test_a_failure_keeps_its_traceback" in text
