"""The real worker with the light painter: `python -m dreambench.chaos.worker`, settings from the environment.

The first argument is the seconds that a step takes, the second the folder of its ordeals.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from dreambench.chaos.ordeals import Clock, obey


def main(step_seconds: float, orders: Path) -> None:
    """Paint, until told otherwise."""
    clock = Clock()
    clock.install()

    import torch

    from dreambench.chaos.painter import GreyPainter
    from dreamconfig.settings import WorkerSettings
    from dreamrender.worker.run import main as work

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    torch.set_num_threads(1)
    painter = GreyPainter(step_seconds)

    def suffer(line: str) -> None:
        logging.warning("ordered to suffer: %s", line)
        what, _, seconds = line.partition(" ")
        if what == "shift":
            clock.jump(float(seconds))
        else:
            painter.troubles.append(what)

    obey(orders, suffer)
    work(WorkerSettings(), load=lambda name: painter, backends=["pixels"])


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]))
