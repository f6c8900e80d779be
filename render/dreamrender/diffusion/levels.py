"""How much of a noisy picture is picture, and what a network's prediction makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dreamrender.diffusion.schedulers import is_flow

LEAST = 1e-6


@dataclass(frozen=True)
class Level:
    """x = alpha · x₀ + sigma · ε, of what the network is shown."""

    alpha: float
    sigma: float
    predicts: str
    """What the network says: epsilon, v_prediction, sample or flow."""

    def clean(self, x: Tensor, said: Tensor) -> Tensor:
        """x₀ by the network's prediction."""
        match self.predicts:
            case "epsilon":
                return (x - self.sigma * said) / max(self.alpha, LEAST)
            case "v_prediction":
                return self.alpha * x - self.sigma * said
            case "flow":
                return x - self.sigma * said
            case _:
                return said

    def noise(self, x: Tensor, clean: Tensor) -> Tensor:
        """ε, given x₀."""
        return (x - self.alpha * clean) / max(self.sigma, LEAST)

    def said(self, x: Tensor, clean: Tensor) -> Tensor:
        """What the network would have predicted, had it meant this x₀."""
        match self.predicts:
            case "epsilon":
                return self.noise(x, clean)
            case "v_prediction":
                return (self.alpha * x - clean) / max(self.sigma, LEAST)
            case "flow":
                return (x - clean) / max(self.sigma, LEAST)
            case _:
                return clean


def level(scheduler: Any, index: int) -> Level:
    """Of the entry `index` of a scheduler's timesteps."""
    if is_flow(scheduler):
        sigma = float(scheduler.sigmas[index])
        return Level(1 - sigma, sigma, "flow")
    predicts = str(scheduler.config.get("prediction_type", "epsilon"))
    if hasattr(scheduler, "sigmas"):
        sigma = float(scheduler.sigmas[index])
        alpha = (1 + sigma * sigma) ** -0.5
        return Level(alpha, sigma * alpha, predicts)
    kept = float(scheduler.alphas_cumprod[int(scheduler.timesteps[index])])
    return Level(kept**0.5, (1 - kept) ** 0.5, predicts)


def noised(scheduler: Any, clean: Tensor, noise: Tensor, index: int) -> Tensor:
    """A picture with as much noise as the scheduler has at its entry `index`."""
    times = scheduler.timesteps[index : index + 1]
    if hasattr(scheduler, "scale_noise"):
        found: Tensor = scheduler.scale_noise(clean, times, noise)
        return found
    found = scheduler.add_noise(clean, noise, times)
    return found if torch.is_floating_point(found) else found.float()
