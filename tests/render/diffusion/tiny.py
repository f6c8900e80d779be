"""Small diffusers pipelines with random weights, the same each time, saved in the published folder layout.

Each function fills `folder` and returns it; each has every component that its published model has.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from dreamrender.diffusion.upstream import diffusers

from . import tiny_tokenizers as tokenizers

# isort: split
import transformers
from diffusers.pipelines.deepfloyd_if import IFSafetyChecker, IFWatermarker
from diffusers.pipelines.deprecated.unclip.text_proj import UnCLIPTextProjModel
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

SIDE = 64
"""Pixels that the latent models paint by default, but `pixart` and `sana`."""

Writer = Callable[[Path], None]


def sd(folder: Path) -> Path:
    """Stable Diffusion 1: noise is predicted, 8 heads in each layer, a safety checker."""
    return _stable_diffusion(folder, {"attention_head_dim": 8}, _noise_scheduler(), checked=True)


def sd2(folder: Path) -> Path:
    """Stable Diffusion 2.1: velocity is predicted, heads of one width, linear projections."""
    unet = {"attention_head_dim": (2, 4), "use_linear_projection": True}
    scheduler = diffusers.DDIMScheduler(
        **_scaled_linear(), prediction_type="v_prediction", clip_sample=False, set_alpha_to_one=False
    )
    return _stable_diffusion(folder, unet, scheduler, checked=False)


def sdxl(folder: Path) -> Path:
    """Stable Diffusion XL: two text encoders, sizes told to the UNet."""
    with _seeded(), _tokenizers(tokenizer=tokenizers.write_clip, tokenizer_2=_write_clip_padded) as words:
        pipeline = diffusers.StableDiffusionXLPipeline(
            vae=_vae(force_upcast=True, scaling_factor=0.13025),
            text_encoder=transformers.CLIPTextModel(_clip_text(words["tokenizer"])),
            text_encoder_2=transformers.CLIPTextModelWithProjection(_clip_text(words["tokenizer_2"])),
            **words,
            unet=_unet(
                cross_attention_dim=64,
                attention_head_dim=(2, 4),
                use_linear_projection=True,
                transformer_layers_per_block=(1, 1),
                addition_embed_type="text_time",
                addition_time_embed_dim=8,
                projection_class_embeddings_input_dim=6 * 8 + 32,
            ),
            scheduler=diffusers.EulerDiscreteScheduler(**_scaled_linear(), timestep_spacing="leading"),
            force_zeros_for_empty_prompt=True,
            add_watermarker=False,
        )
        return _save(pipeline, folder, words)


def sd3(folder: Path) -> Path:
    """Stable Diffusion 3: a transformer, flow matching, three text encoders."""
    writers = {
        "tokenizer": tokenizers.write_clip,
        "tokenizer_2": _write_clip_padded,
        "tokenizer_3": _write_t5_fast,
    }
    with _seeded(), _tokenizers(**writers) as words:
        narrow = {"hidden_size": 16, "projection_dim": 16}
        clip, clip_2 = (_clip_text(words[name], **narrow) for name in ("tokenizer", "tokenizer_2"))
        pipeline = diffusers.StableDiffusion3Pipeline(
            vae=_vae(latent_channels=16, **_FLOW_VAE, scaling_factor=1.5305, shift_factor=0.0609),
            text_encoder=transformers.CLIPTextModelWithProjection(clip),
            text_encoder_2=transformers.CLIPTextModelWithProjection(clip_2),
            text_encoder_3=transformers.T5EncoderModel(_t5(words["tokenizer_3"])),
            **words,
            transformer=diffusers.SD3Transformer2DModel(
                sample_size=SIDE // 8,
                patch_size=2,
                in_channels=16,
                out_channels=16,
                num_layers=2,
                attention_head_dim=8,
                num_attention_heads=4,
                joint_attention_dim=32,
                caption_projection_dim=32,
                pooled_projection_dim=32,
                pos_embed_max_size=32,
            ),
            scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        )
        return _save(pipeline, folder, words)


def flux(folder: Path) -> Path:
    """FLUX.1-dev: guidance is an input of the transformer, the schedule shifts with the size."""
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(
        shift=3.0,
        use_dynamic_shifting=True,
        base_shift=0.5,
        max_shift=1.15,
        base_image_seq_len=256,
        max_image_seq_len=4096,
    )
    return _flux(folder, scheduler, guidance=True)


def flux_schnell(folder: Path) -> Path:
    """FLUX.1-schnell: few steps, no guidance."""
    return _flux(folder, diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0), guidance=False)


def unclip(folder: Path) -> Path:
    """unCLIP (DALL-E 2): a prior makes a CLIP embedding, a decoder 16 × 16 pixels, two UNets 32 × 32."""
    width = 32
    with _seeded(), _tokenizers(tokenizer=tokenizers.write_clip) as words:
        config = _clip_text(words["tokenizer"])
        blocks: dict[str, Any] = {
            "layers_per_block": 1,
            "block_out_channels": (16, 32),
            "norm_num_groups": 8,
            "resnet_time_scale_shift": "scale_shift",
        }
        enlarging: dict[str, Any] = {
            **blocks,
            "sample_size": 32,
            "in_channels": 6,
            "out_channels": 3,
            "down_block_types": ("ResnetDownsampleBlock2D", "ResnetDownsampleBlock2D"),
            "up_block_types": ("ResnetUpsampleBlock2D", "ResnetUpsampleBlock2D"),
            "add_attention": False,
        }
        pipeline = diffusers.UnCLIPPipeline(
            prior=diffusers.PriorTransformer(
                num_attention_heads=2,
                attention_head_dim=8,
                embedding_dim=width,
                num_layers=1,
                num_embeddings=tokenizers.LENGTH,
            ),
            decoder=diffusers.UNet2DConditionModel(
                **blocks,
                sample_size=16,
                in_channels=3,
                out_channels=6,
                down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
                up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
                mid_block_type="UNetMidBlock2DSimpleCrossAttn",
                attention_head_dim=8,
                cross_attention_dim=width,
                class_embed_type="identity",
            ),
            text_encoder=transformers.CLIPTextModelWithProjection(config),
            **words,
            text_proj=UnCLIPTextProjModel(
                clip_embeddings_dim=width, time_embed_dim=16 * 4, cross_attention_dim=width
            ),
            super_res_first=diffusers.UNet2DModel(**enlarging),
            super_res_last=diffusers.UNet2DModel(**enlarging),
            prior_scheduler=diffusers.UnCLIPScheduler(
                variance_type="fixed_small_log", prediction_type="sample", clip_sample_range=5.0
            ),
            decoder_scheduler=diffusers.UnCLIPScheduler(
                variance_type="learned_range", prediction_type="epsilon", clip_sample_range=1.0
            ),
            super_res_scheduler=diffusers.UnCLIPScheduler(
                variance_type="fixed_small_log", prediction_type="epsilon", clip_sample_range=1.0
            ),
        )
        return _save(pipeline, folder, words)


def deepfloyd_if(folder: Path) -> Path:
    """DeepFloyd IF, first stage (Imagen): pixels, 32 × 32, words from T5."""
    with _seeded(), _tokenizers(tokenizer=tokenizers.write_t5) as words:
        pipeline = diffusers.IFPipeline(
            text_encoder=transformers.T5EncoderModel(_t5(words["tokenizer"])),
            **words,
            unet=diffusers.UNet2DConditionModel(
                sample_size=32,
                in_channels=3,
                out_channels=6,
                layers_per_block=1,
                block_out_channels=(16, 32),
                norm_num_groups=8,
                down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
                up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
                mid_block_type="UNetMidBlock2DSimpleCrossAttn",
                attention_head_dim=8,
                encoder_hid_dim=32,
                encoder_hid_dim_type="text_proj",
                cross_attention_dim=32,
                addition_embed_type="text",
                addition_embed_type_num_heads=2,
                cross_attention_norm="group_norm",
                resnet_time_scale_shift="scale_shift",
                act_fn="gelu",
            ),
            scheduler=diffusers.DDPMScheduler(
                beta_schedule="squaredcos_cap_v2",
                variance_type="learned_range",
                thresholding=True,
                dynamic_thresholding_ratio=0.95,
                sample_max_value=1.5,
            ),
            safety_checker=IFSafetyChecker(_clip()),
            feature_extractor=_clip_pictures(),
            watermarker=IFWatermarker(),
        )
        return _save(pipeline, folder, words)


def amused(folder: Path) -> Path:
    """aMUSEd: tokens of a VQGAN are unmasked by a transformer."""
    codes = 32
    with _seeded(), _tokenizers(tokenizer=tokenizers.write_clip) as words:
        pipeline = diffusers.AmusedPipeline(
            vqvae=diffusers.VQModel(
                act_fn="silu",
                block_out_channels=(8, 8, 8),
                down_block_types=("DownEncoderBlock2D",) * 3,
                up_block_types=("UpDecoderBlock2D",) * 3,
                latent_channels=8,
                layers_per_block=1,
                norm_num_groups=8,
                num_vq_embeddings=codes,
                sample_size=SIDE,
                mid_block_add_attention=False,
                lookup_from_codebook=True,
            ),
            **words,
            text_encoder=transformers.CLIPTextModelWithProjection(_clip_text(words["tokenizer"])),
            transformer=diffusers.UVit2DModel(
                hidden_size=16,
                use_bias=False,
                hidden_dropout=0.0,
                cond_embed_dim=32,
                micro_cond_encode_dim=4,
                micro_cond_embed_dim=5 * 4,
                encoder_hidden_size=32,
                vocab_size=codes + 2,
                codebook_size=codes,
                in_channels=16,
                block_out_channels=16,
                num_res_blocks=1,
                downsample=True,
                upsample=True,
                block_num_heads=2,
                num_hidden_layers=1,
                num_attention_heads=2,
                attention_dropout=0.0,
                intermediate_size=32,
                layer_norm_eps=1e-6,
                ln_elementwise_affine=True,
                sample_size=SIDE // 4,
            ),
            scheduler=diffusers.AmusedScheduler(mask_token_id=codes + 1),
        )
        torch.nn.init.normal_(pipeline.vqvae.quantize.embedding.weight)
        torch.nn.init.constant_(pipeline.vqvae.decoder.conv_out.bias, 0.5)  # its pixels are in [0, 1]
        return _save(pipeline, folder, words)


def pixart(folder: Path) -> Path:
    """PixArt-Σ: a transformer with T5's words, 256 × 256 by default and sizes by shape."""
    with _seeded(), _tokenizers(tokenizer=tokenizers.write_t5) as words:
        pipeline = diffusers.PixArtSigmaPipeline(
            **words,
            text_encoder=transformers.T5EncoderModel(_t5(words["tokenizer"])),
            vae=_vae(scaling_factor=0.13025),
            transformer=diffusers.PixArtTransformer2DModel(
                sample_size=32,
                num_layers=2,
                patch_size=2,
                attention_head_dim=8,
                num_attention_heads=2,
                caption_channels=32,
                in_channels=4,
                cross_attention_dim=16,
                out_channels=8,
                use_additional_conditions=False,
            ),
            scheduler=diffusers.DPMSolverMultistepScheduler(beta_schedule="linear", solver_order=2),
        )
        return _save(pipeline, folder, words)


