"""Where a file is looked for, and what is said when it is missing or wrong."""

import subprocess
import sys

import pytest

from catalogs.errors import DataError
from catalogs.files import cache_folder, find, hash_file, locate, verify


def put(folder, content=b"good", name="demo.dat"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


@pytest.fixture
def shipped(places, monkeypatch, register):
    """A registered file and the path at which an importable package would ship it."""
    package = places / "site" / "shipping_package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(places / "site"))
    return register(package=("shipping_package", "inside/demo.dat")), package / "inside"


def test_first_place_wins_in_the_documented_order(places, shipped):
    file, inside = shipped
    assert locate(file) is None
    for folder, kind in [
        (places / "cache" / "demo", "cache"),
        (inside, "package shipping_package"),
        (places / "data" / "demo", "SIGMA_DATA_DIR"),
    ]:
        path = put(folder)
        assert locate(file) == (kind, path)
        assert find(file) == path
    assert find(file, str(put(places / "mine").parent)) == places / "mine" / "demo.dat"


def test_package_is_found_without_being_imported(shipped):
    file, inside = shipped
    put(inside)
    assert find(file).parent == inside
    assert "shipping_package" not in sys.modules


def test_explicit_folder_is_the_only_place(places, register):
    put(places / "cache" / "demo")
    with pytest.raises(DataError, match=r"not in the folder .*empty.*fetch demo --path"):
        find(register(), str(places / "empty"))


def test_missing_file_says_what_it_is_and_how_to_get_it(places, register):
    file = register(package=("no_such_package_here", "demo.dat"))
    with pytest.raises(DataError) as error:
        find(file)
    for part in (
        file.name,
        "4 bytes",
        file.sha256,
        'pip install -e ".[data]"',
        "python -m catalogs fetch demo",
        "$SIGMA_DATA_DIR/demo/",
    ):
        assert part in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2


def test_missing_file_that_no_package_ships_does_not_advise_pip(places, register):
    with pytest.raises(DataError) as error:
        find(register())
    assert "pip" not in str(error.value)


def test_altered_file_in_the_first_place_is_not_skipped(places, register):
    file = register()
    put(places / "cache" / "demo")
    bad = put(places / "data" / "demo", b"altered")
    assert find(file) == bad
    with pytest.raises(DataError, match="demo.dat.*expected 4 bytes.*found 7 bytes.*fetch demo"):
        verify(find(file), file)


def test_right_file_verifies_to_its_hash(places, register):
    file = register()
    assert verify(put(places), file) == file.sha256


def test_dangling_link_is_reported_and_not_passed_over(places, register):
    file = register()
    put(places / "cache" / "demo")
    folder = places / "data" / "demo"
    folder.mkdir(parents=True)
    (folder / file.name).symlink_to(places / "gone")
    with pytest.raises(DataError, match="demo.dat.*cannot be read"):
        verify(find(file), file)


def test_unreadable_file_is_one_line(places, monkeypatch):
    path = put(places)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(DataError, match=r"demo.dat.*cannot be read \(Permission denied\)"):
        hash_file(path)


def test_unreadable_folder_is_not_taken_for_an_empty_one(places, monkeypatch, register):
    real = type(places).lstat
    root = places / "data"

    def lstat(path):
        if root in path.parents:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(type(places), "lstat", lstat)
    put(places / "cache" / "demo")
    assert locate(register())[0] == "SIGMA_DATA_DIR"


def test_cache_is_the_users_unless_it_is_chosen(monkeypatch):
    monkeypatch.delenv("SIGMA_CACHE_DIR", raising=False)
    assert cache_folder().name == "sigma_gravity"


def test_import_of_the_room_is_cheap():
    heavy = "{'numpy', 'pandas', 'xarray', 'pooch', 'rich', 'requests'}"
    code = f"import sys, catalogs; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_public_names_are_found_lazily():
    import catalogs

    assert all(getattr(catalogs, name) for name in catalogs.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        catalogs.no_such_name  # noqa: B018
