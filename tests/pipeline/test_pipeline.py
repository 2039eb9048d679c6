"""The whole path with a tiny untrained model: what must hold whatever the weights are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from foleycli import FoleyPipeline
from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError
from foleycli.models.passages import passages
from foleycli.models.sound_namer import watching
from foleycli.models.spot_perform.model import SpotPerform
from foleycli.pipeline.devices import pick_device
from foleycli.specs.settings import Generation
from foleycli.timeline import OVERLAP_SECONDS, plan_windows, to_samples
from foleycli.video.encode import write_video
from foleycli.video.probe import probe
from tests.tiny_model import write_tiny
from tests.video.clips import make_clip

RATE = 32000
FIRST, LAST = Cue(1.0, 0.9, "impact_wood"), Cue(11.0, 0.9, "glass")


@pytest.fixture(scope="module")
def pipe(tmp_path_factory: pytest.TempPathFactory) -> FoleyPipeline:
    folder = tmp_path_factory.mktemp("model") / "tiny"
    write_tiny(folder)
    return FoleyPipeline(folder, device="cpu")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12.5 s at 8 pictures a second: two windows."""
    return make_clip(tmp_path_factory.mktemp("clip") / "a.mp4", [Fraction(k, 8) for k in range(100)])


def test_the_same_call_gives_the_same_samples_and_another_seed_others(pipe: FoleyPipeline, clip: Path) -> None:
    track, again = (pipe.generate(clip, seed=3, cues=[FIRST]) for _ in range(2))
    assert np.array_equal(track.samples, again.samples)
    assert not np.array_equal(track.samples, pipe.generate(clip, seed=4, cues=[FIRST]).samples)


def test_the_track_is_as_long_as_the_video(pipe: FoleyPipeline, clip: Path) -> None:
    track = pipe.generate(clip, cues=[FIRST])
    assert track.sample_rate == RATE
    assert track.samples.dtype == np.float32
    assert track.samples.shape == (to_samples(Fraction(25, 2), RATE),)
    assert len(track.windows) == len(track.seeds) == 2


def test_a_cue_moves_only_the_windows_that_hear_it(pipe: FoleyPipeline, clip: Path) -> None:
    one, both = pipe.generate(clip, cues=[FIRST]), pipe.generate(clip, cues=[FIRST, LAST])
    untouched = to_samples(one.windows[1].start, RATE)
    assert np.array_equal(one.samples[:untouched], both.samples[:untouched])
    assert not np.array_equal(one.samples[untouched:], both.samples[untouched:])


def test_windows_that_do_not_hear_a_changed_cue_keep_their_samples(pipe: FoleyPipeline, tmp_path: Path) -> None:
    """Four windows. What is before the window that hears the change stays, and so does what lies two windows behind."""
    long = make_clip(tmp_path / "long.mp4", [Fraction(k, 2) for k in range(56)])
    span = Cue(13.5, 0.5, "rain", stop=16.0)
    cues = [FIRST, LAST, span, Cue(25.0, 0.9, "door_knock")]
    late = [*cues[:-1], Cue(25.5, 0.2, "footsteps")]
    early = [Cue(1.5, 0.2, "footsteps"), *cues[1:]]
    before, after_late, after_early = (
        pipe.generate(long, Generation(steps=1), cues=one) for one in (cues, late, early)
    )
    lead = to_samples(Fraction(2, 100), RATE)  # the fader moves before an attack
    last = to_samples(before.windows[3].start, RATE) - lead
    assert before.samples[:last].any()
    assert np.array_equal(before.samples[:last], after_late.samples[:last])
    assert not np.array_equal(before.samples[last:], after_late.samples[last:])
    behind = to_samples(before.windows[2].stop, RATE)
    assert np.array_equal(before.samples[behind:], after_early.samples[behind:])
    assert not np.array_equal(before.samples[:behind], after_early.samples[:behind])


def test_where_nothing_happens_there_is_silence(pipe: FoleyPipeline, clip: Path) -> None:
    assert not pipe.generate(clip, cues=[]).samples.any()
    assert not pipe.generate(clip, cues=[Cue(1.0, mute=True)]).samples.any()
    second = pipe.generate(clip, cues=[LAST])
    assert not second.samples[: to_samples(second.windows[1].start, RATE)].any()