def sana(folder: Path) -> Path:
    """Sana: a linear transformer with Gemma's words, an autoencoder that shrinks 32 times, 512 × 512."""
    blocks = *("ResBlock",) * 4, *("EfficientViTBlock",) * 2
    widths, scales, layers = (8,) * 6, ((),) * 4 + ((5,),) * 2, (1,) * 6
    with _seeded(), _tokenizers(tokenizer=tokenizers.write_gemma) as words:
        text = transformers.Gemma2Config(
            vocab_size=len(words["tokenizer"]),
            hidden_size=16,
            intermediate_size=32,
            head_dim=8,
            num_attention_heads=2,
            num_key_value_heads=2,
            num_hidden_layers=1,
        )
        pipeline = diffusers.SanaPipeline(
            **words,
            text_encoder=transformers.Gemma2Model(text),
            vae=diffusers.AutoencoderDC(
                latent_channels=4,
                attention_head_dim=2,
                encoder_block_types=blocks,
                decoder_block_types=blocks,
                encoder_block_out_channels=widths,
                decoder_block_out_channels=widths,
                encoder_qkv_multiscales=scales,
                decoder_qkv_multiscales=scales,
                encoder_layers_per_block=layers,
                decoder_layers_per_block=layers,
                downsample_block_type="conv",
                upsample_block_type="interpolate",
                decoder_norm_types="rms_norm",
                decoder_act_fns="silu",
                scaling_factor=0.41407,
            ),
            transformer=diffusers.SanaTransformer2DModel(
                patch_size=1,
                in_channels=4,
                out_channels=4,
                num_layers=1,
                num_attention_heads=2,
                attention_head_dim=8,
                num_cross_attention_heads=2,
                cross_attention_head_dim=8,
                cross_attention_dim=16,
                caption_channels=16,
                sample_size=16,
            ),
            scheduler=diffusers.DPMSolverMultistepScheduler(
                prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
            ),
        )
        return _save(pipeline, folder, words)


