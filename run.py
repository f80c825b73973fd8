"""The one door: `python run.py +experiment=NAME [key=value ...]`; `--help` lists the experiments."""

import sys
from pathlib import Path

import hydra
from omegaconf import DictConfig

from outputs import door


def present(path: Path, draw: bool) -> None:
    """Print the summary of a finished run and draw its figure beside it."""
    from analysis.summary import present_run

    present_run(path, draw=draw)


def answer(config: DictConfig) -> float | None:
    """Answer one composed configuration."""
    return door.answer(config, present)


if __name__ == "__main__":
    main = hydra.main(version_base="1.3", config_path=door.frozen_conf(sys.argv[1:]), config_name="config")
    sys.exit(door.enter(main(answer)))
