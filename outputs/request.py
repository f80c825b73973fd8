"""From a composed configuration to a finished tree: check, build, hash, execute."""

import datetime
import inspect
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import OmegaConf
from threadpoolctl import threadpool_limits

from outputs.hashing import content_hash, result_hash, source_files
from outputs.kinds import check_models
from outputs.provenance import provenance
from outputs.targets import ROOMS, BadRequest, below, coerce, convert, locate, missing_keys, nearest, targets
from outputs.tree import SCHEMA_VERSION

_SETTINGS = {"seed": int, "resume": bool, "figure": bool, "objective": str | None}
"""Top-level keys that are no group, with their types."""

_GROUPS = ("law", "catalog", "inference", "backend", "models", "likelihoods")
"""Groups that every configuration may have, whether its sim asks for them or not; the law first, for its messages."""

CONF = Path(__file__).resolve().parent.parent / "conf"


@dataclass(frozen=True)
class Request:
    """A configuration that has been checked and built.

    Parameters
    ----------
    config : dict
        Plain, resolved, with every value of its declared type.
    sim : callable
        The function that answers it.
    arguments : dict
        What the sim is called with.
    content_hash : str
        sha256 of everything that decides the numbers.
    """

    config: dict[str, Any]
    sim: Callable[..., xr.DataTree]
    arguments: dict[str, Any]
    content_hash: str


def experiments() -> dict[str, str]:
    """Every experiment with its one line, the second of its file."""
    lines = {}
    for path in sorted((CONF / "experiment").glob("*.yaml")):
        lines[path.stem] = path.read_text(encoding="utf-8").splitlines()[1].lstrip("# ").strip()
    return lines


def prepare(config: Any, *, allowed: Collection[str] | None = None) -> Request:
    """Check and build a configuration; nothing is computed and no data are read.

    Parameters
    ----------
    config : DictConfig or mapping
        As composed by Hydra, or as stored in a file.
    allowed : collection of str, optional
        Modules that `_target_`s may name; None (a configuration that the user typed) allows all.

    Returns
    -------
    Request

    Raises
    ------
    BadRequest
        One line: the key, what was given, what would be right.
    """
    plain = _plain(config) if allowed is None else _stored(config)
    if not plain.get("experiment") or not plain.get("sim"):
        raise BadRequest(f"no experiment: add +experiment=NAME with one of {', '.join(experiments())}")
    if not isinstance(plain["sim"], Mapping):
        raise BadRequest(f"sim={plain['sim']}: must hold a _target_, as the experiment's file does")
    for name, model in (plain.get("models") or {}).items():
        if not isinstance(model, Mapping) or "_target_" not in model:
            raise BadRequest(f"models.{name}={model}: no model of that name was chosen; +models=NAME adds one")
    for key, hint in _SETTINGS.items():
        plain[key] = convert(key, plain.get(key), hint)
    foreign: set[Path] = set()
    for key, node in list(targets(plain)):
        target = locate(key, node["_target_"], allowed)
        node.update(coerce(key, node, target))  # type: ignore[attr-defined]
        if not below(target.__module__, ROOMS):
            foreign |= source_files(target)
    sim = locate("sim", plain["sim"].get("_target_"), allowed)
    wanted = list(dict.fromkeys([*_GROUPS, *inspect.signature(sim).parameters]))
    for key in plain:
        if key not in (*wanted, *_SETTINGS, "experiment", "sim"):
            raise BadRequest(f"{key}: the experiment has no such key{nearest(key, sorted({*wanted, *_SETTINGS}))}")
    if plain.get("likelihoods") and "likelihoods" not in inspect.signature(sim).parameters:
        raise BadRequest(f"likelihood: {plain['experiment']} takes none; +experiment=sn_bao adds data sets up")
    built = _build({key: plain[key] for key in wanted if key in plain})
    check_models(plain["experiment"], sim, built.get("models") or {}, CONF / "models")
    datasets: dict[str, str] = {}
    for value in built.values():
        for each in value.values() if isinstance(value, Mapping) else (value,):
            if hasattr(each, "sha256"):
                datasets |= each.sha256()
    return Request(
        config=plain,
        sim=sim,
        arguments=_arguments(sim, plain["sim"], built | {key: plain[key] for key in _SETTINGS}),
        content_hash=content_hash(plain, datasets, foreign),
    )


