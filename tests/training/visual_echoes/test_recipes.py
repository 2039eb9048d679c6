"""From sounds, or from videos of one's own, to a model that `foley imagine` takes: every step for a moment."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from foleycli.bundles import store
from foleycli.errors import InputError
from foleycli.networks.visual_echoes.patch_vq import PatchVq, k_means
from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.networks.visual_echoes.word_vq import WordVq
from foleycli.pipeline.image_audio import ImageAudioPipeline
from foleycli.scenes.catalogue import KINDS
from foleycli.scenes.stills import SOUNDING_KINDS, render_still
from foleycli.specs.visual_echoes import PatchVqSpec, WordVqSpec
from foleycli.training.visual_echoes import recipes
from foleycli.training.visual_echoes.corpus import Corpus
from foleycli.training.visual_echoes.masking import MaskRule
from foleycli.training.visual_echoes.transformer import TokenCorpus, batches, masked_loss, start_from_tokens
from foleycli.training.workspace import Workspace
from foleycli.video.encode import write_video
from foleycli.video.mux import mux
from foleycli.video.probe import probe
from tests.tiny_echo import LAYOUT, networks
from tests.tiny_model import write_tiny


@pytest.fixture
def pocket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store, "BUILT_IN", tmp_path / "models")
    return write_tiny(tmp_path / "models" / "pocket").folder


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Two videos of 9 s with sound, and one file that is none."""
    folder = tmp_path / "videos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        silent = tmp_path / f"{name}.mp4"
        write_video(silent, rng.integers(0, 255, (90, 64, 96, 3)).astype(np.uint8), Fraction(10))
        track = tmp_path / f"{name}.wav"
        soundfile.write(track, (0.3 * rng.standard_normal(9 * 16000)).astype(np.float32), 16000)
        mux(probe(silent), track, folder / f"{name}.mp4")
    (folder / "broken.mp4").write_bytes(b"nothing")
    return folder


def test_a_still_shows_what_sounds_and_is_the_same_for_the_same_seed() -> None:
    for kind in ("hammer", "rain", "walk_side"):
        still = render_still(kind, 5)
        assert still.picture.shape == (64, 64, 3) and still.sound in KINDS[kind].sounds
        assert np.array_equal(still.picture, render_still(kind, 5).picture)
    assert len(SOUNDING_KINDS) == 38


def test_codes_are_nearest_and_decoding_starts_at_the_linear_estimate() -> None:
    vq = PatchVq(PatchVqSpec(3, 16, 8, (8, 8, 4), (1, 0, 0), codes=20, code_width=6))
    x = torch.rand(12, 3, 16, 24, generator=torch.Generator().manual_seed(1)) * 2 - 1
    vq.fit_codes(x, torch.Generator().manual_seed(0))
    codes = vq.encode(x)
    assert codes.shape == (12, 2, 3) and int(codes.max()) < 20
    apart = torch.cdist(((vq.patches(x) - vq.centre) @ vq.projection).flatten(0, 2), vq.codebook)
    assert torch.equal(apart.argmin(1), codes.flatten())
    estimate = vq.codebook[codes] @ vq.projection.t() + vq.centre
    torch.testing.assert_close(vq.patches(vq.decode(codes)), estimate, atol=1e-5, rtol=1e-4)


def test_words_tell_the_class_of_labels_they_have_not_seen() -> None:
    generator = torch.Generator().manual_seed(0)
    classes = torch.arange(240) % 6
    labels = 0.5 * torch.randn(240, 40, generator=generator) + torch.eye(6, 40)[classes] * 3
    words = WordVq(WordVqSpec(labels=40, score_width=5, code_width=3, words=4, codes=12))
    words.fit(labels[:200], classes[:200], generator)
    known, told = words.encode(labels[:200]), words.encode(labels[200:])
    assert told.shape == (40, 4)
    alike = (told[:, None] == known[None]).sum(2)  # (40, 200) words in common
    assert float((classes[:200][alike.argmax(1)] == classes[200:]).float().mean()) > 0.8


