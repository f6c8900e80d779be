"""LoRAs: what a file holds, by the names and shapes in its header, and which models it fits.

The spellings are those of diffusers and peft (`unet.….lora_A.weight`, `….lora.down.weight`), of kohya's
trainer (`lora_unet_….lora_down.weight`) and of FLUX's first ones (`double_blocks.…`): diffusers loads all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dreamconfig.catalogue import FAMILIES, models
from dreamqueue.errors import PaintError, UnknownWord
from dreamqueue.prompt.menu import nearest
from dreamrender.diffusion.headers import shapes
from dreamrender.shelf import shelf

_DOWN = re.compile(r"[._](lora_A(\.[a-z]\w*)?|lora\.down|lora_down|lora\d?\.down)\.weight$")
_OTHERS = re.compile(r"\.(hada_w|lokr_w|oft_|diff_b$)")
_UNET = re.compile(
    r"(^|[._])(unet|down_blocks|mid_block|up_blocks|input_blocks|output_blocks|middle_block)[._]"
)
_WORDS = re.compile(r"^(text_encoder|lora_te)")
_SECOND_WORDS = re.compile(r"^(text_encoder_2\.|lora_te[12]_)")
_DEEP = re.compile(r"transformer_blocks[._][1-9]")
_TO_WORDS = re.compile(r"attn2[._]to_[kv][._]")
_FLUX = re.compile(r"(^|[._])(single_transformer_blocks|double_blocks|single_blocks)[._]")
_JOINT = re.compile(r"(^|[._])(joint_blocks[._]\d|transformer_blocks[._]\d+[._]attn[._])")
_OTHER_JOINT = re.compile(r"(img|txt)_(mlp|mod)|joint_transformer_blocks")
FLUX_WIDTH = 3072
"""Of FLUX's states; Stable Diffusion 3 has 1536 or 2432."""


@dataclass(frozen=True)
class Lora:
    """What a file's header says."""

    family: str
    """One of dreamconfig.catalogue.FAMILIES; empty for another kind of model."""
    rank: int
    """The largest of its layers."""
    text_width: int | None
    """Width of the words' states that its layers read, as of the model's UNet; None where none does."""

    @property
    def said(self) -> str:
        """What it is for, after its name."""
        if not self.family:
            return "is a LoRA for another kind of model than those known here"
        which = {768: " (1)", 1024: " (2)"}.get(self.text_width or 0, "") if self.family == "sd" else ""
        return f"is a LoRA for {FAMILIES[self.family]}{which}"


def describe_lora(path: Path) -> Lora:
    """What a LoRA is for; raises PaintError for a file that is none."""
    if path.suffix != ".safetensors":
        raise PaintError(f"{path.name} is no .safetensors file; other kinds of LoRAs are not read here.")
    found = shapes(path)
    down = {name: shape for name, shape in found.items() if _DOWN.search(name) and len(shape) >= 2}
    if not down:
        other = " (it is a LyCORIS, or a whole model)" if any(map(_OTHERS.search, found)) else ""
        raise PaintError(f"{path.name} is no LoRA: it has no pairs of low-rank matrices{other}.")
    to_words = {shape[1] for name, shape in down.items() if _TO_WORDS.search(name)}
    text_width = to_words.pop() if len(to_words) == 1 else None
    return Lora(
        family=_family(down, {shape[1] for shape in down.values()}, text_width),
        rank=max(shape[0] for shape in down.values()),
        text_width=text_width,
    )


def require_lora(name: str, family: str, text_width: int | None = None) -> Path:
    """The file of a LoRA that is asked for by name, for a model of this family.

    `text_width`: of the model's UNet, where it is known (`Folder.text_width`): a LoRA for Stable Diffusion 1
    does not fit 2. Raises PaintError for an unknown name, a file that is not here or no LoRA, another family.
    """
    known = [other for other, entry in models().items() if entry.kind == "lora"]
    if name not in known:
        raise PaintError(str(UnknownWord("LoRA", name, nearest(name, known), known)))
    (path,) = shelf().require(name)
    lora = describe_lora(path)
    if lora.family != family:
        ours = f"of {FAMILIES[family]}" if family else "of another kind"
        raise PaintError(f"`{name}` {lora.said}, and this model is {ours}.")
    if None not in (lora.text_width, text_width) and lora.text_width != text_width:
        raise PaintError(
            f"`{name}` {lora.said} whose words have {lora.text_width} numbers each, and this model's have "
            f"{text_width}."
        )
    return path


def _family(names: Iterable[str], widths: set[int], text_width: int | None) -> str:
    names = list(names)

    def has(pattern: re.Pattern[str]) -> bool:
        return any(map(pattern.search, names))

    if has(_OTHER_JOINT):
        return ""
    if has(_FLUX) or (has(_JOINT) and FLUX_WIDTH in widths):
        return "flux"
    if has(_JOINT):
        return "sd3"
    if has(_UNET):
        extra_large = text_width == 2048 or has(_SECOND_WORDS) or has(_DEEP)
        return "sdxl" if extra_large else "sd"
    if has(_WORDS):
        return "sdxl" if has(_SECOND_WORDS) else "sd"
    return ""
