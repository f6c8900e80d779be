"""A small Kandinsky 2.2 with random weights, in two parts as it is published: a decoder and its prior."""

from __future__ import annotations

from pathlib import Path

from . import tiny
from . import tiny_tokenizers as tokenizers
from .tiny import diffusers, transformers

DECODER, PRIOR = "kandinsky-community/kandinsky-2-2-decoder", "kandinsky-community/kandinsky-2-2-prior"
CARD = f"---\nlicense: apache-2.0\nprior:\n- {PRIOR}\n---\n# Kandinsky 2.2\n"
"""The decoder's README.md, by which diffusers knows the prior."""
WIDTH = 32


def decoder(folder: Path) -> Path:
    """A UNet that reads an image embedding, and an autoencoder whose decoder is told the codes."""
    with tiny._seeded():
        unet = diffusers.UNet2DConditionModel(
            sample_size=tiny.SIDE // 8,
            in_channels=4,
            out_channels=8,
            block_out_channels=(16, 32),
            layers_per_block=1,
            norm_num_groups=8,
            down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
            up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
            mid_block_type="UNetMidBlock2DSimpleCrossAttn",
            addition_embed_type="image",
            encoder_hid_dim=WIDTH,
            encoder_hid_dim_type="image_proj",
            cross_attention_dim=WIDTH,
            attention_head_dim=8,
            resnet_time_scale_shift="scale_shift",
        )
        movq = diffusers.VQModel(
            block_out_channels=(32,) * 4,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            latent_channels=4,
            layers_per_block=1,
            norm_num_groups=8,
            norm_type="spatial",
            num_vq_embeddings=12,
            vq_embed_dim=4,
        )
        scheduler = diffusers.DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1)
        diffusers.KandinskyV22Pipeline(unet=unet, scheduler=scheduler, movq=movq).save_pretrained(folder)
    (folder / "README.md").write_text(CARD)
    return folder


def prior(folder: Path) -> Path:
    """From words to an image embedding."""
    with tiny._seeded(), tiny._tokenizers(tokenizer=tokenizers.write_clip) as words:
        vision = transformers.CLIPVisionConfig(
            hidden_size=32,
            image_size=32,
            projection_dim=WIDTH,
            intermediate_size=37,
            num_attention_heads=2,
            num_hidden_layers=1,
            patch_size=16,
        )
        pipeline = diffusers.KandinskyV22PriorPipeline(
            prior=diffusers.PriorTransformer(
                num_attention_heads=2,
                attention_head_dim=8,
                embedding_dim=WIDTH,
                num_layers=1,
                num_embeddings=tokenizers.LENGTH,
            ),
            image_encoder=transformers.CLIPVisionModelWithProjection(vision),
            text_encoder=transformers.CLIPTextModelWithProjection(tiny._clip_text(words["tokenizer"])),
            **words,
            scheduler=diffusers.UnCLIPScheduler(
                variance_type="fixed_small_log", prediction_type="sample", clip_sample_range=5.0
            ),
            image_processor=tiny._clip_pictures(),
        )
        return tiny._save(pipeline, folder, words)
