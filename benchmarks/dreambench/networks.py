"""The networks of 2021 with random weights: VQGAN f16-16384 and CLIP ViT-B/32, or small ones for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from dreambench.reference.decoder import Decoder
from dreamrender import torchvision_ops
from dreamrender.vqgan import VQGAN, Layers, Shape
