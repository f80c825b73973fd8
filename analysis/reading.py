from outputs.file import read_run as open_run


def open_sweep(path): ...
