"""Figures of a run: one module each, with `RANK`, `applies(tree)` and `draw(tree)`.

A new figure is a new module in this folder; of those that apply, a run draws the one of lowest rank by itself.
"""

import contextlib
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import xarray as xr
from omegaconf import OmegaConf

from analysis.errors import NotInstalled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE = Path(__file__).with_name("sigma.mplstyle")


def figures_of(tree: xr.DataTree) -> list[ModuleType]:
    """The figure modules that can draw this run, by rank."""
    found = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    figures = [module for module in found if hasattr(module, "RANK") and module.applies(tree)]
    return sorted(figures, key=lambda module: (module.RANK, module.__name__))


def draw_first(tree: xr.DataTree, folder: Path) -> Path | None:
    """Draw the first figure of a run as PNG into a folder; None where there is none, or not what it needs."""
    for module in figures_of(tree):
        with contextlib.suppress(NotInstalled):
            return draw(module, tree, folder, ("png",))[0]
    return None


def draw(
    module: ModuleType,
    tree: xr.DataTree,
    folder: Path,
    formats: Iterable[str],
    choices: Mapping[str, Any] = MappingProxyType({}),
) -> list[Path]:
    """Draw one figure in the suite's style and save it under its module's name.

    Parameters
    ----------
    module : ModuleType
        From `figures_of`.
    tree : xarray.DataTree
        The run.
    folder : Path
        Where the figure goes.
    formats : iterable of str
        File suffixes.
    choices : mapping
        Keyword arguments for figures that know them, such as `names` of galaxies; others are drawn without.

    Returns
    -------
    list of Path
        One file for each format.
    """
    import matplotlib

    with matplotlib.rc_context(fname=STYLE):
        name = module.__name__.rpartition(".")[2]
        known = {key: value for key, value in choices.items() if key in inspect.signature(module.draw).parameters}
        return save(module.draw(tree, **known), name, folder, formats, f"content_hash {tree.attrs['content_hash']}")


def save(figure: "Figure", name: str, folder: Path, formats: Iterable[str], origin: str = "") -> list[Path]:
    """Save a figure as `folder/name.FORMAT` for each format, with where it comes from in its metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.{suffix}" for suffix in formats]
    for path in paths:
        # Without dates in the file the same run gives the same bytes.
        dateless = {".pdf": {"CreationDate": None, "Subject": origin}, ".svg": {"Date": None, "Description": origin}}
        figure.savefig(path, metadata=dateless.get(path.suffix, {"Description": origin}))
    return paths


def panels_of(number: int, inches: tuple[float, float], columns: int = 3) -> tuple["Figure", list["Axes"]]:
    """A figure with a number of panels of a size, in rows of at most `columns`."""
    from matplotlib.figure import Figure

    columns = min(number, columns)
    rows = -(-number // columns)
    figure = Figure(figsize=(columns * inches[0], rows * inches[1]))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[number:]:
        panel.set_visible(False)
    return figure, list(panels[:number])


def label_of(tree: xr.DataTree, name: str) -> str:
    """The label that the configuration gives a model, else its name."""
    return _models(tree.attrs["config"]).get(name, {}).get("label") or name


def symbol_of(tree: xr.DataTree, name: str, parameter: str) -> str:
    """The symbol that the configuration gives a parameter of a model, else its name."""
    latex = _parameter(tree, name, parameter).get("latex")
    return f"${latex}$" if latex else parameter


def prior_of(tree: xr.DataTree, name: str, parameter: str) -> tuple[float, float] | None:
    """The hard ends that the configuration gives a parameter's prior; None where it has none."""
    prior = _parameter(tree, name, parameter).get("prior") or {}
    low, high = prior.get("min"), prior.get("max")
    return None if low is None or high is None else (float(low), float(high))


def line_styles(tree: xr.DataTree) -> dict[str, dict[str, Any]]:
    """One colour and dash for each model of a run, the same in all its figures."""
    # As many as share no divisor with the colours, so that the pairs repeat late.
    dashes: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))
    return {
        name: {"color": f"C{i % 7}", "ls": dashes[i % 5], "lw": 2.4 if i % 5 == 2 else 1.5}
        for i, name in enumerate(tree["models"].children)
    }


def table_of(tree: xr.DataTree, name: str) -> xr.Dataset | None:
    """A run's `/tables/NAME`; None where there is none."""
    tables = tree.children.get("tables")
    node = None if tables is None else tables.children.get(name)
    return None if node is None else node.to_dataset()


def setting(tree: xr.DataTree, key: str, default: Any = None) -> Any:
    """A value of the run's configuration by its dotted key; the default where it has none."""
    found = OmegaConf.select(OmegaConf.create(tree.attrs["config"]), key)
    return default if found is None else found


def note(panel: "Axes", text: str) -> None:
    """A sentence at the foot of a panel, above those that are there."""
    place = (0.03, 0.03 + 0.07 * len(panel.texts))
    panel.annotate(text, place, xycoords="axes fraction", va="bottom", fontsize="small", color="0.25")


def _parameter(tree: xr.DataTree, name: str, parameter: str) -> Mapping[str, Any]:
    """What the configuration says of a parameter of a model; empty where it is a number or not there."""
    node = _models(tree.attrs["config"]).get(name, {}).get("params", {}).get(parameter)
    return node if isinstance(node, Mapping) else {}


@lru_cache(maxsize=8)
def _models(config: str) -> dict[str, Any]:
    """Nodes that stand for models: those of `models`, and of `populations` where an experiment fits some."""
    plain: dict[str, Any] = OmegaConf.to_container(OmegaConf.create(config))  # type: ignore[assignment]
    return {**(plain.get("models") or {}), **(plain.get("populations") or {})}


def models_with(tree: xr.DataTree, *names: str) -> dict[str, xr.Dataset]:
    """Models of a run that have all these variables."""
    models = tree.children.get("models")
    nodes = {} if models is None else models.children
    return {key: node.to_dataset() for key, node in nodes.items() if all(name in node for name in names)}
