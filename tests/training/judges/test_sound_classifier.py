"""Teaching the ears: excerpts are cut where the sound is, batches are a function of the step, sounds are learnt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.judges.sound_classifier import LEAD_FRAMES
from foleycli.networks.mdsgen.cues import cue_curves
from foleycli.specs import CueSpec, MelSpec, SoundClassifierSpec
from foleycli.training.data.cue_player import SoundBank
from foleycli.training.data.sounds import Sound, SoundCache
from foleycli.training.judges.sound_classifier import (
    Excerpts,
    batch_of,
    probabilities,
    recorded_excerpts,
    rehearsed_excerpts,
    train_sound_classifier,
)
from foleycli.training.loop import RunConfig
from foleycli.training.mdsgen.features import write_shard
from tests.evaluation.sounding import NAMES, play

CUES = CueSpec(SOUND_CLASSES)
SPEC = SoundClassifierSpec(SOUND_CLASSES, widths=(8, 12, 16, 24), embedding=8)


def shard(path: Path, sheets: list[list[Cue]]) -> Path:
    waves = torch.from_numpy(np.stack([play(sheet, 8.192) for sheet in sheets]))
    mels = log_mel(waves, MelSpec.FULL_BAND).numpy().astype(np.float16)
    curves = np.stack([cue_curves(sheet, 0.0, CUES) for sheet in sheets]).astype(np.float16)
    write_shard(path, {"mel": mels, "curves": curves})
    return path


def bank() -> SoundBank:
    """One recording per voice, three hits in each."""
    waves = [play([Cue(t, 1.0, name) for t in (0.2, 1.2, 2.2)], 3.2, seed) for seed, name in enumerate(NAMES)]
    samples = np.concatenate([(wave * 32767).astype(np.int16) for wave in waves])
    length = len(waves[0])
    sounds = tuple(Sound(f"{n}.opus", n, n, "train", k * length, length, 1.0) for k, n in enumerate(NAMES))
    return SoundBank(SoundCache(samples, sounds), "train")


def test_each_hit_of_a_recording_is_an_excerpt_that_begins_with_it() -> None:
    data = recorded_excerpts(bank(), SPEC)
    assert data.mel.shape[1:] == (64, 32)
    assert {SPEC.classes[label] for label in data.label} == set(NAMES)
    assert all(3 <= count <= 4 for count in np.bincount(data.recording))
    loudness = data.mel.astype(np.float32).max(1)
    assert np.all(loudness[:, : LEAD_FRAMES // 4].max(1) < loudness.max(1) - 3)  # the lead is quiet
    assert np.all(loudness[:, LEAD_FRAMES // 2 :][:, :3].max(1) > loudness.max(1) - 0.5)


def test_of_a_rehearsal_only_seconds_with_one_sound_are_taken(tmp_path: Path) -> None:
    alone = [Cue(1.0, 0.9, "glass"), Cue(5.0, 0.9, "glass")]
    crowded = [Cue(1.0, 0.9, "glass"), Cue(1.4, 0.9, "footsteps"), Cue(5.0, 0.9, "rain")]
    data = rehearsed_excerpts([shard(tmp_path / "train_0000.npz", [alone, crowded, []])], CUES, SPEC)
    found = sorted((int(window), SPEC.classes[label]) for window, label in zip(data.recording, data.label, strict=True))
    assert found == [(0, "glass"), (0, "glass"), (1, "footsteps"), (1, "rain")]


def test_joined_sets_keep_their_recordings_apart() -> None:
    one = recorded_excerpts(bank(), SPEC)
    both = Excerpts.join([one, one])
    assert len(both) == 2 * len(one)
    assert len(np.unique(both.recording)) == 2 * len(np.unique(one.recording))


def test_a_batch_is_a_function_of_the_step() -> None:
    data = recorded_excerpts(bank(), SPEC)
    (mel, label), (again, label_again), (other, _) = (batch_of(data, step, 8) for step in (3, 3, 4))
    assert torch.equal(mel, again) and torch.equal(label, label_again)
    assert not torch.equal(mel, other)
    assert torch.isfinite(mel).all() and mel.shape == (8, 64, 32)


def test_a_run_learns_to_name_the_voices(tmp_path: Path) -> None:
    spec = SoundClassifierSpec(NAMES, widths=(8, 12, 16, 24), embedding=8)
    data = recorded_excerpts(bank(), spec)
    config = RunConfig(tmp_path, 60, learning_rate=5e-3, warmup_steps=5, ema_decay=0.9)
    network = train_sound_classifier(spec, data, config, batch_size=24)
    heard = probabilities(network, data)
    assert heard.sum(1) == pytest.approx(np.ones(len(data)), abs=1e-4)
    assert (heard.argmax(1) == data.label).mean() > 0.9
