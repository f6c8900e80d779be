"""The process that fetches a repository ends with the worker that started it, also where that is killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..hub import open_hub
from ..on_valkey import ROOT

PARENT = """
import sys, pathlib
from dreamrender.shelf import Shelf
Shelf(pathlib.Path(sys.argv[1])).fetch("diffusion-sd15")
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="children are looked up in /proc"
)


def test_the_fetching_child_of_a_killed_worker_ends(tmp_path: Path, tiny_sd: Path) -> None:
    repository, folder = tmp_path / "repository", tmp_path / "models"
    shutil.copytree(tiny_sd, repository)
    with open_hub() as hub:
        hub.add("stable-diffusion-v1-5/stable-diffusion-v1-5", repository)
        hub.gate.clear()
        online = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HOME": str(tmp_path)}
        environment = {**os.environ, **online, "PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen([sys.executable, "-c", PARENT, folder], cwd=ROOT, env=environment) as parent:
            try:
                assert hub.being_asked.wait(60), parent.poll()
                (child,) = _children(parent.pid)
                assert _alive(child)
            finally:
                parent.kill()
        ended = time.monotonic() + 10
        while _alive(child):
            assert time.monotonic() < ended, "it goes on fetching for nobody"
            time.sleep(0.05)
        hub.gate.set()


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"
