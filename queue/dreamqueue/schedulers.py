"""Ways to take the noise off, by name: what members may ask for; the code lies with the painters."""

from __future__ import annotations

from collections.abc import Mapping

SCHEDULERS: Mapping[str, str] = {
    "ddim": "DDIM (Song et al. 2021): no noise on the way; the same seed stays alike at other steps",
    "ddpm": "DDPM (Ho et al. 2020): new noise each step; wants many steps",
    "pndm": "PNDM (Liu et al. 2022): looks back at the steps before; the default of early Stable Diffusion",
    "heun": "Heun (Karras et al. 2022): looks twice a step, so takes twice as long; for SD 3 and FLUX too",
    "euler": "Euler (Karras et al. 2022): plain and quick; for SD 3 and FLUX too",
    "euler-trailing": "Euler from full noise on: for Lightning and other models and LoRAs of a few steps",
    "euler-a": "Euler ancestral: new noise each step, so more steps change the picture",
    "dpmpp-2m": "DPM-Solver++ 2M (Lu et al. 2022): looks back a step; fine at 20; for SD 3 and FLUX too",
    "dpmpp-2m-karras": "the same with Karras' spacing of the steps: more of them where there is little noise",
    "dpmpp-2m-sde": "DPM-Solver++ 2M with new noise each step: more detail, another picture at other steps",
    "dpmpp-sde": "DPM-Solver++ of single steps with new noise: the same kind, each step on its own",
    "unipc": "UniPC (Zhao et al. 2023): corrects itself; fine at 10 steps; for SD 3 and FLUX too",
    "deis": "DEIS (Zhang and Chen 2023): fine at 10 steps",
    "lcm": "LCM (Luo et al. 2023): 2 to 8 steps, for models and LoRAs made for it",
    "tcd": "TCD (Zheng et al. 2024): 2 to 8 steps, for models and LoRAs made for it",
}
"""A line for each."""
