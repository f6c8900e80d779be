"""Any CLIP that open_clip knows, as a critic. Its weights come from a local file or open_clip's caches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamqueue.errors import PaintError
from dreamrender import torchvision_ops
from dreamrender.critics.tower_layers import layers_of, watched
from dreamrender.fast.precision import Precision, formats
from dreamrender.fast.tower import Tower, fits
from dreamrender.types import Embeddings, Images


class OpenClipCritic:
    """A frozen CLIP. Reads RGB in [0, 1] of any size; resizes to its own side and normalises itself."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        name: str,
        dim: int,
        preprocessing: Mapping[str, Any],
        device: str = "cpu",
        precision: Precision | None = None,
    ) -> None:
        self.name = name
        self.device = torch.device(device)
        self.model = model.eval().requires_grad_(False).to(self.device)
        size = preprocessing["size"]
        self.image_size = int(size[0] if isinstance(size, tuple | list) else size)
        self.dim = dim
        self.max_tokens = int(tokenizer.context_length)
        self._tokenizer = tokenizer
        self._mean = self._channels(preprocessing["mean"])
        self._std = self._channels(preprocessing["std"])
        self._layers = layers_of(self.model.visual)
        self.layers = tuple(self._layers)
        chosen = formats(self.device.type, precision)
        self._half = chosen.critic == torch.bfloat16 and not chosen.fast
        self._tower: Tower | None = None
        if chosen.fast and fits(self.model.visual):
            means, spreads = (preprocessing[key] for key in ("mean", "std"))
            self._tower = Tower(self.model.visual, means, spreads, chosen.critic)
        self._pixels = next(self.model.visual.parameters()).dtype

    @classmethod
    def load(
        cls,
        architecture: str,
        pretrained: str,
        device: str = "cpu",
        *,
        name: str | None = None,
        weights: Path | None = None,
        precision: Precision | None = None,
    ) -> OpenClipCritic:
        """A model by open_clip's name, with the weights of a tag or a local file (.safetensors, .pt, .bin).

        `weights` is where the tag's weights lie, if not in open_clip's own cache; nothing is downloaded.
        Pickled code in a .pt file is not run. Raises PaintError.
        """
        torchvision_ops.declare()
        import open_clip

        shape = open_clip.get_model_config(architecture)
        if shape is None:
            raise PaintError(f"open_clip knows no architecture `{architecture}`.")
        path = weights or find_weights(architecture, pretrained)
        if path is None:
            raise _absent(architecture, pretrained, name)
        norm = _normalisation(architecture, pretrained)
        try:
            model = open_clip.create_model(
                architecture, pretrained=str(path), force_preprocess_cfg=norm, weights_only=True
            )
            tokenizer = open_clip.get_tokenizer(architecture)
        except Exception as error:
            raise PaintError(
                f"The weights in {path.name} do not load as {architecture}: {_first_line(error)}"
            ) from error
        return cls(
            model,
            tokenizer,
            name=name or architecture,
            dim=shape["embed_dim"],
            preprocessing=open_clip.get_model_preprocess_cfg(model),
            device=device,
            precision=precision,
        )

    def to(self, device: str | torch.device) -> Self:
        """The same critic on another device. Its fast layers, which are for processors, do not move."""
        self.device = torch.device(device)
        self.model.to(self.device)
        self._mean, self._std = self._mean.to(self.device), self._std.to(self.device)
        return self

    def encode_images(self, images: Images) -> Embeddings:
        """Unit embeddings of RGB pictures in [0, 1], (N, 3, H, W) → (N, dim), float32; differentiable."""
        encode = self._tower or self._encoded
        return F.normalize(encode(self._fitting(images)).float(), dim=-1)

    def features(self, images: Images, layer: str) -> Tensor:
        """Activations of one of `layers`, float32: (N, tokens, width) or (N, C, h, w)."""
        return watched(self._layers[layer], lambda: self._encoded(self._fitting(images))).float()

    @torch.no_grad()
    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Unit embeddings of texts, (N, dim), float32; no gradient."""
        encoded: Tensor = self.model.encode_text(self._tokenizer(list(texts)).to(self.device))
        return F.normalize(encoded.float(), dim=-1)

    def tokens(self, text: str) -> int:
        """Tokens that a text takes, with the marks of its start and end."""
        if hasattr(self._tokenizer, "encode"):
            return len(self._tokenizer.encode(text)) + 2
        return len(self._tokenizer.tokenizer(text)["input_ids"])

    def _fitting(self, images: Images) -> Images:
        side = (self.image_size, self.image_size)
        if images.shape[-2:] == side:
            return images
        return F.interpolate(images, side, mode="bicubic", antialias=True, align_corners=False)

    def _encoded(self, images: Images) -> Tensor:
        with self._autocast():
            pixels = ((images - self._mean) / self._std).to(self._pixels)
            encoded: Tensor = self.model.encode_image(pixels)
        return encoded

    def _channels(self, values: Sequence[float]) -> Tensor:
        return torch.tensor(values, device=self.device).view(1, 3, 1, 1)

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16) if self._half else nullcontext()


def find_weights(architecture: str, pretrained: str) -> Path | None:
    """Where the weights lie on this machine: a file, or what open_clip downloaded before; None if nowhere."""
    torchvision_ops.declare()
    from open_clip import pretrained as known

    if (path := Path(pretrained).expanduser()).is_file():
        return path
    source = known.get_pretrained_cfg(architecture, pretrained)
    return _cached(source) if source else None


def _absent(architecture: str, pretrained: str, name: str | None) -> PaintError:
    from open_clip import pretrained as known

    if not known.get_pretrained_cfg(architecture, pretrained):
        tags = ", ".join(known.list_pretrained_tags_by_model(architecture)) or "none"
        return PaintError(
            f"There is no file {pretrained} and open_clip has no weights of that name for {architecture} "
            f"(it has: {tags})."
        )
    return PaintError(
        f"The weights {architecture}/{pretrained} are not on this worker. Who runs it can fetch them "
        f"with `aliendreams models fetch {name or 'NAME'}`, or name a local file in the catalogue."
    )


def _cached(source: dict[str, Any]) -> Path | None:
    """The file that open_clip would have downloaded, if it did."""
    from huggingface_hub import try_to_load_from_cache

    repository, _, filename = source.get("hf_hub", "").rpartition("/")
    if repository:
        filename = filename or "open_clip_pytorch_model.bin"
        for candidate in (f"{Path(filename).stem}.safetensors", "open_clip_model.safetensors", filename):
            found: object = try_to_load_from_cache(repository, candidate)
            if isinstance(found, str):
                return Path(str(found))
    if url := source.get("url"):
        path = Path("~/.cache/clip").expanduser() / str(url).rpartition("/")[2]
        if path.is_file():
            return path
    return None


def _normalisation(architecture: str, pretrained: str) -> dict[str, Any]:
    """Mean and standard deviation that a tag was trained with; CLIP's own for a file."""
    from open_clip import pretrained as known

    source = known.get_pretrained_cfg(architecture, pretrained) or {}
    return {key: source[key] for key in ("mean", "std") if source.get(key)}


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
