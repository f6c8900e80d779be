"""Where things lie on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def models_folder(setting: str = "") -> Path:
    """The folder of fetched and added models: as set, else `aliendreams` among torch's downloads.

    Those are where TORCH_HOME or XDG_CACHE_HOME say, as torch itself has it.
    """
    if setting:
        return Path(setting).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or os.path.join(cache, "torch")
    return Path(home).expanduser() / "hub" / "aliendreams"
