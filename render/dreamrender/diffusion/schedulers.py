"""Samplers by name, made anew for each session from the configuration that its model came with."""

from __future__ import annotations

import copy
import difflib
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from dreamqueue.errors import PaintError
from dreamrender.diffusion.upstream import diffusers


@dataclass(frozen=True)
class Sampler:
    """A scheduler of diffusers, and what sets it apart."""

    scheduler: str
    options: dict[str, Any] = field(default_factory=dict)
    flow: str = ""
    """The class for flow-matching models; empty where there is none."""


_FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
SAMPLERS: dict[str, Sampler] = {
    "ddim": Sampler("DDIMScheduler"),
    "ddpm": Sampler("DDPMScheduler"),
    "pndm": Sampler("PNDMScheduler", {"skip_prk_steps": True}),
    "euler": Sampler("EulerDiscreteScheduler", flow="FlowMatchEulerDiscreteScheduler"),
    "euler-trailing": Sampler("EulerDiscreteScheduler", {"timestep_spacing": "trailing"}),
    "euler-a": Sampler("EulerAncestralDiscreteScheduler"),
    "heun": Sampler("HeunDiscreteScheduler", flow="FlowMatchHeunDiscreteScheduler"),
    "dpmpp-2m": Sampler("DPMSolverMultistepScheduler", flow="DPMSolverMultistepScheduler"),
    "dpmpp-2m-karras": Sampler("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "dpmpp-2m-sde": Sampler("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "dpmpp-sde": Sampler(
        "DPMSolverSinglestepScheduler", {"algorithm_type": "sde-dpmsolver++", "lower_order_final": True}
    ),
    "unipc": Sampler("UniPCMultistepScheduler", flow="UniPCMultistepScheduler"),
    "deis": Sampler("DEISMultistepScheduler"),
    "lcm": Sampler("LCMScheduler"),
    "tcd": Sampler("TCDScheduler"),
}


def is_flow(scheduler: Any) -> bool:
    """Whether its model was trained by flow matching: x = (1 − σ) x₀ + σ ε."""
    config = scheduler.config
    return (
        "FlowMatch" in type(scheduler).__name__
        or bool(config.get("use_flow_sigmas"))
        or config.get("prediction_type") == "flow_prediction"
    )


def sampler(name: str, own: Any, *, latent: bool = True) -> Any:
    """A scheduler of that name for a model that came with `own`; the same kind as `own` if it is empty.

    Raises PaintError for a name that nobody has or that does not fit the model.
    """
    if not name:
        return type(own).from_config(own.config)
    chosen = SAMPLERS.get(name)
    if chosen is None:
        near = difflib.get_close_matches(name, SAMPLERS, n=1) or list(SAMPLERS)
        raise PaintError(f"There is no scheduler `{name}`; there is `{'`, `'.join(near)}`.")
    if is_flow(own):
        if not chosen.flow:
            fit = "`, `".join(name for name, one in SAMPLERS.items() if one.flow)
            raise PaintError(
                f"This model was trained by flow matching: `{name}` is not for it, but `{fit}` are."
            )
        moved = (
            {}
            if chosen.flow.startswith("FlowMatch")
            else {**_FLOW, "flow_shift": own.config.get("shift", 1.0)}
        )
        return getattr(diffusers, chosen.flow).from_config(own.config, **moved)
    options = {**({"clip_sample": False} if latent else {}), **chosen.options}
    return getattr(diffusers, chosen.scheduler).from_config(own.config, **options)


def too_many(steps: int, most: int) -> str:
    """What to say of more steps than a model has levels of noise to make them on."""
    if most < 1:
        return "So small a --strength leaves nothing to paint over; please ask for more of it."
    return f"{steps} steps are too many for this model; at most {most} are possible."


def duplicate(scheduler: Any) -> Any:
    """A scheduler as it is now: steps of the one change nothing in the other."""
    own = copy.copy(scheduler)
    for name, value in vars(scheduler).items():
        if isinstance(value, list):
            vars(own)[name] = list(value)
    return own


@dataclass(frozen=True)
class Pace:
    """How a model spreads its steps, as far as its scheduler does not know by itself."""

    shift: float | None = None
    """`mu` of schedulers that shift noise by the picture's size."""
    even: bool = False
    """Noise falls evenly from 1 to 1/steps before it is shifted (FLUX), not to the least of training."""


def set_steps(scheduler: Any, steps: int, strength: float, pace: Pace) -> int:
    """Bring a new scheduler to the last `strength` of its way, in `steps` steps; gives its first entry.

    `len(scheduler.timesteps)` minus that index is the number of times the network is asked: samplers of
    second order ask twice a step. Raises PaintError for more steps than the model was trained with.
    """
    trained = scheduler.config.get("num_train_timesteps")
    if trained is not None and steps > (trained + 0.5) * strength:
        raise PaintError(too_many(steps, int(trained * strength)))
    whole = max(steps, round(steps / strength))
    takes = signature(scheduler.set_timesteps).parameters
    shifts = "mu" in takes and scheduler.config.get("use_dynamic_shifting")
    known: dict[str, Any] = {"mu": pace.shift} if shifts else {}
    if pace.even and "sigmas" in takes and "FlowMatch" in type(scheduler).__name__:
        known["sigmas"] = [1 - index / whole for index in range(whole)]
    try:
        scheduler.set_timesteps(whole, **known)
    except ValueError as error:
        raise PaintError(f"This scheduler cannot make {steps} steps: {error}") from error
    first = (whole - steps) * int(scheduler.order)
    if first and hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first)
    return first
