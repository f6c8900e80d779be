"""A pipeline of one's own, for each painting: networks are shared, what a call changes is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeAlias

from torch import Tensor

from dreamrender.diffusion.upstream import DiffusionPipeline

Pipeline: TypeAlias = Any
"""Any DiffusionPipeline: what diffusers says of that class has neither its call nor its components."""

Watch = Callable[[Any, Tensor], None]
"""Called after a scheduler's step, with the scheduler and the clean picture that it expects."""


def twin(pipeline: Pipeline) -> Pipeline:
    """A copy with schedulers and attributes of its own: two paintings by one pipeline can take turns."""
    return _twin(pipeline, {})


def schedulers(pipeline: Pipeline) -> list[Any]:
    """Its schedulers, each once, in the order in which the pipeline names them."""
    found = {id(one): one for one in pipeline.components.values() if _is_scheduler(one)}
    return list(found.values())


def watch(scheduler: Any, told: Watch) -> None:
    """From now on `told` hears of each of its steps."""
    step = scheduler.step
    names = signature(step)

    @wraps(step)
    def watched(*values: Any, **named: Any) -> Any:
        made = step(*values, **named)
        told(scheduler, expected(scheduler, names.bind(*values, **named).arguments, made))
        return made

    scheduler.step = watched


def expected(scheduler: Any, given: dict[str, Any], made: Any) -> Tensor:
    """The picture without noise that a scheduler's step was made towards, as far as it tells.

    `given`: the arguments of the step, `made`: what it returned. Where it does not tell, the next sample.
    """
    following: Tensor = made[0] if isinstance(made, tuple) else made.prev_sample
    clean = made[1] if isinstance(made, tuple) and len(made) > 1 else None
    if not isinstance(made, tuple):
        clean = getattr(made, "pred_original_sample", None)
    if isinstance(clean, Tensor) and clean.shape == following.shape:
        return clean
    kept = getattr(scheduler, "model_outputs", None)
    if kept and kept[-1] is not None and _keeps_clean(scheduler):
        last: Tensor = kept[-1]
        return last
    if "FlowMatch" in type(scheduler).__name__ and scheduler.step_index:
        sigma = scheduler.sigmas[scheduler.step_index - 1]
        flowed: Tensor = given["sample"] - sigma * given["model_output"]
        return flowed
    return following


def _keeps_clean(scheduler: Any) -> bool:
    """Multistep solvers keep what they integrate: the expected picture (Lu et al. 2022, DPM-Solver++)."""
    config = scheduler.config
    return "dpmsolver++" in str(config.get("algorithm_type")) or bool(config.get("predict_x0"))


def _is_scheduler(value: object) -> bool:
    return hasattr(value, "set_timesteps") and hasattr(value, "step")


def _twin(pipeline: Pipeline, known: dict[int, Any]) -> Pipeline:
    """Pipelines of several stages hold others, which name the same schedulers."""
    own = copy.copy(pipeline)
    for name, value in vars(pipeline).items():
        if not (_is_scheduler(value) or isinstance(value, DiffusionPipeline)):
            continue
        if id(value) not in known:
            known[id(value)] = (
                _twin(value, known) if isinstance(value, DiffusionPipeline) else copy.deepcopy(value)
            )
        setattr(own, name, known[id(value)])
    own.set_progress_bar_config(disable=True)
    return own
