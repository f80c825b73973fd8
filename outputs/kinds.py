"""Whether the models of a request are of the kind that its experiment asks about."""

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
    if not isinstance(kind, type):
        return
    for name, model in models.items():
        if not isinstance(model, kind):
            raise BadRequest(
                f"models.{name}: is no {kind.__name__}, which {experiment} is about; "
                f"choose of {', '.join(_suitable(kind, folder))}"
            )


def _suitable(kind: type, folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.yaml")):
        target = locate(path.stem, yaml.safe_load(path.read_text(encoding="utf-8")).get("_target_"), None)
        if isinstance(target, type) and issubclass(target, kind):
            yield path.stem
