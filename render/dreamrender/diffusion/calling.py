"""A recipe in the arguments of a pipeline's own call, by what the signature of that call knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Parameter, signature
from math import ceil, sqrt
from typing import Any

import torch
from torch.nn import functional as F

from dreamqueue.course import values_of
from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamrender.diffusion.autoencoders import autoencoder
from dreamrender.diffusion.schedulers import too_many
from dreamrender.diffusion.twins import Pipeline, schedulers, twin
from dreamrender.picture import to_pil
from dreamrender.types import Image

Parameters = Mapping[str, Parameter]

STEPS = "num_inference_steps"
LEVELS = 1000
"""Of noise, where no scheduler says how many it was trained with."""
_NOT_PICTURES = {"num_frames": "films", "video_length": "films", "audio_length_in_s": "sounds"}
_NO_PICTURE = "This model paints from words only; leave the initial picture out, or take another preset."


@dataclass(frozen=True)
class Call:
    """What to call, and how."""

    pipeline: Pipeline
    """Nobody else's, see `twins`."""
    arguments: dict[str, Any]
    steps: tuple[int, ...]
    """Steps of each of its stages, as far as it does what it is told."""
    callbacks: tuple[str, ...]
    """Arguments that take a callback at each step; empty where not every stage has one."""
    size: tuple[int, int]
    """Height and width that it paints."""
    notes: tuple[str, ...]
    """What it could not be told, in members' words."""


def call_of(
    recipe: Recipe,
    pipeline: Pipeline,
    *,
    guidance: float | None,
    strength: float | None,
    picture: Image | None,
) -> Call:
    """The recipe, told to a pipeline. Raises PaintError for what that pipeline cannot do."""
    own = _for_picture(pipeline) if picture is not None else twin(pipeline)
    known = signature(own.__call__).parameters
    _check_kind(own, known, picture)
    height, width = _size(recipe, own, known)
    arguments: dict[str, Any] = {"output_type": "pil", "clean_caption": False}
    if "height" in known:
        arguments |= {"height": height, "width": width}
    if picture is not None:
        arguments["image"] = to_pil(_resized(picture, height, width))
        arguments |= _strength(known, strength)
    share = float(arguments.get("strength", 1.0))
    steps = _steps(known, recipe.steps)
    words, notes = _words(recipe, known)
    if (height, width) != (recipe.height, recipe.width):
        notes = (*notes, f"This model painted {width}x{height}, which was then made larger or smaller.")
    arguments |= {**_told(own, steps, share), **words, **_guidance(known, guidance)}
    if "true_cfg_scale" in arguments:
        arguments.setdefault("negative_prompt", " ")  # without any, Qwen-Image is not guided
    if recipe.steps != 2 and "intermediate_timesteps" in known:
        arguments["intermediate_timesteps"] = None  # Sana-Sprint has it for two steps only
    callbacks = tuple(name for name in known if name.endswith("callback_on_step_end"))
    if not callbacks and "callback" in known:
        callbacks = ("callback",)
        arguments["callback_steps"] = 1
    return Call(
        pipeline=own,
        arguments={name: value for name, value in arguments.items() if name in known},
        steps=tuple(steps.values()),
        callbacks=callbacks if len(callbacks) == len(steps) else (),
        size=(height, width),
        notes=notes,
    )


def _for_picture(pipeline: Pipeline) -> Pipeline:
    """A pipeline of the same networks that begins with a picture."""
    if "image" in signature(pipeline.__call__).parameters:
        return twin(pipeline)
    from dreamrender.diffusion.upstream import diffusers  # its AutoPipeline imports all there are

    try:
        return twin(diffusers.AutoPipelineForImage2Image.from_pipe(pipeline))
    except ValueError as error:
        name = type(pipeline).__name__.replace("Pipeline", "Img2ImgPipeline")  # aMUSEd's is in no list
        other = getattr(diffusers, name, None)
        if other is None:
            raise PaintError(_NO_PICTURE) from error
        return twin(other.from_pipe(pipeline))


def _check_kind(pipeline: Pipeline, known: Parameters, picture: Image | None) -> None:
    """Raises PaintError where words, and a picture if there is one, are not all that it needs."""
    for name, what in _NOT_PICTURES.items():
        if name in known:
            raise PaintError(f"This model makes {what}, no pictures; take another preset.")
    if "prompt" not in known:
        raise PaintError("This model takes no words; take another preset.")
    given = {"prompt"} | ({"image"} if picture is not None else set())
    missing = [
        name
        for name, parameter in known.items()
        if parameter.default is Parameter.empty
        and parameter.kind not in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL)
        and name not in given
    ]
    if missing == ["image"]:
        raise PaintError("This model paints over a picture; attach one.")
    if missing:
        raise PaintError(
            f"This model needs more than words ({', '.join(missing)}): it is a part of a larger one."
        )
    if not any(name.endswith(STEPS) for name in known):
        raise PaintError("This model cannot be told how many steps to make; take another preset.")