def execute(request: Request, overrides: list[str], checkpoint: Path | None = None) -> xr.DataTree:
    """Answer a request and add the provenance.

    Parameters
    ----------
    request : Request
        From `prepare`.
    overrides : list of str
        What the user typed, for the record.
    checkpoint : Path, optional
        Folder for what a sim that samples wants to find again after a crash.

    Returns
    -------
    xarray.DataTree
        The run, with every attribute of the contract.
    """
    started = time.perf_counter()
    threads = request.config.get("backend", {}).get("threads", 1)
    arguments = dict(request.arguments)
    if checkpoint is not None and "checkpoint" in inspect.signature(request.sim).parameters:
        arguments["checkpoint"] = checkpoint
    with threadpool_limits(threads):
        tree = request.sim(**arguments)
    tree.attrs |= {
        "schema_version": SCHEMA_VERSION,
        "experiment": request.config["experiment"],
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "duration_s": time.perf_counter() - started,
        "seed": request.config["seed"],
        "config": OmegaConf.to_yaml(OmegaConf.create(request.config)),
        "overrides": json.dumps(overrides),
        "content_hash": request.content_hash,
        "datasets": tree.attrs.get("datasets", "[]"),
        **provenance(),
    }
    tree.attrs["result_hash"] = result_hash(tree)
    return tree


def _plain(config: Any) -> dict[str, Any]:
    """A resolved copy without what belongs to Hydra."""
    if isinstance(config, Mapping):
        config = OmegaConf.create(dict(config))
    copy = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
    container = OmegaConf.to_container(copy, resolve=True)
    assert isinstance(container, dict)
    return {str(key): value for key, value in container.items()}


def _stored(config: Any) -> dict[str, Any]:
    """A configuration from a file, which was resolved when it was written: what resolves again is refused."""
    container = OmegaConf.to_container(OmegaConf.create(config), resolve=False)
    assert isinstance(container, dict)
    if "${" in json.dumps(container, default=str):
        raise BadRequest("the stored configuration holds an interpolation, which a run never writes")
    return {str(key): value for key, value in container.items()}


def _escaped(value: Any) -> Any:
    """The same with text that looks like an interpolation marked as text: it was resolved before."""
    if isinstance(value, Mapping):
        return {key: _escaped(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_escaped(entry) for entry in value]
    return value.replace("${", "\\${") if isinstance(value, str) else value


def _build(groups: dict[str, Any]) -> dict[str, Any]:
    try:
        built = instantiate(OmegaConf.create(_escaped(groups)), _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__
        if not isinstance(cause, ValueError | TypeError):
            raise
        _, _, key = str(error).rpartition("full_key: ")
        absent = missing_keys(cause)
        raise BadRequest(f"{key}: give {absent}" if absent else f"{key}.{cause}") from error
    assert isinstance(built, dict)
    return built


def _arguments(sim: Callable[..., Any], node: Mapping[str, Any], built: Mapping[str, Any]) -> dict[str, Any]:
    """The sim's own keys, and the groups of the configuration that its signature names."""
    arguments = {key: value for key, value in node.items() if not key.startswith("_")}
    for name, parameter in inspect.signature(sim).parameters.items():
        if name in arguments:
            continue
        if built.get(name) is not None:
            arguments[name] = built[name]
        elif parameter.default is parameter.empty:
            group = "likelihood" if name == "likelihoods" else name
            raise BadRequest(f"{group}: the experiment needs one; choose {group}=NAME")
    return arguments
