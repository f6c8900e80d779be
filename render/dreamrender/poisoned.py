"""Whether a device is lost: after most CUDA errors every later call of this process fails as well."""

from __future__ import annotations

import logging

import torch

from dreamrender.out_of_memory import ran_out

log = logging.getLogger(__name__)

_SAID = ("CUDA error:", "HIP error:", "device-side assert", "CUBLAS_STATUS", "CUDNN_STATUS", "cuDNN error:")
"""What torch, cuBLAS and cuDNN say of it in a RuntimeError."""
_KIND: type[RuntimeError] | None = getattr(torch, "AcceleratorError", None)
"""torch's own error for it, which versions before 2.8 do not have."""


def poisoned(error: BaseException) -> bool:
    """Whether an error means that nothing can be painted on this device any more by this process.

    Memory that ran out does not. Where a GPU is at hand it is asked: some errors concern one call alone.
    """
    return _looks_so(error) and not _works()


def _looks_so(error: BaseException) -> bool:
    if not isinstance(error, RuntimeError) or ran_out(error):
        return False
    named = _KIND is not None and isinstance(error, _KIND)
    return named or any(words in str(error) for words in _SAID)


def _works() -> bool:
    """Whether the GPU in use still computes."""
    if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return False
    try:
        torch.cuda.synchronize()
        return int(torch.ones(2, device="cuda").sum().item()) == 2
    except RuntimeError as error:
        log.error("the device does not compute any more: %s", error)
        return False