def ddpm(folder: Path) -> Path:
    """DDPM: an unconditional UNet in pixels, 32 × 32."""
    with _seeded():
        unet = diffusers.UNet2DModel(
            sample_size=32,
            layers_per_block=1,
            block_out_channels=(16, 32),
            norm_num_groups=8,
            down_block_types=("DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        )
        return _save(diffusers.DDPMPipeline(unet=unet, scheduler=diffusers.DDPMScheduler()), folder)


def kandinsky() -> Any:
    """Kandinsky 2.2: a prior and a decoder, each a pipeline in a third. In memory: it is two folders."""
    with _seeded(), _tokenizers(tokenizer=tokenizers.write_clip) as words:
        vision = transformers.CLIPVisionConfig(
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            image_size=32,
            patch_size=16,
            projection_dim=32,
        )
        pipeline = diffusers.KandinskyV22CombinedPipeline(
            unet=diffusers.UNet2DConditionModel(
                in_channels=4,
                out_channels=8,
                layers_per_block=1,
                block_out_channels=(16, 32),
                norm_num_groups=8,
                down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
                up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
                mid_block_type="UNetMidBlock2DSimpleCrossAttn",
                addition_embed_type="image",
                encoder_hid_dim=32,
                encoder_hid_dim_type="image_proj",
                cross_attention_dim=32,
                attention_head_dim=4,
                resnet_time_scale_shift="scale_shift",
            ),
            scheduler=diffusers.DDPMScheduler(beta_schedule="linear", variance_type="learned_range"),
            movq=diffusers.VQModel(
                block_out_channels=(32, 32),
                down_block_types=("DownEncoderBlock2D", "AttnDownEncoderBlock2D"),
                up_block_types=("AttnUpDecoderBlock2D", "UpDecoderBlock2D"),
                latent_channels=4,
                layers_per_block=1,
                norm_num_groups=8,
                norm_type="spatial",
                num_vq_embeddings=12,
                vq_embed_dim=4,
            ),
            prior_prior=diffusers.PriorTransformer(
                num_attention_heads=2, attention_head_dim=8, embedding_dim=32, num_layers=1
            ),
            prior_image_encoder=transformers.CLIPVisionModelWithProjection(vision),
            prior_text_encoder=transformers.CLIPTextModelWithProjection(_clip_text(words["tokenizer"])),
            prior_tokenizer=words["tokenizer"],
            prior_scheduler=diffusers.UnCLIPScheduler(
                variance_type="fixed_small_log", prediction_type="sample", clip_sample_range=10.0
            ),
            prior_image_processor=_clip_pictures(),
        )
        for part in pipeline.components.values():
            if isinstance(part, torch.nn.Module):
                part.eval()
        return pipeline


def taesd(folder: Path) -> Path:
    """TAESD: a tiny autoencoder for the latents of `sd`."""
    with _seeded():
        model = diffusers.AutoencoderTiny(
            encoder_block_out_channels=(16,) * 4, decoder_block_out_channels=(16,) * 4
        )
    model.save_pretrained(folder, safe_serialization=True)
    return folder


def lora(folder: Path, pipeline: Path) -> Path:
    """pytorch_lora_weights.safetensors for the UNet and the text encoders of `pipeline` (an sd or sdxl)."""
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    loaded = diffusers.DiffusionPipeline.from_pretrained(pipeline, local_files_only=True)
    layers = {}
    targets = {
        "unet": ["to_q", "to_k", "to_v", "to_out.0"],
        "text_encoder": ["q_proj", "v_proj"],
        "text_encoder_2": ["q_proj", "v_proj"],
    }
    with _seeded():
        for name, modules in targets.items():
            model = getattr(loaded, name, None)
            if model is None:
                continue
            config = LoraConfig(r=2, lora_alpha=2, target_modules=modules, init_lora_weights=False)
            model.add_adapter(config)
            layers[f"{name}_lora_layers"] = get_peft_model_state_dict(model)
    type(loaded).save_lora_weights(folder, **layers, safe_serialization=True)
    return folder


PIPELINES: dict[str, Callable[[Path], Path]] = {
    "sd": sd,
    "sd2": sd2,
    "sdxl": sdxl,
    "sd3": sd3,
    "flux": flux,
    "flux_schnell": flux_schnell,
    "unclip": unclip,
    "deepfloyd_if": deepfloyd_if,
    "amused": amused,
    "pixart": pixart,
    "sana": sana,
    "ddpm": ddpm,
}

_FLOW_VAE: dict[str, Any] = {"use_quant_conv": False, "use_post_quant_conv": False}


def _stable_diffusion(folder: Path, unet: dict[str, Any], scheduler: Any, *, checked: bool) -> Path:
    with _seeded(), _tokenizers(tokenizer=tokenizers.write_clip) as words:
        pipeline = diffusers.StableDiffusionPipeline(
            vae=_vae(),
            text_encoder=transformers.CLIPTextModel(_clip_text(words["tokenizer"])),
            **words,
            unet=_unet(cross_attention_dim=32, **unet),
            scheduler=scheduler,
            safety_checker=StableDiffusionSafetyChecker(_clip()) if checked else None,
            feature_extractor=_clip_pictures(),
            requires_safety_checker=checked,
        )
        return _save(pipeline, folder, words)


def _flux(folder: Path, scheduler: Any, *, guidance: bool) -> Path:
    writers = {"tokenizer": tokenizers.write_clip, "tokenizer_2": _write_t5_fast}
    with _seeded(), _tokenizers(**writers) as words:
        pipeline = diffusers.FluxPipeline(
            scheduler=scheduler,
            vae=_vae(latent_channels=16, **_FLOW_VAE, scaling_factor=0.3611, shift_factor=0.1159),
            text_encoder=transformers.CLIPTextModel(_clip_text(words["tokenizer"])),
            text_encoder_2=transformers.T5EncoderModel(_t5(words["tokenizer_2"])),
            **words,
            transformer=diffusers.FluxTransformer2DModel(
                patch_size=1,
                in_channels=64,
                num_layers=1,
                num_single_layers=1,
                attention_head_dim=16,
                num_attention_heads=2,
                joint_attention_dim=32,
                pooled_projection_dim=32,
                guidance_embeds=guidance,
                axes_dims_rope=(4, 4, 8),
            ),
        )
        return _save(pipeline, folder, words)


def _unet(**config: Any) -> diffusers.UNet2DConditionModel:
    return diffusers.UNet2DConditionModel(
        sample_size=SIDE // 8,
        layers_per_block=1,
        block_out_channels=(16, 32),
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **config,
    )


def _vae(**config: Any) -> diffusers.AutoencoderKL:
    return diffusers.AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        norm_num_groups=8,
        layers_per_block=1,
        sample_size=SIDE,
        **config,
    )


def _noise_scheduler() -> Any:
    return diffusers.PNDMScheduler(**_scaled_linear(), skip_prk_steps=True, set_alpha_to_one=False)


def _scaled_linear() -> dict[str, Any]:
    return {
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "steps_offset": 1,
    }


def _clip_text(tokenizer: Any, **config: Any) -> Any:
    return transformers.CLIPTextConfig(
        **{
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 37,
            "projection_dim": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": tokenizers.LENGTH,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
            **config,
        }
    )


def _clip() -> Any:
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = {**small, "image_size": 32, "patch_size": 16, "projection_dim": 16}
    text = {**small, "vocab_size": 4, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    return transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)


def _clip_pictures() -> Any:
    return transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})


def _t5(tokenizer: Any) -> Any:
    return transformers.T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=8,
        d_ff=37,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
    )


def _write_clip_padded(folder: Path) -> None:
    tokenizers.write_clip(folder, pad="!")


def _write_t5_fast(folder: Path) -> None:
    tokenizers.write_t5(folder, fast=True)


@contextmanager
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


class _Words(dict):
    """Tokenizers by component, loaded from the files in `folder`."""

    folder: Path


@contextmanager
def _tokenizers(**writers: Writer):
    """The tokenizers as they load from the files that the writers leave."""
    with TemporaryDirectory() as folder:
        words = _Words()
        words.folder = Path(folder)
        for name, write in writers.items():
            write(words.folder / name)
            words[name] = transformers.AutoTokenizer.from_pretrained(words.folder / name)
        yield words


def _save(pipeline: Any, folder: Path, words: _Words | None = None) -> Path:
    """Saved; the tokenizers' files are those that published models have, not those of today's library."""
    pipeline.save_pretrained(folder, safe_serialization=True)
    for name in words or {}:
        shutil.rmtree(folder / name)
        shutil.copytree(words.folder / name, folder / name)
    return folder
