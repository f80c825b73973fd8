"""``python -m catalogs list|fetch|verify [NAME...]``: the data files and where they lie."""

from __future__ import annotations

import argparse
import difflib
import importlib
import pkgutil
import sys
from collections.abc import Callable, Sequence

import catalogs
from catalogs.errors import DataError
from catalogs.files import DataFile, find, hash_file, locate, verify

__all__ = ["datasets", "main"]


def datasets() -> dict[str, list[DataFile]]:
    """The registered files by data set: every module of this package that has ``FILES``."""
    found: dict[str, list[DataFile]] = {}
    for info in pkgutil.iter_modules(catalogs.__path__):
        if info.name == "__main__":
            continue
        module = importlib.import_module(f"catalogs.{info.name}")
        for file in getattr(module, "FILES", ()):
            found.setdefault(file.dataset, []).append(file)
    return found


def _chosen(names: Sequence[str]) -> list[DataFile]:
    known = datasets()
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4) or sorted(known)
            raise DataError(f"unknown data set {name!r}: did you mean {' or '.join(near)}?")
    return [file for name in dict.fromkeys(names or known) for file in known[name]]


def _list(files: list[DataFile], folder: str | None) -> int:
    from rich.console import Console
    from rich.table import Table

    table = Table("data set", "file", "bytes", "sha256", "found in", box=None)
    groups: dict[tuple[str, str, str], list[DataFile]] = {}
    for file in files:
        place = locate(file, folder)
        where = "missing" if place is None else place[0]
        parent, _, name = file.name.rpartition("/")
        groups.setdefault((file.dataset, parent or name, where), []).append(file)
    for (dataset, parent, where), group in groups.items():
        if len(group) > 1:
            # A folder of files of one kind is one line; verify looks at every one of them.
            table.add_row(dataset, f"{parent}/ ({len(group)} files)", str(sum(f.n_bytes for f in group)), "", where)
        else:
            table.add_row(dataset, group[0].name, str(group[0].n_bytes), group[0].sha256[:12], where)
    # a pipe has no width of its own: no line may be folded there
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    return 0


def _verify(file: DataFile, folder: str | None) -> str:
    path = find(file, folder)
    verify(path, file)
    return f"OK {file.name} ({path})"


def _fetch(file: DataFile, folder: str | None) -> str:
    from catalogs.download import fetch

    place = locate(file, folder)
    if place is not None:
        kind, path = place
        # an altered copy in the cache is replaced; elsewhere it would hide the download
        if kind != "cache":
            verify(path, file)
        if kind != "cache" or hash_file(path) == file.sha256:
            return f"{file.name} is already there ({kind}: {path})"
    return f"{file.name} downloaded to {fetch(file, folder)}"


def _each(files: list[DataFile], folder: str | None, action: Callable[[DataFile, str | None], str]) -> int:
    status = 0
    for file in files:
        try:
            print(action(file, folder), flush=True)
        except DataError as error:
            print(error, file=sys.stderr)
            status = error.exit_code
    return status


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments, by default those of the process.

    Returns
    -------
    int
        0; 2 if a name is unknown or a file is missing, altered or not to be had; 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(prog="python -m catalogs", description="The data files.")
    parser.add_argument("action", choices=("list", "fetch", "verify"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="data sets, by default all")
    parser.add_argument("--path", help="the only folder to look in, or to download to")
    options = parser.parse_args(argv)
    try:
        files = _chosen(options.names)
        if options.action == "list":
            return _list(files, options.path)
        return _each(files, options.path, _verify if options.action == "verify" else _fetch)
    except DataError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
