"""``python -m catalogs`` as a user types it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalogs.__main__ import datasets
from catalogs.pantheon_plus import FILES

ROOT = Path(__file__).parents[2]


def catalogs(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "catalogs", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_module_with_files_is_a_data_set():
    assert datasets()["pantheon_plus"] == list(FILES)
    assert all(file.dataset == name for name, files in datasets().items() for file in files)


def test_list_names_each_file_and_where_it_is(tmp_path):
    (tmp_path / "pantheon_plus").mkdir()
    (tmp_path / "pantheon_plus" / FILES[0].name).write_text("not looked at")
    result = catalogs("list", "pantheon_plus", SIGMA_DATA_DIR=str(tmp_path))
    assert result.returncode == 0
    (line,) = (line for line in result.stdout.splitlines() if FILES[0].name in line)
    assert line.split() == [
        "pantheon_plus",
        FILES[0].name,
        "579283",
        FILES[0].sha256[:12],
        "SIGMA_DATA_DIR",
    ]
    assert FILES[1].name in result.stdout


def test_list_says_what_is_missing(tmp_path):
    result = catalogs("list", "pantheon_plus", "--path", str(tmp_path))
    assert result.returncode == 0
    assert result.stdout.count("missing") == 2


@pytest.mark.parametrize("action", ["list", "fetch", "verify"])
def test_unknown_name_is_one_line_with_the_nearest(action):
    result = catalogs(action, "panteon")
    assert result.returncode == 2
    assert result.stderr.splitlines() == ["unknown data set 'panteon': did you mean pantheon_plus?"]


def test_verify_reports_each_missing_and_altered_file(tmp_path):
    (tmp_path / FILES[0].name).write_text("altered")
    result = catalogs("verify", "pantheon_plus", "--path", str(tmp_path))
    assert result.returncode == 2
    altered, missing = result.stderr.splitlines()
    assert FILES[0].name in altered and "is altered" in altered
    assert FILES[1].name in missing and "is not in the folder" in missing


def test_published_files_verify_and_are_not_fetched_again(need):
    need(*FILES)
    result = catalogs("verify", "pantheon_plus")
    assert result.returncode == 0
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [["OK", f.name] for f in FILES]
    result = catalogs("fetch", "pantheon_plus")
    assert result.returncode == 0
    assert result.stdout.count("is already there") == 2
