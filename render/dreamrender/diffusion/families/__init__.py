"""The families that are stepped natively, by name; the rest goes through `dreamrender.diffusion.driven`."""

from __future__ import annotations

from importlib import import_module

from dreamrender.diffusion.families.family import Family

FAMILIES: dict[str, str] = {
    "pocket": "dreamrender.diffusion.families.pocket:Pocket",
    "sd": "dreamrender.diffusion.families.sd:StableDiffusion",
    "sdxl": "dreamrender.diffusion.families.sdxl:StableDiffusionXL",
    "sd3": "dreamrender.diffusion.families.sd3:StableDiffusion3",
    "flux": "dreamrender.diffusion.families.flux:Flux",
    "pixels": "dreamrender.diffusion.families.pixels:Pixels",
}


def family_named(name: str) -> type[Family]:
    """The class of a family; raises KeyError for one that is not stepped natively."""
    module, _, attribute = FAMILIES[name].partition(":")
    found: type[Family] = getattr(import_module(module), attribute)
    return found
