"""The one door: `python run.py +experiment=NAME [key=value ...]`; `--help` lists the experiments."""

import sys
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig

from outputs import door
from outputs.frozen_conf import frozen_conf


def present(tree: Any, folder: Path | None) -> None:
    """Print the summary of a finished run and draw its figure into the folder, if one is given."""
    from analysis.summary import present_run

    present_run(tree, folder)


def answer(config: DictConfig) -> float | None:
    """Answer one composed configuration."""
    return door.answer(config, present)


def main() -> None:
    """Compose what the command line asks for and answer it, once or for every cell of a sweep."""
    hydra.main(version_base="1.3", config_path=frozen_conf(sys.argv[1:]), config_name="config")(answer)()


if __name__ == "__main__":
    sys.exit(door.enter(main))
