"""Which classes and functions a configuration names, and whether it may."""

import dataclasses
import difflib
import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from omegaconf import BooleanNode, FloatNode, IntegerNode, StringNode
from omegaconf.errors import ValidationError

ROOMS = ("sims", "solvers", "catalogs")
"""Packages whose classes a stored configuration may build."""

_NODES: dict[Any, Any] = {bool: BooleanNode, int: IntegerNode, float: FloatNode, str: StringNode}


class BadRequest(ValueError):
    """A configuration that cannot be answered; the message is one line that starts with the key."""

    exit_code = 2


def nearest(name: str, known: Iterable[str]) -> str:
    """What to append to an "unknown name" message."""
    known = list(known) or ["none"]
    close = difflib.get_close_matches(name, known, n=3)
    return f"; did you mean {' or '.join(close)}?" if close else f"; known: {', '.join(known)}"


def targets(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every node with a `_target_`, by its dotted key."""
    if "_target_" in config:
        yield path, config
    for key, value in config.items():
        yield from _inside(value, f"{path}.{key}" if path else str(key))


def _inside(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield from targets(value, path)
    elif isinstance(value, list | tuple):
        for i, entry in enumerate(value):
            yield from _inside(entry, f"{path}[{i}]")


def locate(key: str, target: Any, allowed: Collection[str] | None) -> Any:
    """The class or function that a `_target_` names.

    Parameters
    ----------
    key : str
        Where it stands, for the message.
    target : object
        Its dotted name.
    allowed : collection of str or None
        Modules (with all below them) that may be named: the name is refused before anything is imported, and the object
        by the module that defines it. Only `sim` may then be a function. None allows all.

    Raises
    ------
    BadRequest
        Not a name, not allowed, or not there.
    """
    if not isinstance(target, str):
        raise BadRequest(f"{key}._target_={target!r}: must be the dotted name of a class")
    if allowed is not None and not below(target, allowed):
        raise BadRequest(_foreign(key, target, allowed))
    try:
        found = pkgutil.resolve_name(target)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadRequest(f"{key}._target_={target}: cannot be imported ({_cause(target, error)})") from error
    home = getattr(found, "__module__", None) or ""
    if allowed is not None and not below(home, allowed):
        raise BadRequest(_foreign(key, target, allowed, home))
    if allowed is not None and key != "sim" and not inspect.isclass(found):
        raise BadRequest(f"{key}._target_={target}: must be a class")
    if not callable(found):
        raise BadRequest(f"{key}._target_={target}: must be a class or a function")
    return found


def _cause(target: str, error: Exception) -> Exception:
    """Why a module does not import, which a search by attributes hides."""
    try:
        importlib.import_module(target.rpartition(".")[0] or target)
    except (ImportError, ValueError) as cause:
        return cause
    return error


def below(name: str, modules: Collection[str]) -> bool:
    """Whether a dotted name is one of these modules or inside one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _foreign(key: str, target: str, allowed: Collection[str], home: str = "") -> str:
    return (
        f"{key}._target_={target}: not defined in {', '.join(allowed)}; "
        f"if you trust it, --allow {(home or target).partition('.')[0]}"
    )


def coerce(key: str, node: Mapping[str, Any], target: Any) -> dict[str, Any]:
    """Check the keys of a node against its class, and bring plain values to the declared types.

    Parameters
    ----------
    key : str
        Where the node stands.
    node : mapping
        Arguments and `_target_`.
    target : type or function
        What `_target_` names.

    Returns
    -------
    dict
        The node with `6` where an int was given for a float, `"6"` for a str, and so on.

    Raises
    ------
    BadRequest
        An unknown key or a value of the wrong type.
    """
    try:
        known = [name for name in inspect.signature(target).parameters if name != "self"]
    except ValueError:
        raise BadRequest(f"{key}._target_={node['_target_']}: takes no named arguments") from None
    for name in node:
        if not name.startswith("_") and name not in known:
            raise BadRequest(f"{key}.{name}: unknown key{nearest(name, known)}")
    if not dataclasses.is_dataclass(target) and not inspect.isfunction(target):
        return dict(node)
    hints = typing.get_type_hints(target)
    return {
        name: convert(f"{key}.{name}", value, hints[name]) if name in hints else value for name, value in node.items()
    }


def convert(key: str, value: Any, hint: Any) -> Any:
    """A plain value as the declared type; what is not declared bool, int, float or str stays as it is.

    Raises
    ------
    BadRequest
        The value is of another kind.
    """
    optional, options = False, [hint]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(hint) if option is not type(None)]
        optional = len(options) < len(typing.get_args(hint))
    node = _NODES.get(options[0]) if len(options) == 1 else None
    if node is None:
        return value
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}[options[0]]
    if value is None and not optional:
        raise BadRequest(f"{key}=null: must be {words}")
    try:
        return node(value, is_optional=optional)._value()
    except ValidationError:
        raise BadRequest(f"{key}={value!r}: must be {words}") from None


def missing_keys(error: Exception) -> str:
    """The keys that a class needs and was not given, from what Python says of it; empty if that was not the error."""
    _, found, names = str(error).partition("required keyword-only argument")
    return names.removeprefix("s").strip(": ").replace("'", "") if found else ""
