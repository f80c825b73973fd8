"""The one error of this room."""

from __future__ import annotations

__all__ = ["DataError"]


class DataError(ValueError):
    """A data file or a request for data that the user can put right.

    The message is one line: what is wrong, where, and what would be right.

    Attributes
    ----------
    exit_code : int
        Exit status of a command that ends with this error, 2.
    """

    exit_code = 2
