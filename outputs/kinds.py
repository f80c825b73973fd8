"""Whether the models of a request are of the kind that its experiment asks about."""

import contextlib
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from outputs.targets import BadRequest, locate


def check_models(experiment: str, sim: Callable[..., Any], models: Mapping[str, Any], folder: Path) -> None:
    """Raise for a model of another kind than the sim's signature says, `models: Mapping[str, KIND]`.

    Parameters
    ----------
    experiment : str
        Its name, for the message.
    sim : callable
        The function that answers it.
    models : mapping
        The built models.
    folder : Path
        Of the configuration's models, from which the message lists those that are suitable.

    Raises
    ------
    BadRequest
        One line: the model, what it is, and which models the experiment takes.
    """
    arguments = typing.get_args(typing.get_type_hints(sim).get("models"))
    kind = arguments[-1] if arguments else None
    if not isinstance(kind, type) or kind is Any:
        return
    for name, model in models.items():
        if not isinstance(model, kind):
            raise BadRequest(
                f"models.{name}: is no {kind.__name__}, which {experiment} is about; "
                f"choose of {', '.join(_suitable(kind, folder))}"
            )


def _suitable(kind: type, folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.yaml")):
        # A file that names no class, or one that cannot be imported, is not what the user asked about.
        with contextlib.suppress(BadRequest):
            target = locate(path.stem, _target(path), None)
            if isinstance(target, type) and issubclass(target, kind):
                yield path.stem


def _target(path: Path) -> Any:
    """The class that a file names, or else the last of the files that it begins with."""
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if "_target_" in content:
        return content["_target_"]
    names = [entry.partition("@")[0] for entry in content.get("defaults", ()) if isinstance(entry, str)]
    below = [path.with_name(f"{name}.yaml") for name in names if name != "_self_"]
    return next((found for each in reversed(below) if each.exists() and (found := _target(each))), None)
