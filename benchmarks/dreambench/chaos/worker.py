"""The real worker with the light painter: `python -m dreambench.chaos.worker`, settings from the environment.

The first argument is the seconds that a step takes.
"""

from __future__ import annotations

import logging
import sys

import torch

from dreambench.chaos.painter import GreyPainter
from dreamconfig.settings import WorkerSettings
from dreamrender.worker.run import main

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    torch.set_num_threads(1)
    painter = GreyPainter(float(sys.argv[1]))
    main(WorkerSettings(), load=lambda name: painter, backends=["pixels"])
