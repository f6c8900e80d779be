"""Small tokenizers in the files that published pipelines have, made on the spot."""

from __future__ import annotations

import io
import json
from pathlib import Path

import sentencepiece
from tokenizers import Tokenizer, models, normalizers
from tokenizers.pre_tokenizers import ByteLevel

WORDS = ["a", "red", "green", "blue", "apple", "house", "square", "circle", "mountain", "snowy", "forest"]
WORDS += ["of", "the", "in", "photo", "painting"]
SENTENCES = [f"{one} {other}" for one in WORDS for other in WORDS]
LENGTH = 77


def write_clip(folder: Path, pad: str = "<|endoftext|>") -> None:
    """vocab.json and merges.txt of a byte-level BPE with CLIP's ends of words; no tokenizer.json.

    `pad` is "!" in the second tokenizer of SDXL and SD 3.
    """
    merges, pieces = _merges()
    letters = sorted(ByteLevel.alphabet())
    begin, end = "<|startoftext|>", "<|endoftext|>"
    vocabulary = [*letters, *(letter + "</w>" for letter in letters), *pieces, begin, end]
    folder.mkdir(parents=True, exist_ok=True)
    ids = {piece: number for number, piece in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    special = {"bos_token": begin, "eos_token": end, "unk_token": end, "pad_token": pad}
    _write_configs(folder, special, tokenizer_class="CLIPTokenizer", model_max_length=LENGTH)


def write_t5(folder: Path, *, fast: bool = False) -> None:
    """spiece.model as T5 has it, unigram; with `fast` a tokenizer.json beside it, as SD 3 and FLUX have."""
    folder.mkdir(parents=True, exist_ok=True)
    model = _sentencepiece("unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    (folder / "spiece.model").write_bytes(model)
    special = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    extra = [f"<extra_id_{number}>" for number in range(100)]
    _write_configs(
        folder,
        {**special, "additional_special_tokens": extra},
        tokenizer_class="T5Tokenizer",
        model_max_length=512,
        extra_ids=100,
    )
    if fast:
        from transformers import T5TokenizerFast

        loaded = T5TokenizerFast.from_pretrained(folder)
        loaded.backend_tokenizer.save(str(folder / "tokenizer.json"))


def write_gemma(folder: Path) -> None:
    """tokenizer.json as Gemma has it: BPE with bytes for unknown letters."""
    folder.mkdir(parents=True, exist_ok=True)
    merges, pieces = _merges(end="")
    letters = [chr(code) for code in range(33, 127)]
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    octets = [f"<0x{number:02X}>" for number in range(256)]
    vocabulary = dict.fromkeys([*special, *octets, "▁", *letters, *pieces])
    ids = {piece: number for number, piece in enumerate(vocabulary)}
    pairs = [tuple(merge.split()) for merge in merges]
    bpe = models.BPE(vocab=ids, merges=pairs, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    tokenizer = Tokenizer(bpe)
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "tokenizer.json"))
    named = {f"{name[1:-1]}_token": name for name in special}
    _write_configs(folder, named, tokenizer_class="GemmaTokenizer", add_bos_token=True, model_max_length=2048)


def _merges(end: str = "</w>") -> tuple[list[str], list[str]]:
    """The lines of merges.txt that make each word one token, and the new tokens, in one order."""
    found: dict[str, str] = {}
    for word in WORDS:
        letters = [*word[:-1], word[-1] + end]
        left = letters[0]
        for letter in letters[1:]:
            found.setdefault(left + letter, f"{left} {letter}")
            left += letter
    return list(found.values()), list(found)


def _sentencepiece(kind: str, **ids: int) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES),
        model_writer=model,
        model_type=kind,
        vocab_size=64,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
        **ids,
    )
    return model.getvalue()


def _write_configs(folder: Path, special: dict[str, object], **config: object) -> None:
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    (folder / "tokenizer_config.json").write_text(json.dumps({**special, **config}))
