"""A whole Visual Echoes model, tiny and untrained: every part real, nothing learned."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from foleycli.bundles.format import Bundle, write_bundle
from foleycli.models.visual_echoes import KIND
from foleycli.networks.visual_echoes.patch_vq import PatchVq
from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.networks.visual_echoes.word_vq import SoundWords, WordVq
from foleycli.specs.visual_echoes import DecodingSpec, EchoSpec, PatchVqSpec, TokenLayout, WordVqSpec
from tests.tiny_model import made_once

LAYOUT = TokenLayout(32 + 8 * 4, (9, 8), 48 + 4 * 4, sound_grid=(9, 8))
IMAGE = PatchVqSpec(3, 64, 8, (16, 8, 8), (1, 0, 0), last_width=4, codes=32, code_width=6)
SOUND = PatchVqSpec(8, 16, 2, (16,), (1,), codes=48, code_width=6)
PICTURE_WORDS = WordVqSpec(1000, codes=4)
SOUND_WORDS = WordVqSpec(2 * 8 * 16 + 3 * 8, words=4, codes=4)
TRANSFORMER = LAYOUT.transformer(
    width=32, depth=1, heads=2, decoder_width=32, decoder_depth=1, decoder_heads=2, dropout=0.0
)


def networks() -> dict[str, nn.Module]:
    """The parts, freshly initialised from a fixed seed."""
    torch.manual_seed(0)
    transformer = MaskedTransformer(TRANSFORMER)
    with torch.no_grad():
        transformer.token_emb.word_embeddings.weight.mul_(20)  # else all ids are nearly as likely, given what it may
    generator = torch.Generator().manual_seed(0)
    image, sound = PatchVq(IMAGE), PatchVq(SOUND)
    image.fit_codes(torch.rand(16, 3, 64, 64, generator=generator) * 2 - 1, generator, rounds=2)
    sound.fit_codes(torch.randn(16, 8, 16, 16, generator=generator), generator, rounds=2)
    seen, heard = WordVq(PICTURE_WORDS), SoundWords(SOUND_WORDS, channels=8, rows=16)
    for words in (seen, heard.words):
        words.fit(torch.randn(64, words.spec.labels, generator=generator), torch.arange(64) % 8, generator)
    return {
        "transformer": transformer,
        "image": image,
        "picture_words": seen,
        "sound": sound,
        "sound_words": heard,
    }


@made_once
def write_tiny_echo(folder: Path) -> Bundle:
    specs = {
        "layout": LAYOUT,
        "transformer": TRANSFORMER,
        "image": IMAGE,
        "picture_words": PICTURE_WORDS,
        "sound_words": SOUND_WORDS,
        "sound": SOUND,
        "decoding": DecodingSpec(steps=3, guidance=1.5),
        "echo": EchoSpec(codec="pocket"),
    }
    return write_bundle(
        folder,
        {part: network.state_dict() for part, network in networks().items()},
        name="tiny-echo",
        kind=KIND,
        specs=specs,
        licence="Apache-2.0",
        commercial_use=True,
        training_data="none: random weights",
        card="# tiny-echo\nRandom weights, for tests.\n",
    )