def test_a_stream_is_the_same_track_in_pieces(pipe: FoleyPipeline, clip: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    stream = pipe.stream(clip, cues=[FIRST, LAST], progress=lambda *report: seen.append(report))
    pieces = list(stream)
    assert len(pieces) > 1
    assert np.array_equal(np.concatenate(pieces), pipe.generate(clip, cues=[FIRST, LAST]).samples)
    assert seen[-1] == ("perform", 2, 2)


@pytest.mark.parametrize("asked", ["0.2", "0.5", "1.024", "4.09"])
def test_an_overlap_is_whole_columns_and_no_longer_than_asked(pipe: FoleyPipeline, tmp_path: Path, asked: str) -> None:
    still = tmp_path / "still.mp4"
    write_video(still, np.full((60, 32, 32, 3), 90, np.uint8), Fraction(5))
    windows = pipe.stream(still, Generation(overlap=Fraction(asked)), cues=[FIRST, LAST]).windows
    assert len(windows) > 1
    for before, after in pairwise(windows):
        overlap = before.stop - after.start
        assert overlap % pipe.model.column == 0 and 0 <= Fraction(asked) - overlap < pipe.model.column


def test_takes_are_the_streams_of_their_seeds_read_in_any_order(pipe: FoleyPipeline, clip: Path) -> None:
    one, two = pipe.takes(clip, (3, 4), cues=[FIRST, LAST])
    assert two.seeds == (4, 4)
    for take, seed in ((two, 4), (one, 3)):
        assert np.array_equal(np.concatenate([*take]), pipe.generate(clip, seed=seed, cues=[FIRST, LAST]).samples)


def test_a_passage_sounds_the_same_in_any_company(pipe: FoleyPipeline, clip: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(pipe.model, "at_once", 2)
    windows = plan_windows(Fraction(12), overlap=OVERLAP_SECONDS)
    other = make_clip(clip.with_name("b.mp4"), [Fraction(k, 8) for k in range(80)])
    row = [
        *passages(probe(clip), (FIRST, LAST), Fraction(0), windows, 1),
        *passages(probe(clip), (FIRST,), Fraction(0), windows[1:], 1),  # hears nothing
        *passages(probe(other), (FIRST,), Fraction(0), windows[:1], 3),
    ]
    sampler = pipe.model.sampler(Generation(steps=1))
    together, backwards = pipe.model.perform(row, sampler), pipe.model.perform(row[::-1], sampler)
    assert all(np.array_equal(*pair) for pair in zip(together, backwards[::-1], strict=True))
    (alone,) = pipe.model.perform([list(passages(probe(clip), (FIRST, LAST), Fraction(0), windows, 1))[1]], sampler)
    assert np.array_equal(together[1], alone)  # drawn with the draft that it is held to
    assert not together[2].any()
    assert not np.array_equal(together[0], together[3])


def test_videos_performed_side_by_side_sound_as_alone(pipe: FoleyPipeline, clip: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(pipe.model, "at_once", 2)
    monkeypatch.setattr(pipe.batcher, "size", 2)

    def perform(seed: int) -> Any:
        return pipe.generate(clip, Generation(steps=1), seed=seed, cues=[FIRST]).samples

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(perform, (1, 2, 3)))
    assert np.array_equal(together[2], perform(3))
    assert not np.array_equal(together[1], together[2])


def test_a_window_is_held_to_the_one_before(pipe: FoleyPipeline, clip: Path) -> None:
    assert isinstance(pipe.model, SpotPerform)
    windows = plan_windows(Fraction(20), overlap=OVERLAP_SECONDS)
    rain = (Cue(0.0, 0.8, "rain", stop=20.0),)
    row = list(passages(probe(clip), rain, Fraction(0), windows, 1))
    latents = pipe.model._latents(row, pipe.model.sampler(Generation(steps=4)))
    for before, after in pairwise(row):
        torch.testing.assert_close(latents[before][..., -8:], latents[after][..., :8], rtol=1e-4, atol=1e-4)
    assert not torch.allclose(latents[row[0]][..., :8], latents[row[1]][..., :8], atol=0.1)


def test_a_part_of_the_video_has_the_length_of_the_part(pipe: FoleyPipeline, clip: Path) -> None:
    track = pipe.generate(clip, Generation(start=Fraction(10), end=Fraction(23, 2)), cues=[LAST])
    assert track.samples.shape == (to_samples(Fraction(3, 2), RATE),)
    assert track.samples.any()
    with pytest.raises(UsageError, match=r"from 0 to 12\.5 s"):
        pipe.generate(clip, Generation(start=Fraction(20)))


def test_spotted_cues_lie_in_the_video_and_can_be_given_back(pipe: FoleyPipeline, clip: Path) -> None:
    cues = pipe.spot(clip)
    assert all(0 <= cue.time < 12.5 for cue in cues)
    assert np.array_equal(pipe.generate(clip).samples, pipe.generate(clip, cues=cues).samples)


def test_a_one_picture_video_has_a_track(pipe: FoleyPipeline, tmp_path: Path) -> None:
    tiny = make_clip(tmp_path / "one.mp4", [Fraction(0)])
    assert pipe.generate(tiny, cues=[Cue(0.0)]).samples.size > 0


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    assert pick_device("cpu").type == "cpu"
    with pytest.raises(UsageError, match="auto, "):
        pick_device("abacus")


class Rainy:
    """A namer that sees rain everywhere."""

    def scores(self, frames: np.ndarray) -> np.ndarray:
        return np.eye(len(SOUND_CLASSES), dtype=np.float32)[[SOUND_CLASSES.index("rain")] * len(frames)]


def test_what_the_picture_names_is_what_the_cues_say(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "looks", lambda name: name != "off")
    monkeypatch.setattr(watching, "open_namer", lambda name, offline: Rainy())
    write_tiny(tmp_path / "tiny")
    cues = FoleyPipeline(tmp_path / "tiny", device="cpu").spot(clip)
    assert {(cue.sound, cue.named_by, cue.stop is None) for cue in cues} == {("rain", "picture", False)}
    blind = FoleyPipeline(tmp_path / "tiny", device="cpu", namer="off").spot(clip)
    assert "picture" not in {cue.named_by for cue in blind}