def test_k_means_finds_what_is_apart() -> None:
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = centres.repeat_interleave(40, 0) + 0.1 * torch.randn(120, 2, generator=torch.Generator().manual_seed(0))
    found = k_means(points, 9, torch.Generator().manual_seed(2), rounds=10)
    assert float(torch.cdist(centres, found).min(1).values.max()) < 0.2


def test_pairs_are_of_one_class_and_the_loss_falls() -> None:
    """Two classes whose codes are constant: a few steps tell one modality from the other."""
    torch.manual_seed(0)
    label = np.arange(40) % 2
    image = np.where(label[:, None] == 0, 3, 17) * np.ones((1, 72), np.int64)
    sound = np.where(label[:, None, None] == 0, 5, 40) * np.ones((1, 9, 8), np.int64)
    tokens = TokenCorpus(image.astype(np.int64), label, sound.astype(np.int64), label)
    first, second, chosen = tokens.pairs().draw(np.random.default_rng(0), 16)
    assert bool(((first[:, 0] == 3) == (second[:, 0] == 5)).all()) and set(chosen) == {0, 1}
    parts = networks()
    model = parts["transformer"]
    assert isinstance(model, MaskedTransformer)
    image_vq, sound_vq = parts["image"], parts["sound"]
    assert isinstance(image_vq, PatchVq) and isinstance(sound_vq, PatchVq)
    start_from_tokens(model, image_vq, sound_vq, tokens, layout=LAYOUT)
    batch = batches(tokens.pairs(), MaskRule(mask="split", lowest=0.0, whole=0.3), 16)
    loss, optimizer = masked_loss(LAYOUT), torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for step in range(60):
        value = loss(model, batch(step))["loss"]
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(float(value.detach()))
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.3
    asked = torch.cat([torch.full((1, 72), 17), torch.full((1, 72), model.spec.mask_id)], 1)
    unheard = model(asked)[0, 72:, LAYOUT.image_codes : LAYOUT.class_id]
    assert float((unheard.argmax(-1) == 40).float().mean()) > 0.9  # the other class's sound


@pytest.mark.usefixtures("built_in_namer")
def test_videos_of_ones_own_become_a_model(
    pocket: Path, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"ECHO_IMAGE_VQ": replace(recipes.ECHO_IMAGE_VQ, widths=(8, 8, 4), codes=16),
             "ECHO_SOUND_VQ": replace(recipes.ECHO_SOUND_VQ, widths=(8,), codes=16),
             "ECHO_PICTURE_WORDS": replace(recipes.ECHO_PICTURE_WORDS, codes=4),
             "ECHO_SOUND_WORDS": replace(recipes.ECHO_SOUND_WORDS, codes=4),
             "ECHO_LAYOUT": replace(recipes.ECHO_LAYOUT, image_codes=48, sound_codes=48)}  # fmt: skip
    for name, value in small.items():
        monkeypatch.setattr(recipes, name, value)
    work = Workspace(tmp_path / "runs", sounds=videos, steps=1)
    folder = recipes.echo_tokens(work)
    corpus = Corpus.open(folder)
    assert len(corpus.latent) == 4 and len(corpus.picture) == 16  # two stretches of 4.096 s in each of two videos
    assert corpus.latent.shape[1:] == (8, 16, 32)
    assert sorted(set(corpus.picture_sound)) == sorted(corpus.latent_sound)
    spec = small["ECHO_LAYOUT"].transformer(
        width=32, depth=1, heads=2, decoder_width=32, decoder_depth=1, decoder_heads=2
    )
    model = recipes.echo(work, spec)
    sound = ImageAudioPipeline(model, device="cpu").image2audio(corpus.picture[0])
    assert len(sound.samples) == 131072


def test_a_folder_without_videos_is_refused(pocket: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no video with sound"):
        recipes.echo_tokens(Workspace(tmp_path / "runs", sounds=tmp_path / "empty"))
    with pytest.raises(InputError, match="echo-tokens"):
        recipes.echo(Workspace(tmp_path / "runs"))
