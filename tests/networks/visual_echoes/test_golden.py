"""Visual Echoes' networks against the published code: equal to 1e-4."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.visual_echoes.melgan import Melgan, fold_weight_norm
from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.networks.visual_echoes.vqgan import Vqgan
from foleycli.specs import MelSpec
from foleycli.specs.visual_echoes import (
    PUBLISHED_LAYOUT,
    MelganSpec,
    Padding,
    TokenLayout,
    TransformerSpec,
    VqganSpec,
)
from foleycli.training.visual_echoes.masking import nested_draw
from tests.golden.echoes import facts, rng, vectors, weights

SMALL: dict[str, Any] = {
    "width": 96, "depth": 3, "heads": 3, "decoder_width": 64, "decoder_depth": 2, "decoder_heads": 4,
}  # fmt: skip
JOINT = TokenLayout(64, (16, 16), 48, (5, 53))


def close(found: torch.Tensor, published: torch.Tensor) -> None:
    torch.testing.assert_close(found, published, atol=1e-4, rtol=0)


def bits(name: str, file: str, first: int = 0) -> torch.Tensor:
    return vectors(file)[name].bool()[:, first:]


def smoothed(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.transpose(1, 2), ids, label_smoothing=0.1, reduction="none")


@torch.no_grad()
@pytest.mark.parametrize(("padding", "suffix"), [("class", "cls"), ("learnable", "token")])
def test_the_published_masked_transformer(padding: Padding, suffix: str) -> None:
    about, gold = facts("mage_small"), vectors("mage_small")
    model = MaskedTransformer(TransformerSpec(about["vocab"], about["class_id"], 256, **SMALL, padding=padding)).eval()
    model.load_state_dict(weights("mage_small"))
    ids, mask, drop = gold["ids"].long(), bits("mask", "mage_small", 1), bits("drop", "mage_small", 1)
    logits = model(ids, mask, drop)
    close(F.pad(logits, (0, 0, 1, 0))[:, 16::16, ::5], gold[f"logits_{suffix}"][:, 1:])
    loss = (smoothed(logits[..., :64], ids) * mask).sum() / mask.sum()
    close(loss[None], gold[f"loss_{suffix}"])


@torch.no_grad()
def test_the_published_encoder_sees_what_is_not_dropped() -> None:
    about, gold = facts("mage_small"), vectors("mage_small")
    model = MaskedTransformer(TransformerSpec(about["vocab"], about["class_id"], 256, **SMALL)).eval()
    model.load_state_dict(weights("mage_small"))
    ids = gold["ids"].long().masked_fill(bits("mask", "mage_small", 1), about["mask_id"])
    kept = (~gold["drop"].bool()).nonzero()[:, 1].reshape(2, -1)
    latent = model.encode(F.pad(ids, (1, 0), value=about["class_id"]), kept)
    close(latent[:, ::4], gold["latent"])


def test_the_published_draw_of_masked_and_dropped_tokens() -> None:
    gold = vectors("mage_small")
    draw = nested_draw(gold["noise"], 0.6)
    assert torch.equal(draw.mask, bits("mask", "mage_small", 1))
    assert torch.equal(draw.drop, bits("drop", "mage_small", 1))


@torch.no_grad()
def test_both_modalities_in_one_sequence() -> None:
    gold = vectors("joint_small")
    model = MaskedTransformer(JOINT.transformer(**SMALL)).eval()
    model.load_state_dict(weights("joint_small"))
    ids, mask, drop = gold["ids"].long(), bits("mask", "joint_small"), bits("drop", "joint_small")
    logits = model(ids, mask, drop)
    close(F.pad(logits, (0, 0, 1, 0))[:, 20::20, ::3], gold["logits_train"][:, 1:])
    image = smoothed(logits[:, :256, :64], ids[:, :256])
    sound = smoothed(logits[:, 256:, 64:112], ids[:, 256:] - 64)
    loss = torch.cat([image, sound], 1)
    close(((loss * mask).sum() / mask.sum())[None], gold["loss_masked"])
    hidden = mask | drop
    close(((loss * hidden).sum() / hidden.sum())[None], gold["loss_hidden"])


@torch.no_grad()
def test_one_modality_from_the_other_with_guidance() -> None:
    gold = vectors("joint_small")
    model = MaskedTransformer(JOINT.transformer(**SMALL)).eval()
    model.load_state_dict(weights("joint_small"))
    ids = gold["ids"].long()
    silent, unseen = ids.clone(), ids.clone()
    silent[:, 256:], unseen[:, :256] = 113, 113
    conditional = model(silent)[:, 256:, 64:112]
    unconditional = model(torch.full_like(ids, 113))[:, 256:, 64:112]
    close(conditional[:, ::11, ::2], gold["i2a_cond"])
    close(unconditional[:, ::11, ::2], gold["i2a_uncond"])
    guided = unconditional + facts("joint_small")["guidance"] * (conditional - unconditional)
    close(guided[:, ::11, ::2], gold["i2a_guided"])
    close(model(unseen)[:, :256, :64][:, ::11, ::2], gold["a2i_cond"])


@pytest.mark.parametrize(("size", "millions"), [("B", 145.3), ("L", 408.4)])
def test_sizes_have_the_counted_parameters(size: Any, millions: float) -> None:
    with torch.device("meta"):
        model = MaskedTransformer(PUBLISHED_LAYOUT.transformer(size))
    assert round(sum(p.numel() for p in model.parameters()) / 1e6, 1) == millions


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "spec", "step"),
    [
        ("vqgan_mage_small", VqganSpec("maskgit", 3, 32, codes=64, code_width=32), 4),
        ("specvqgan_small", VqganSpec("taming", 1, 32, codes=64, code_width=32), 8),
    ],
)
def test_the_published_vqgans(name: str, spec: VqganSpec, step: int) -> None:
    gold = vectors(name)
    model = Vqgan(spec).eval()
    model.load_state_dict(weights(name))
    if spec.layout == "maskgit":
        x = torch.from_numpy(rng("vq-picture").random((2, 3, 96, 128), dtype=np.float32))
    else:
        x = 2 * torch.from_numpy(rng("spec-mel").random((1, 1, 80, 848), dtype=np.float32)) - 1
    close(model.quant_conv(model.encoder(x)), gold["h"])
    found = model.quantized(x)
    assert torch.equal(found.codes, gold["indices"].long())
    close(found.loss[None], gold["loss"])
    close(model.decode(found.codes)[..., ::step, ::step], gold["decoded"])
    close(model.decode(gold["codes"].long())[..., ::step, ::step], gold["decoded_codes"])


@pytest.mark.parametrize(("spec", "millions"), [(VqganSpec("maskgit"), 54.5), (VqganSpec("taming", 1), 72.1)])
def test_published_sizes_of_the_vqgans(spec: VqganSpec, millions: float) -> None:
    with torch.device("meta"):
        model = Vqgan(spec)
    assert round(sum(p.numel() for p in model.parameters()) / 1e6, 1) == millions


@torch.no_grad()
def test_the_published_mel_and_vocoder() -> None:
    gold = vectors("spec_mel_melgan")
    wave = (0.1 * rng("spec-wav").standard_normal(44100)).astype(np.float32)
    wave[22050:] *= (np.linspace(1, 0, 22050) ** 4).astype(np.float32)
    mel = log_mel(torch.from_numpy(wave)[None], MelSpec(22050, 1024, 256, 80, 125.0, 7600.0, "db01"))
    close(mel[0], gold["mel"])
    vocoder = Melgan(MelganSpec(width=4)).eval()
    vocoder.load_state_dict(fold_weight_norm(weights("spec_mel_melgan")))
    sound = vocoder(torch.from_numpy(rng("spec-melgan").random((1, 80, 20), dtype=np.float32)))
    close(sound, gold["melgan"])


def test_the_published_vocoder_has_the_counted_parameters() -> None:
    with torch.device("meta"):
        model = Melgan(MelganSpec())
    norms = sum(len(p) for p in model.parameters() if p.dim() > 1)  # one `weight_g` a channel, folded in here
    assert round((norms + sum(p.numel() for p in model.parameters())) / 1e6, 2) == 4.27
