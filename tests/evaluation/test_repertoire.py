"""The repertoire: a player of the right voices is heard rightly, one that mixes them up is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from foleycli.cues.sheet import Cue
from foleycli.evaluation.repertoire import evaluate_repertoire, sheet
from foleycli.pipeline.track import Track
from tests.evaluation.sounding import NAMES, RATE, classifier, play


@dataclass(frozen=True)
class Voices:
    """Plays each cue by the voice of its sound, or by the next one's."""

    shift: int = 0

    def generate(self, video: Path, *, seed: int, cues: Sequence[Cue] | None = None) -> Track:
        sung = [replace(cue, sound=NAMES[(NAMES.index(cue.sound) + self.shift) % len(NAMES)]) for cue in cues or ()]
        return Track(play(sung, 8.2, seed), RATE, (), (seed,), tuple(cues or ()))


def test_the_right_voices_are_named_and_the_wrong_ones_are_not() -> None:
    right = evaluate_repertoire(Voices(), NAMES, classifier(), "voices", (0, 1)).scores["class"]
    wrong = evaluate_repertoire(Voices(1), NAMES, classifier(), "voices", (0, 1)).scores["class"]
    assert right["top1"].mean == 1 and right["asked_but_not_heard"] == []
    assert wrong["top1"].mean <= 0.25


def test_hits_for_what_is_struck_and_a_span_for_what_lasts() -> None:
    assert len(sheet("footsteps")) == 7 and all(cue.stop is None for cue in sheet("footsteps"))
    assert [cue.stop for cue in sheet("rain")] == [7.5]