def _size(recipe: Recipe, pipeline: Pipeline, known: Parameters) -> tuple[int, int]:
    """Height and width to paint at. Raises PaintError for sides that the pipeline cannot paint."""
    denoiser = _denoiser(pipeline)
    if autoencoder(pipeline) is None:
        return _in_pixels(recipe, denoiser)
    factor = getattr(pipeline, "vae_scale_factor", None)
    if factor is None or "use_resolution_binning" in known or "height" not in known:
        return recipe.height, recipe.width
    patch = denoiser.get("patch_size")
    packed = 2 if hasattr(pipeline, "_unpack_latents") or denoiser.get("downsample") else 1
    multiple = int(factor) * max(packed, patch if isinstance(patch, int) else 1)
    if recipe.width % multiple or recipe.height % multiple:
        width, height = (max(1, round(side / multiple)) * multiple for side in (recipe.width, recipe.height))
        raise PaintError(
            f"This model paints sides that are multiples of {multiple} pixels; {width}x{height} would do."
        )
    return recipe.height, recipe.width


def _in_pixels(recipe: Recipe, denoiser: Mapping[str, Any]) -> tuple[int, int]:
    """The recipe's shape in the area that a pixel-space network knows: it paints small, and is enlarged."""
    side = denoiser.get("sample_size")
    if not isinstance(side, int):
        return recipe.height, recipe.width
    multiple = 2 ** (len(denoiser.get("block_out_channels", (1,))) - 1)
    scale = side / sqrt(recipe.width * recipe.height)
    sides = recipe.height * scale, recipe.width * scale
    height, width = (max(1, round(side / multiple)) * multiple for side in sides)
    return height, width


def _denoiser(pipeline: Pipeline) -> Mapping[str, Any]:
    for name in ("transformer", "unet"):
        network = getattr(pipeline, name, None)
        if network is not None:
            config: Mapping[str, Any] = network.config
            return config
    return {}


def _strength(known: Parameters, strength: float | None) -> dict[str, float]:
    if "strength" in known:
        chosen = known["strength"].default if strength is None else strength
        return {"strength": float(chosen)} if isinstance(chosen, int | float) else {}
    if strength is not None:
        raise PaintError("This model looks at the picture, it does not paint over it; leave --strength out.")
    return {}


def _steps(known: Parameters, total: int) -> dict[str, int]:
    """Steps that each stage makes: `total` in all, in the proportion of the pipeline's own defaults.

    At least 2 for each of several stages.
    """
    own = {name: parameter.default for name, parameter in known.items() if name.endswith(STEPS)}
    if len(own) == 1:
        return dict.fromkeys(own, total)
    counts = {name: count if isinstance(count, int) else 20 for name, count in own.items()}
    found = {name: max(2, total * count // sum(counts.values())) for name, count in counts.items()}
    longest = max(found, key=lambda name: found[name])
    found[longest] += max(0, total - sum(found.values()))
    return found


def _told(pipeline: Pipeline, steps: Mapping[str, int], share: float) -> dict[str, int]:
    """What to tell so that so many are made: over a picture, the main stage leaves all out but its `share`.

    Raises PaintError for more than the model was trained with.
    """
    trained = [one.config.get("num_train_timesteps") for one in schedulers(pipeline)]
    most = min((count for count in trained if isinstance(count, int)), default=LEVELS)
    shares = {name: share if name == STEPS else 1.0 for name in steps}
    for name, count in steps.items():
        if count / most - 1e-6 > shares[name]:
            raise PaintError(too_many(count, int(most * shares[name])))
    return {name: ceil(count / shares[name] - 1e-6) for name, count in steps.items()}


def _guidance(known: Parameters, guidance: float | None) -> dict[str, float]:
    """The scale, for every stage that is guided by itself."""
    if guidance is None:
        return {}
    scales = {
        name: parameter.default
        for name, parameter in known.items()
        if name.endswith("guidance_scale") or name == "true_cfg_scale"
    }
    guided = [name for name, own in scales.items() if isinstance(own, int | float) and own > 1]
    chosen = guided or [name for name in scales if name == "guidance_scale"]
    if not chosen:
        raise PaintError("This model knows no guidance; leave --guidance out.")
    return dict.fromkeys(chosen, guidance)


def _words(recipe: Recipe, known: Parameters) -> tuple[dict[str, str], tuple[str, ...]]:
    wanted = [phrase for phrase in recipe.phrases if phrase.wanted]
    others = [phrase for phrase in recipe.phrases if not phrase.wanted]
    unwanted = [phrase for phrase in others if min(values_of(phrase.weight)) < 0]
    told = {"prompt": ", ".join(phrase.text for phrase in wanted)}
    notes = []
    if any(abs(weight) != 1 for phrase in recipe.phrases for weight in values_of(phrase.weight)):
        notes.append("This model reads words without weights: all phrases counted alike, all the way.")
    if unwanted and "negative_prompt" in known:
        told["negative_prompt"] = ", ".join(phrase.text for phrase in unwanted)
    elif unwanted:
        left_out = ", ".join(f"“{phrase.text}”" for phrase in unwanted)
        notes.append(f"This model cannot be told what to avoid: {left_out} was not said.")
    return told, tuple(notes)


def _resized(image: Image, height: int, width: int) -> Image:
    if image.shape[-2:] == (height, width):
        return image
    smaller = image.shape[-2] > height
    made: torch.Tensor = F.interpolate(image[None], (height, width), mode="bicubic", antialias=smaller)
    return made[0].clamp(0, 1)
