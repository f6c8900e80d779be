"""Peak memory of one loop, in a process of its own: `python -m dreambench.memory plain --size 256`."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from typing import cast

import click
import torch

from dreambench.contest import OurLoop, plain_loop
from dreambench.networks import SMALL, TRUE, Networks
from dreamrender.fast.precision import Precision


def peak_megabytes(loop: str, size: int, cuts: int, *, small: bool, threads: int) -> float:
    """Of two steps of `plain_loop` ("loop") or of ours in a precision, networks and libraries included."""
    command = [sys.executable, "-m", "dreambench.memory", loop, "--size", str(size), "--cuts", str(cuts)]
    if small:
        command.append("--small")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


@click.command()
@click.argument("loop")
@click.option("--size", default=256)
@click.option("--cuts", default=32)
@click.option("--small", is_flag=True)
def main(loop: str, size: int, cuts: int, small: bool) -> None:
    """Print the peak resident memory in MB."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    networks = Networks.drawn(SMALL if small else TRUE)
    painted = (
        plain_loop(networks, size, cuts)
        if loop == "loop"
        else OurLoop(networks, cast(Precision, loop), size, cuts)
    )
    for _ in range(2):
        painted.step()
    scale = 1 if sys.platform == "darwin" else 1024
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6))


if __name__ == "__main__":
    main()
