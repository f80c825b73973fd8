"""The user's errors of this room."""


class NotInRun(ValueError):
    """Something was asked of a run or a sweep that it does not hold, or in a way that is not possible.

    Attributes
    ----------
    exit_code : int
        Exit status of a command that ends with this error, 2.
    """

    exit_code = 2


class NotInstalled(ImportError):
    """A package of an extra is needed and cannot be imported.

    Attributes
    ----------
    exit_code : int
        Exit status of a command that ends with this error, 2.
    """

    exit_code = 2
