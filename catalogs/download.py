"""Fetch a registered data file from its official address: the only network access of the suite."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogs.errors import DataError
from catalogs.files import DataFile, cache_folder, exists, hash_file, verify

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["fetch"]

TIMEOUT = 30.0  # s without a byte


def fetch(file: DataFile, folder: str | None = None, *, retries: int = 2) -> Path:
    """Path of a verified copy of a file, downloaded unless a good one is already there.

    The download goes to a temporary name and is renamed when its sha256 is right.

    Parameters
    ----------
    file : DataFile
        What to get.
    folder : str, optional
        Where to put it; by default ``<dataset>/`` in the user's cache. An altered file in a
        chosen folder is refused, one in the cache is replaced.
    retries : int
        Further attempts after a failed one, with a pause of 1, 2, ... s before each.

    Raises
    ------
    DataError
        If the address does not answer, or what comes is not the registered file.
    """
    target = Path(folder).expanduser() if folder is not None else cache_folder() / file.dataset
    path = target / file.name
    if exists(path) and (folder is not None or hash_file(path) == file.sha256):
        verify(path, file)
        return path

    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    registry = pooch.create(
        path=target,
        base_url="",
        registry={file.name: f"sha256:{file.sha256}"},
        urls={file.name: file.url},
        retry_if_failed=retries,
    )
    try:
        with _progress_bar(file) as bar:
            downloader = pooch.HTTPDownloader(bar, chunk_size=2**16, timeout=TIMEOUT)
            registry.fetch(file.name, downloader=downloader)
        path.chmod(0o644)  # pooch leaves it to its owner alone; a cluster's folder is shared
    except (OSError, ValueError) as error:
        raise DataError(
            f"{file.name}: {_reason(error)} (from {file.url} to {target}). "
            f"Try again, or download it by hand into $SIGMA_DATA_DIR/{file.dataset}/"
        ) from error
    return path


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was cut half-way"
    if isinstance(error, requests.ConnectionError | requests.Timeout):
        return "the connection failed or timed out"
    if isinstance(error, ValueError) and not isinstance(error, requests.RequestException):
        return "what came is not the registered file, its sha256 is wrong"
    return " ".join(str(error).split())


class _Bar:
    """A rich progress bar with the four names that pooch asks of one."""

    def __init__(self, progress: Progress, task: TaskID, n_bytes: int) -> None:
        self._progress, self._task, self._n_bytes = progress, task, n_bytes

    @property
    def total(self) -> int:
        return self._n_bytes

    @total.setter
    def total(self, _: int) -> None:
        # pooch sets it at the start of every attempt, to the size on the wire (perhaps compressed)
        self._progress.reset(self._task, total=self._n_bytes)

    def update(self, n_bytes: int) -> None:
        self._progress.advance(self._task, n_bytes)

    def reset(self) -> None:
        self._progress.reset(self._task)

    def close(self) -> None:
        self._progress.update(self._task, completed=self._n_bytes)


@contextmanager
def _progress_bar(file: DataFile) -> Iterator[Any]:
    if not sys.stderr.isatty():
        yield False
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), console=Console(stderr=True)) as progress:
        yield _Bar(progress, progress.add_task(file.name, total=file.n_bytes), file.n_bytes)
