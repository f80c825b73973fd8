"""The house: who imports whom, how long a file is, and that everything public says what it is."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("analysis", "catalogs", "outputs", "sims", "solvers")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")) + [ROOT / "run.py"]


def _id(path):
    return str(path.relative_to(ROOT))


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module


def test_the_door_knows_outputs_and_analysis_only():
    tree = ast.parse((ROOT / "run.py").read_text(encoding="utf-8"))
    ours = {name.partition(".")[0] for name in _imported(tree)} & {*ROOMS, "conf", "benchmarks", "tests"}
    assert ours == {"outputs", "analysis"}


def test_the_door_is_short_and_holds_no_heavy_import_at_its_top():
    text = (ROOT / "run.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    top = {
        name.partition(".")[0] for node in ast.parse(text).body for name in _imported(node) if not _is_function(node)
    }
    assert not top & {"analysis", "numpy", "xarray", "matplotlib", "astropy", "camb", "numba"}


def _is_function(node):
    return isinstance(node, ast.FunctionDef | ast.ClassDef)


ALLOWED = {
    "analysis": {"outputs", "solvers"},
    "catalogs": set(),
    "outputs": set(),
    "sims": {"solvers", "catalogs", "outputs"},
    "solvers": set(),
}


@pytest.mark.parametrize("path", FILES[:-1], ids=_id)
def test_a_room_imports_only_what_it_may(path):
    room = path.relative_to(ROOT).parts[0]
    names = {name.partition(".")[0] for name in _imported(ast.parse(path.read_text(encoding="utf-8")))}
    assert names & {*ROOMS, "run", "conf", "benchmarks", "tests"} <= {room} | ALLOWED[room]


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_a_file_has_at_most_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def _public(tree, prefix=""):
    """Public classes, functions and methods that a reader sees, with their names."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield f"{prefix}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from _public(node, f"{prefix}{node.name}.")


def _is_stub(node):
    return isinstance(node.body[0], ast.Expr) and getattr(node.body[0].value, "value", None) is ...


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_everything_public_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "module"
    silent = [name for name, node in _public(tree) if not ast.get_docstring(node) and not _is_stub(node)]
    assert silent == []


def _modules():
    """Every module of the rooms by its dotted name; those that are commands are not imported."""
    for path in FILES[:-1]:
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] != "__main__":
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("name", list(_modules()))
def test_what_a_module_lists_is_there(name):
    module = importlib.import_module(name)
    assert [entry for entry in getattr(module, "__all__", ()) if not hasattr(module, entry)] == []


def _loaded_by(statement):
    script = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


HEAVY = {"matplotlib", "camb", "numba", "gwpy", "galpy", "arviz", "emcee", "cobaya", "cosmofit", "iminuit"}


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import analysis", HEAVY),
        ("import catalogs", HEAVY | {"hydra", "omegaconf", "xarray", "pandas"}),
        (
            "import solvers.backgrounds, solvers.supernovae, solvers.inference.minimize, solvers.laws",
            HEAVY | {"hydra", "omegaconf", "h5py", "h5netcdf", "xarray", "pandas", "rich"},
        ),
        ("import outputs.door", HEAVY | {"rich"}),
        ("import sims.supernovae, sims.background", HEAVY | {"hydra", "omegaconf", "h5py", "h5netcdf", "rich"}),
    ],
    ids=["analysis", "catalogs", "solvers", "outputs", "sims"],
)
def test_a_room_is_imported_without_what_it_may_not_need(statement, absent):
    assert _loaded_by(statement) & absent == set()


@pytest.mark.parametrize("path", [p for p in FILES if p.relative_to(ROOT).parts[0] == "solvers"], ids=_id)
def test_solvers_neither_print_nor_open_files(path):
    calls = {node.func.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if _is_plain_call(node)}
    assert not calls & {"print", "open", "input"}


def _is_plain_call(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
