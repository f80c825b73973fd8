"""The user's errors of this room."""


class InvalidInput(ValueError):
    """Data or a request that cannot be computed with; the message is one line for the user.

    Attributes
    ----------
    exit_code : int
        Exit status of a command that ends with this error, 2.
    """

    exit_code = 2
