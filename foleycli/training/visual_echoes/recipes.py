"""`foley train echo-tokens` and `echo`: the built-in model's tokenizers, then its transformer and the model folder.

sounds (or your videos) -> echo-tokens -> echo -> WORK/echo-model
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
from torch import Tensor

from foleycli.bundles.format import spec_from_plain, write_bundle
from foleycli.errors import InputError
from foleycli.models.loaded import LoadedModel, load_bundle
from foleycli.models.sound_namer.efficientnet import built_in_network, picture_labels
from foleycli.models.visual_echoes import KIND
from foleycli.models.visual_echoes.tokenizers import SmallPictures
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.visual_echoes.patch_vq import PatchVq
from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.networks.visual_echoes.word_vq import SoundWords, WordVq
from foleycli.specs.visual_echoes import (
    ECHO_IMAGE_VQ,
    ECHO_LAYOUT,
    ECHO_PICTURE_WORDS,
    ECHO_SOUND_VQ,
    ECHO_SOUND_WORDS,
    DecodingSpec,
    EchoSpec,
    PatchVqSpec,
    TransformerSpec,
    WordVqSpec,
)
from foleycli.training.data.cue_player import SoundBank
from foleycli.training.data.sounds import build_sound_cache
from foleycli.training.distributed import current
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

Spec = TypeVar("Spec")
CODEC = "pocket"
PICTURE_SHARDS, SOUND_SHARDS, TEST_SHARDS = 40, 16, 3  # of 256
TOKENIZERS = ("image", "picture_words", "sound", "sound_words")
FITTED_ON = 640  # pictures and latents that the codes are fitted on
TRANSFORMER = ECHO_LAYOUT.transformer(
    width=192, depth=4, heads=3, decoder_width=192, decoder_depth=2, decoder_heads=3, dropout=0.0
)
RULE = MaskRule(
    mask="split", lowest=0.0, whole=0.3, grid=0.35, words=(ECHO_LAYOUT.image_grid[1], ECHO_LAYOUT.sound_grid[1])
)
DECODING = DecodingSpec(steps=12, temperature=4.5, guidance=5.0)
TRAINING_DATA = (
    "pictures: scenes rendered by foleycli.scenes. Sounds: recordings under CC0, CC-BY and public domain, listed with "
    "their authors in docs/attribution.md. Nothing non-commercial. What a picture shows is read by EfficientNet-Lite2 "
    "(Apache-2.0 by its publisher, trained on ImageNet), which is not in this folder."
)


def echo_tokens(work: Workspace) -> Path:
    """Pictures, sounds and their tokenizers: `--steps` (400) of each decoder; 45 minutes on a core."""
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
    fit_words(work, corpus)
    return folder


def fit_words(work: Workspace, corpus: Corpus) -> None:
    """The words of pictures and of sounds, fitted at once to the corpus."""
    generator = torch.Generator().manual_seed(0)
    seen = WordVq(ECHO_PICTURE_WORDS)
    seen.fit(known_labels(corpus, corpus_folder(work)), torch.from_numpy(corpus.kind.astype(np.int64)), generator)
    work.save("echo_picture_words", seen.state_dict(), ECHO_PICTURE_WORDS)
    heard = SoundWords(ECHO_SOUND_WORDS, channels=ECHO_SOUND_VQ.channels, rows=ECHO_SOUND_VQ.rows)
    parts = torch.split(torch.from_numpy(corpus.latent), 256)
    labels = torch.cat([heard.statistics(part.float()) for part in parts])
    heard.words.fit(labels, torch.from_numpy(corpus.latent_sound.astype(np.int64)), generator)
    work.save("echo_sound_words", heard.state_dict(), ECHO_SOUND_WORDS)


def corpus_folder(work: Workspace) -> Path:
    """Where the shards of pictures and sounds lie."""
    return work.folder / "echo-corpus"


def known_labels(corpus: Corpus, folder: Path) -> Tensor:
    """What the built-in namer's network says of each training picture (P, 1000); kept beside the corpus."""
    path = folder / "train_labels.npy"
    kept = np.load(path) if path.exists() else np.empty(0)
    if len(kept) != len(corpus.picture):
        kept = picture_labels(built_in_network(), corpus.picture).numpy().astype(np.float16)
        np.save(path, kept)
    return torch.from_numpy(kept).float()


def trained_vq(work: Workspace, name: str) -> PatchVq:
    """The tokenizer that `foley train echo-tokens` left."""
    state, spec = _trained(work, f"echo_{name}", PatchVqSpec)
    vq = PatchVq(spec)
    vq.load_state_dict(state)
    return vq.eval().requires_grad_(False)


def trained_pictures(work: Workspace) -> SmallPictures:
    """The tokenizer of pictures, with its words, that `foley train echo-tokens` left."""
    state, spec = _trained(work, "echo_picture_words", WordVqSpec)
    words = WordVq(spec)
    words.load_state_dict(state)
    return SmallPictures(trained_vq(work, "image"), words, built_in_network)


def trained_sounds(work: Workspace) -> tuple[PatchVq, SoundWords]:
    """The tokenizer of sounds and its words, that `foley train echo-tokens` left."""
    vq = trained_vq(work, "sound")
    state, spec = _trained(work, "echo_sound_words", WordVqSpec)
    words = SoundWords(spec, channels=vq.spec.channels, rows=vq.spec.rows)
    words.load_state_dict(state)
    return vq, words


def _trained(work: Workspace, part: str, kind: type[Spec]) -> tuple[dict[str, Tensor], Spec]:
    path = work.weights(part)
    if not path.exists():
        raise InputError(f"{path}: not there; train it first with 'foley train echo-tokens'")
    spec = spec_from_plain(kind, json.loads(path.with_suffix(".json").read_text()), str(path))
    return torch.load(path, weights_only=True), spec


def echo(work: Workspace, spec: TransformerSpec = TRANSFORMER, rule: MaskRule = RULE) -> Path:
    """The masked transformer: `--steps` (6000) of 32 pairs, then the model folder; hours on a core."""
    pictures, sounds = trained_pictures(work), trained_sounds(work)
    corpus = Corpus.open(corpus_folder(work))
    tokens = TokenCorpus.encode(corpus, pictures, sounds, labels=known_labels(corpus, corpus_folder(work)))
    torch.manual_seed(0)
    model = MaskedTransformer(spec)
    start_from_tokens(model, pictures.vq, sounds[0], tokens=tokens, layout=ECHO_LAYOUT)
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
    """The trained parts as a model folder, ready for `foley imagine -m`; written by rank 0."""
    folder = work.folder / "echo-model"
    if not current().writes:
        return folder
    path = work.weights("echo_transformer")
    transformer = spec_from_plain(TransformerSpec, json.loads(path.with_suffix(".json").read_text()), str(path))
    codec: LoadedModel = load_bundle(CODEC)
    specs = {
        "layout": ECHO_LAYOUT,
        "transformer": replace(transformer, dropout=0.0),
        "image": ECHO_IMAGE_VQ,
        "picture_words": ECHO_PICTURE_WORDS,
        "sound_words": ECHO_SOUND_WORDS,
        "sound": ECHO_SOUND_VQ,
        "decoding": DECODING,
        "echo": EchoSpec(codec=CODEC, codec_sha256=codec.manifest.files["vae.safetensors"].sha256),
    }
    parts = {
        "transformer": torch.load(path, weights_only=True),
        **{name: torch.load(work.weights(f"echo_{name}"), weights_only=True) for name in TOKENIZERS},
    }
    bundle = write_bundle(
        folder,
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
