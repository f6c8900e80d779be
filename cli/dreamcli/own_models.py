"""A community's own models, so that a prompt typed here may name them."""

from __future__ import annotations

from dreamconfig.catalogue import include
from dreamconfig.places import models_folder
from dreamconfig.settings import QueueSettings
from dreamqueue.errors import DreamError


def know_own_models(settings: QueueSettings) -> None:
    """Read the folder's own catalogue; raises DreamError if it cannot be read."""
    try:
        include(models_folder(settings.models))
    except ValueError as error:
        raise DreamError(str(error)) from None
