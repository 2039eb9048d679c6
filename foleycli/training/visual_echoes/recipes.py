"""`foley train echo-tokens` and `echo`: the built-in model's tokenizers, then its transformer and the model folder.

sounds (or your videos) -> echo-tokens -> echo -> WORK/echo-model
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from foleycli.bundles.format import spec_from_plain, write_bundle
from foleycli.errors import InputError
from foleycli.models.loaded import LoadedModel, load_bundle
from foleycli.models.visual_echoes import KIND
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.visual_echoes.patch_vq import PatchVq
from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.specs.visual_echoes import (
    ECHO_IMAGE_VQ,
    ECHO_LAYOUT,
    ECHO_SOUND_VQ,
    DecodingSpec,
    EchoSpec,
    PatchVqSpec,
    TransformerSpec,
)
from foleycli.training.data.cue_player import SoundBank
from foleycli.training.data.sounds import build_sound_cache
from foleycli.training.loop import RunConfig, fit
from foleycli.training.visual_echoes.clips import build_from_videos
from foleycli.training.visual_echoes.corpus import Corpus, build_pictures, build_sounds
from foleycli.training.visual_echoes.masking import MaskRule
from foleycli.training.visual_echoes.tokens import (
    as_input,
    latent_batches,
    latent_loss,
    picture_batches,
    picture_loss,
)
from foleycli.training.visual_echoes.transformer import (
    TokenCorpus,
    batches,
    masked_loss,
    start_from_tokens,
)

if TYPE_CHECKING:
    from foleycli.training.workspace import Workspace

CODEC = "pocket"
PICTURE_SHARDS, SOUND_SHARDS, TEST_SHARDS = 40, 16, 3  # of 256
FITTED_ON = 640  # pictures and latents that the codes are fitted on
TRANSFORMER = ECHO_LAYOUT.transformer(
    width=192, depth=4, heads=3, decoder_width=192, decoder_depth=2, decoder_heads=3, dropout=0.0
)
RULE = MaskRule(mask="split", lowest=0.0, whole=0.3)
DECODING = DecodingSpec(steps=12, temperature=4.5, guidance=1.5)
TRAINING_DATA = (
    "pictures: scenes rendered by foleycli.scenes. Sounds: recordings under CC0, CC-BY and public domain, listed with "
    "their authors in docs/attribution.md. Nothing non-commercial."
)


def echo_tokens(work: Workspace) -> Path:
    """Pictures, sounds and their tokenizers: `--steps` (400) of each decoder; 25 minutes on a core."""
    folder = corpus_folder(work)
    vae = load_bundle(CODEC).part("vae", MelVae)
    if work.sounds is not None and not (work.sounds / "manifest.csv").exists():
        if not any(folder.glob("*.npz")):
            build_from_videos(work.sounds, vae, folder, progress=work.count)
    else:
        cache = build_sound_cache(work.sounds or work.folder / "sounds", work.folder / "sounds", work.count)
        for split, pictures, sounds in (("test", TEST_SHARDS, TEST_SHARDS), ("train", PICTURE_SHARDS, SOUND_SHARDS)):
            build_pictures(folder, split, pictures, progress=work.count)
            build_sounds(
                SoundBank(cache, "test" if split == "test" else "train"),
                vae,
                folder,
                shards=sounds,
                progress=work.count,
            )
    corpus = Corpus.open(folder)
    generator = torch.Generator().manual_seed(0)
    for name, spec in (("image", ECHO_IMAGE_VQ), ("sound", ECHO_SOUND_VQ)):
        torch.manual_seed(0)
        vq = PatchVq(spec)
        some = corpus.picture[:: max(1, len(corpus.picture) // FITTED_ON)]
        seen = as_input(torch.from_numpy(some)) if name == "image" else torch.from_numpy(corpus.latent).float()
        vq.fit_codes(seen, generator)
        make, loss, size = (picture_batches, picture_loss, 24) if name == "image" else (latent_batches, latent_loss, 16)
        config = RunConfig(work.folder, 400, learning_rate=2e-3, warmup_steps=20, ema_decay=0.98, weight_decay=1e-3)
        weights = fit(
            vq, make(corpus, size), loss, config=work.run(f"echo_{name}", config),
            batch_size=size, progress=work.progress, resume=work.resume,
        )  # fmt: skip
        work.save(f"echo_{name}", weights, spec)
    return folder


def corpus_folder(work: Workspace) -> Path:
    return work.folder / "echo-corpus"


def trained_vq(work: Workspace, name: str) -> PatchVq:
    """The tokenizer that `foley train echo-tokens` left."""
    path = work.weights(f"echo_{name}")
    if not path.exists():
        raise InputError(f"{path}: not there; train it first with 'foley train echo-tokens'")
    vq = PatchVq(spec_from_plain(PatchVqSpec, json.loads(path.with_suffix(".json").read_text()), str(path)))
    vq.load_state_dict(torch.load(path, weights_only=True))
    return vq.eval().requires_grad_(False)


def echo(work: Workspace, spec: TransformerSpec = TRANSFORMER, rule: MaskRule = RULE) -> Path:
    """The masked transformer: `--steps` (6000) of 32 pairs, then the model folder; hours on a core."""
    image, sound = trained_vq(work, "image"), trained_vq(work, "sound")
    tokens = TokenCorpus.encode(Corpus.open(corpus_folder(work)), image, sound)
    torch.manual_seed(0)
    model = MaskedTransformer(spec)
    start_from_tokens(model, image, sound, tokens=tokens)
    config = RunConfig(
        work.folder, 6000, learning_rate=1e-3, warmup_steps=100, ema_decay=0.998, weight_decay=0.05, clip_norm=3.0
    )
    weights = fit(
        model.to(work.device), batches(tokens.pairs(), rule, 32, device=work.device), masked_loss(ECHO_LAYOUT),
        config=work.run("echo", config), batch_size=32, progress=work.progress, resume=work.resume,
    )  # fmt: skip
    work.save("echo_transformer", weights, spec)
    return assemble_echo(work)


def assemble_echo(work: Workspace) -> Path:
    """The trained parts as a model folder, ready for `foley imagine -m`."""
    path = work.weights("echo_transformer")
    transformer = spec_from_plain(TransformerSpec, json.loads(path.with_suffix(".json").read_text()), str(path))
    codec: LoadedModel = load_bundle(CODEC)
    specs = {
        "layout": ECHO_LAYOUT,
        "transformer": replace(transformer, dropout=0.0),
        "image": ECHO_IMAGE_VQ,
        "sound": ECHO_SOUND_VQ,
        "decoding": DECODING,
        "echo": EchoSpec(codec=CODEC, codec_sha256=codec.manifest.files["vae.safetensors"].sha256),
    }
    parts = {
        "transformer": torch.load(path, weights_only=True),
        **{name: torch.load(work.weights(f"echo_{name}"), weights_only=True) for name in ("image", "sound")},
    }
    bundle = write_bundle(
        work.folder / "echo-model",
        parts,
        name="echo",
        kind=KIND,
        specs=specs,
        licence="Apache-2.0",
        commercial_use=True,
        training_data=TRAINING_DATA,
        card=f"# echo\n\nA sound for a picture, a picture for a sound ('foley imagine').\n\n{TRAINING_DATA}\n",
    )
    return bundle.folder
