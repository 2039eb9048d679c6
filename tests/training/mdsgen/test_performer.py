"""The performer's training: rehearsals, objective, shards; on sounds made here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal, cast

import numpy as np
import pytest
import torch

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.library.attacks import find_hits
from foleycli.library.shaping import faded_into_silence
from foleycli.networks.mdsgen.cues import CueEncoder, cue_curves
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.networks.mdsgen.timbre import BANDS, STRETCHES, TIMBRE_SIZE
from foleycli.sampling.schedule import Schedule
from foleycli.specs import CueSpec, DitSpec, SamplerSpec
from foleycli.training.data.cue_player import WINDOW_SAMPLES, Hit, SoundBank, perform, timbre_of_hit
from foleycli.training.data.effects import RATE
from foleycli.training.data.rehearsals import degrade, random_cues, rehearse, timbre_number
from foleycli.training.data.sounds import Sound, SoundCache
from foleycli.training.mdsgen.features import LatentSet, build_rehearsals, encode_shards
from foleycli.training.mdsgen.loss import CuedMDSGen, DenoisingLoss, posterior
from foleycli.training.mdsgen.palette import HIT_NUMBERS, build_palette, class_margins, ring_on
from foleycli.training.mdsgen.performer import PerformerRecipe, train_performer
from foleycli.types import Wave

CUES = CueSpec(SOUND_CLASSES, timbre=TIMBRE_SIZE)
SMALL = DitSpec(depth=2, width=48, heads=2, decoder_depth=1)
TINY = PerformerRecipe(SMALL, CUES, steps=12, batch_size=4)


@pytest.fixture(scope="module")
def bank() -> SoundBank:
    """Two classes: clicks half a second apart, and noise that lasts."""
    rng = np.random.default_rng(0)
    clicks = np.zeros(2 * RATE)
    for k in range(4):
        clicks[k * RATE // 2 : k * RATE // 2 + 2000] += rng.normal(size=2000) * np.exp(-np.arange(2000) / 300)
    noise = rng.normal(size=3 * RATE) * 0.2
    waves = [np.clip(wave, -1, 1) for wave in (clicks, noise)]
    samples = np.concatenate([(wave * 32767).astype(np.int16) for wave in waves])
    lengths = [len(wave) for wave in waves]
    sounds = (
        Sound("a.opus", "impact_wood", "a", "train", 0, lengths[0], 1.0),
        Sound("b.opus", "rain", "b", "train", lengths[0], lengths[1], 1.0),
    )
    return SoundBank(SoundCache(samples, sounds), "train")


def test_hits_are_found_where_they_are(bank: SoundBank) -> None:
    hits = find_hits(bank.cache.waveform(bank.cache.sounds[0]), RATE)
    assert [round(start / RATE, 2) for start, _ in hits] == [0.0, 0.5, 1.0, 1.5]


def test_a_rehearsal_starts_each_hit_at_its_cue(bank: SoundBank) -> None:
    times = [1.0, 2.5, 4.25]
    wave = perform(bank, [Cue(t, 1.0, "impact_wood") for t in times], np.random.default_rng(4)).wave
    loud = np.abs(wave) > 0.05
    starts = [k for k in np.flatnonzero(loud) if not loud[max(0, k - RATE // 4) : k].any()]
    assert [start / RATE for start in starts] == pytest.approx(times, abs=0.01)


def test_strength_is_loudness_in_decibels(bank: SoundBank) -> None:
    def level(strength: float) -> float:
        wave = perform(bank, [Cue(0.0, strength, "rain", stop=8.0)], np.random.default_rng(1)).wave
        return float(20 * np.log10(np.sqrt((wave[RATE : 7 * RATE] ** 2).mean())))

    assert level(1.0) - level(0.5) == pytest.approx(12.0, abs=0.5)


def test_the_same_seed_is_the_same_rehearsal(bank: SoundBank) -> None:
    for seed in range(4):
        (played, cues), (again, cues_again) = rehearse(bank, seed), rehearse(bank, seed)
        assert played.wave.shape == (WINDOW_SAMPLES,)
        assert np.abs(played.wave).max() <= 1.0
        assert np.array_equal(played.wave, again.wave)
        assert cues == cues_again


def test_every_shown_cue_goes_with_the_timbre_it_was_played_with(bank: SoundBank) -> None:
    cues = [Cue(1.0, 1.0, "impact_wood"), Cue(2.0, 0.4, "impact_wood"), Cue(1.2, 0.5, "rain", stop=6.0)]
    played = perform(bank, cues, np.random.default_rng(0))
    for cue in cues:
        late = replace(cue, time=cue.time + 0.03)
        assert played.timbres[timbre_number(played, late)][0] == cue
    assert timbre_number(played, Cue(1.0, 1.0, "glass")) == -1
    loud, soft, rain = (played.timbres[timbre_number(played, cue)][1] for cue in cues)
    assert np.abs(loud - soft).mean() < 0.5 * np.abs(loud - rain).mean()  # strength is not in it, kind is


def test_the_hiss_behind_a_hit_fades_away_and_the_hit_does_not() -> None:
    rng = np.random.default_rng(0)
    hit = rng.normal(size=RATE) * (0.3 * np.exp(-np.arange(RATE) / 2000) + 0.001)
    clean = faded_into_silence(hit.astype(np.float32), RATE)
    assert np.allclose(clean[:3000], hit[:3000], atol=1e-6)
    assert np.abs(clean[RATE // 2 :]).max() < 1e-4


def test_the_palette_holds_the_most_typical_takes(bank: SoundBank) -> None:
    palette = build_palette(bank, CueSpec(("impact_wood", "rain"), timbre=TIMBRE_SIZE))
    assert palette.shape == (2, 2, 12, 4, TIMBRE_SIZE)
    assert palette[0, 0].abs().max() > 0 and not torch.equal(palette[0, 0], palette[0, 1])
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 6)) * 4
    takes = [(centre + rng.normal(size=(8, 6))).astype(np.float32) for centre in centres]
    takes[0][0] = centres[1]  # one take that is really of another class
    margins = class_margins(takes)
    assert margins[0].argmin() == 0 and margins[0][0] < 0 < np.median(margins[0])


def test_random_cues_are_all_kinds_and_degrading_keeps_them_near() -> None:
    rng = np.random.default_rng(0)
    sheets = [random_cues(rng) for _ in range(60)]
    assert any(not sheet for sheet in sheets)
    assert any(cue.stop for sheet in sheets for cue in sheet)
    assert any(cue.stop is None for sheet in sheets for cue in sheet)
    sheet = max(sheets, key=len)
    times = np.array([cue.time for cue in sheet])
    near = [np.abs(times - cue.time).min() < 0.06 for cue in degrade(sheet, rng)]
    assert np.mean(near) > 0.9


def test_curves_say_when_and_how_strong_and_what() -> None:
    curves = cue_curves([Cue(1.0, 0.5, "glass"), Cue(3.0, 0.8, "rain", stop=5.0)], 0.0, CUES)
    times = (np.arange(256) + 0.5) * 0.032
    centre = (curves[:, 0] * times).sum() / curves[:, 0].sum()
    assert centre == pytest.approx(1.0, abs=0.003)
    assert curves[:, 1].max() == pytest.approx(0.5 * curves[:, 0].max())
    assert curves[(times > 3.1) & (times < 4.9), 2] == pytest.approx(0.8)
    assert curves[:, 3 + SOUND_CLASSES.index("glass")].max() > 0.4
    assert curves[:, 3 + len(SOUND_CLASSES) + SOUND_CLASSES.index("rain")].max() == pytest.approx(0.8)


def test_muted_and_distant_cues_leave_no_trace_and_windows_see_their_own() -> None:
    cue = Cue(10.0, 1.0, "glass")
    assert not cue_curves([replace(cue, mute=True)], 5.0, CUES).any()
    assert not cue_curves([cue], 20.0, CUES).any()
    assert np.array_equal(cue_curves([cue], 8.192, CUES), cue_curves([replace(cue, time=1.808)], 0.0, CUES))


@pytest.mark.parametrize("prediction", ["epsilon", "v"])
def test_the_variational_term_is_least_for_the_true_posterior(prediction: Literal["epsilon", "v"]) -> None:
    schedule = Schedule.linear(SamplerSpec())
    loss = DenoisingLoss(schedule, prediction)
    clean, noise, t = torch.randn(4, 8, 16, 64), torch.randn(4, 8, 16, 64), torch.tensor([5, 200, 600, 990])
    noisy = schedule.add_noise(clean, noise, t)
    exact = noise if prediction == "epsilon" else schedule.velocity(clean, noise, t)

    def variance(value: float) -> float:
        return float(
            loss.terms(torch.cat([exact, torch.full_like(noise, value)], 1), clean, noisy, noise, t)["variance"]
        )

    assert variance(-1.0) == pytest.approx(0.0, abs=1e-4)  # an exact prediction, beta~: the posterior itself
    assert variance(1.0) > variance(0.0) > variance(-1.0)
    assert len(posterior(schedule)) == 4


def test_a_run_from_sounds_to_weights(bank: SoundBank, tmp_path: Path) -> None:
    class MeanPool(torch.nn.Module):
        """Stands in for the VAE: 8 channels of an 8 x 8 average."""

        def encode(self, mel: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.avg_pool2d(mel[:, None], 8).repeat(1, 8, 1, 1) / 4

    build_rehearsals(bank, CUES, tmp_path / "mels", [0], shard_windows=6)
    encode_shards(MeanPool(), tmp_path / "mels", tmp_path / "latents")
    latents = LatentSet(tmp_path / "latents")
    assert latents.latents.shape == (6, 8, 16, 64)
    parts = train_performer(TINY, latents, tmp_path / "run")
    CueEncoder(CUES).load_state_dict(parts["cues"])
    MDSGen(SMALL).load_state_dict(parts["dit"])
    rows = (tmp_path / "run" / "log.csv").read_text().splitlines()
    assert rows[0] == "step,samples_per_second,loss,epsilon,variance"


def test_every_window_is_seen_once_before_any_comes_again() -> None:
    latents = LatentSet.__new__(LatentSet)
    latents.latents = torch.arange(12.0).reshape(12, 1, 1, 1)
    latents.curves = torch.zeros(12, 1, 1)
    latents.which, latents.timbres = torch.full((12, 1, 2), -1), torch.zeros(1, 1)
    seen = torch.cat([latents.batch(step, 4)[0].flatten() for step in range(3)])
    assert sorted(seen.tolist()) == list(range(12))
    assert not torch.equal(latents.batch(0, 4)[0], latents.batch(3, 4)[0])


def test_an_ablation_is_the_same_run_with_a_field_changed() -> None:
    ablated = TINY.ablated(mask="fam", aligned=False)
    assert (ablated.dit.mask, ablated.dit.aligned, ablated.steps) == ("fam", False, TINY.steps)
    model = CuedMDSGen(MDSGen(ablated.dit), CueEncoder(CUES))
    loss = DenoisingLoss(Schedule.linear(SamplerSpec()))
    losses = loss(model, (torch.randn(2, 8, 16, 64), torch.rand(2, 256, CUES.inputs), 0))
    assert torch.isfinite(losses["loss"])


def test_a_cut_ring_goes_on_as_its_class_does_and_a_long_one_is_left_alone() -> None:
    """Noise that falls by 20 dB a second is the class; one take falls so, the other stops after 0.1 s."""
    rng = np.random.default_rng(0)
    sound = Sound("glass.wav", "glass", "glass", "train", offset=0, length=2 * RATE, peak=1.0)

    class Ringing:
        hits: ClassVar = {"glass": [[Hit(sound, 0, 2 * RATE)], [Hit(sound, 0, 2 * RATE)]]}

        def waveform(self, hit: Hit) -> Wave:
            time = np.arange(2 * RATE) / RATE
            return (0.2 * rng.standard_normal(2 * RATE) * 10 ** (-time)).astype(np.float32)

    bank = cast(SoundBank, Ringing())
    whole = bank.waveform(bank.hits["glass"][0][0])
    cut = whole.copy()
    cut[RATE // 10 :] = 0
    palette = torch.zeros(2, 2, 1, 2, TIMBRE_SIZE)
    palette[0, 0, 0] = torch.from_numpy(np.stack([timbre_of_hit(whole), timbre_of_hit(cut)]))
    lengthened = ring_on(palette, ("glass", "impact_wood"), bank, share=1.0)
    tails = lengthened[0, 0, 0, :, :HIT_NUMBERS].reshape(2, len(STRETCHES), BANDS)[:, -1].mean(-1)
    before = palette[0, 0, 0, :, :HIT_NUMBERS].reshape(2, len(STRETCHES), BANDS)[:, -1].mean(-1)
    assert float(before[0] - before[1]) > 2 and abs(float(tails[1] - tails[0])) < 0.4
    assert abs(float(tails[0] - before[0])) < 0.1
    untouched = torch.ones_like(palette, dtype=torch.bool)
    untouched[0, 0, 0, :, 3 * BANDS : HIT_NUMBERS] = False
    assert torch.equal(lengthened[untouched], palette[untouched])
