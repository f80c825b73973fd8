"""`python -m analysis show|plot|compare|sweep|verify|rerun PATH...`."""

import argparse
import sys
from pathlib import Path

from analysis.errors import NotInRun, NotInstalled
from analysis.reading import open_run, open_sweep

FORMATS = ("png", "pdf", "svg")


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand.

    Returns
    -------
    int
        0 done; 1 a check failed; 2 the request was wrong (one line, no traceback).
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options) or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    except (OSError, ValueError, NotInstalled) as error:
        if isinstance(error, OSError) or getattr(error, "exit_code", None) == 2:
            print(" ".join(str(error).splitlines()), file=sys.stderr)
            return 2
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Read finished runs and sweeps.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, function, text: str, paths: str | int = "+") -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("paths", nargs=paths, type=Path, metavar="PATH", help="run.h5, or its folder")
        command.set_defaults(command=function)
        return command

    add("show", _show, "print the summary of a run again")
    plot = add("plot", _plot, "draw every figure of a run")
    compare = add("compare", _compare, "put two or more runs side by side")
    sweep = add("sweep", _sweep, "a sweep as a tidy table, a CSV file and a figure", paths=1)
    for command in (plot, sweep):
        command.add_argument(
            "--out", type=Path, help="folder of the figures (default: beside the run; with --together, here)"
        )
        command.add_argument("--format", default="png,pdf", help="file formats, separated by commas")
    plot.add_argument("--together", action="store_true", help="the posteriors of all runs in one triangle")
    plot.add_argument("--galaxies", metavar="NAME,NAME", help="galaxies of the gallery of rotation curves")
    plot.add_argument("--baryons", metavar="NAME", help="its choice of mass-to-light ratios")
    compare.add_argument("--csv", type=Path, help="write the table to this file")
    sweep.add_argument("--csv", type=Path, help="write the table to this file")
    sweep.add_argument("--variable", default="chi2", help="what to draw (default: chi2)")
    for command in (
        add("verify", _verify, "check schema, units, data and hashes of a run"),
        add("rerun", _rerun, "execute the stored configuration again and compare every number"),
    ):
        command.add_argument(
            "--allow", action="append", default=[], metavar="MODULE", help="trust a module of your own"
        )
    return parser


def _show(options: argparse.Namespace) -> None:
    from analysis.summary import print_summary

    for path in options.paths:
        print_summary(open_run(path))


def _plot(options: argparse.Namespace) -> int:
    from analysis.figures import draw, figures_of
    from outputs.file import run_path

    formats = _formats(options)
    if options.together:
        return _plot_together(options.paths, options.out or Path(), formats)
    if options.out and len(options.paths) > 1:
        raise NotInRun("plot: --out takes the figures of one run, give one PATH or --together")
    status = 0
    names = [name.strip() for name in options.galaxies.split(",")] if options.galaxies else None
    choices = {key: value for key, value in (("names", names), ("baryons", options.baryons)) if value}
    for path in options.paths:
        tree, folder = open_run(path), options.out or run_path(path).parent
        for module in figures_of(tree):
            try:
                for file in draw(module, tree, folder, formats, choices):
                    print(file)
            except NotInstalled as error:
                print(f"no figure {module.__name__.rpartition('.')[2]}: {error}", file=sys.stderr)
                status = error.exit_code
    return status


def _plot_together(paths: list[Path], folder: Path, formats: tuple[str, ...]) -> int:
    from analysis.figures.triangle import draw_together

    trees = {f"run {number}": open_run(path) for number, path in enumerate(paths, start=1)}
    for title, path in zip(trees, paths, strict=True):
        print(f"{title}: {path}")
    for file in draw_together(trees, folder, formats):
        print(file)
    return 0


def _formats(options: argparse.Namespace) -> tuple[str, ...]:
    formats = tuple(word.strip() for word in options.format.split(","))
    for word in formats:
        if word not in FORMATS:
            raise NotInRun(f"--format {options.format}: must be of {', '.join(FORMATS)}, separated by commas")
    return formats


def _compare(options: argparse.Namespace) -> None:
    from analysis.compare import compare_runs, comparison_tables

    if len(options.paths) < 2:
        raise NotInRun("compare: needs two runs or more")
    results, differences = compare_runs(options.paths)
    console = _console()
    for number, path in enumerate(options.paths, start=1):
        console.print(f"run {number}: {path}", soft_wrap=True)
    for table in comparison_tables(results, differences):
        console.print(table)
    if options.csv:
        results.drop_dims("param", errors="ignore").to_dataframe().to_csv(options.csv)
        print(options.csv)


def _sweep(options: argparse.Namespace) -> None:
    from analysis.sweep import QUIET, draw_sweep, tidy

    (folder,) = options.paths
    formats, dataset = _formats(options), open_sweep(folder)
    if "chi2" in dataset and options.variable not in dataset:
        raise NotInRun(f"{options.variable}: not in this sweep; known: {', '.join(map(str, dataset.data_vars))}")
    table = tidy(dataset)
    print(table.drop(columns=QUIET, errors="ignore").to_string(index=False))
    if options.csv:
        table.to_csv(options.csv, index=False)
        print(options.csv)
    try:
        for file in draw_sweep(dataset, options.variable, options.out or folder, formats):
            print(file)
    except NotInRun as error:
        print(f"no figure: {error}")


def _verify(options: argparse.Namespace) -> int:
    from analysis.verify import verify

    failed = 0
    for path in options.paths:
        print(path)
        for check in verify(path, options.allow):
            print(f"  {'ok    ' if check.passed else 'FAILED'} {check.question} {check.detail}".rstrip())
            failed += not check.passed
    return int(failed > 0)


def _rerun(options: argparse.Namespace) -> int:
    from analysis.verify import rerun

    failed = 0
    for path in options.paths:
        fresh, differences = rerun(path, options.allow)
        stored = open_run(path)
        same = not differences and fresh.attrs["result_hash"] == stored.attrs["result_hash"]
        print(f"{path}: {'every number agrees, bit for bit' if same else 'the numbers differ'}")
        if fresh.attrs["content_hash"] != stored.attrs["content_hash"]:
            print("  note: the code, the data or the meaning of the configuration changed since this run was made")
        for difference in differences:
            print(f"  {difference.path}: {difference.detail}")
        failed += not same
    return int(failed > 0)


def _console():
    from rich.console import Console

    return Console(width=None if Console().is_terminal else 132, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
