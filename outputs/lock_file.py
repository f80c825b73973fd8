"""A specification that is written down, with its hash, before what will judge it is looked at."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outputs.file import write_atomically

LOCK_FILE = "specification.lock.json"


class LockedOtherwise(ValueError):
    """A folder that holds the lock of another specification."""

    exit_code = 2


@dataclass(frozen=True)
class Lock:
    """A specification that will not change any more.

    Parameters
    ----------
    text : str
        Its canonical JSON.
    sha256 : str
        Of that text in UTF-8, 64 hexadecimal digits.
    """

    text: str
    sha256: str


def canonical_json(specification: Mapping[str, Any]) -> str:
    """JSON that equal specifications share: keys sorted, no spaces, floats with as many digits as they need.

    Parameters
    ----------
    specification : mapping
        Of mappings, lists, text, finite numbers, truth values and None.

    Raises
    ------
    ValueError
        A number that is not finite.
    TypeError
        Anything else that JSON does not know.
    """
    return json.dumps(specification, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def lock(specification: Mapping[str, Any], folder: Path | None, name: str = LOCK_FILE) -> Lock:
    """Hash a specification and, if there is a folder, write both into it; one that is there is never overwritten.

    Parameters
    ----------
    specification : mapping
        As in `canonical_json`.
    folder : Path or None
        Of one run; made if it is not there. None: nothing is written.
    name : str
        Of the file.

    Raises
    ------
    LockedOtherwise
        The folder holds another specification, or a lock that was altered.
    """
    text = canonical_json(specification)
    made = Lock(text, hashlib.sha256(text.encode()).hexdigest())
    if folder is None:
        return made
    path = folder / name
    content = f'{{"sha256":"{made.sha256}","specification":{text}}}\n'.encode()
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(content, path)
    elif path.read_bytes() != content:
        raise LockedOtherwise(
            f"{path}: locks {_recorded(path)}, this specification is {made.sha256[:10]}; "
            "a lock is not overwritten, run again without resume=true"
        )
    return made


def _recorded(path: Path) -> str:
    """The first digits of the hash in a lock file, as words for a message."""
    try:
        return f"the specification {str(json.loads(path.read_text(encoding='utf-8'))['sha256'])[:10]}"
    except (ValueError, TypeError, LookupError):
        return "nothing that can be read"
