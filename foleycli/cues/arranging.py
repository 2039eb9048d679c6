"""What is played: the cues of a video or a sheet, as the settings of a dub change them.

spotted   ¦  ¦[~~~~]  ¦   [~~~~~~]      kept: hits, spans, both or none; then the sounds that were asked for
bed           [~~~~~~~~~~~~~]           a lasting sound by name; a spotted span is cut where one lies
played    ¦  ¦[~~~~~~~~~~~~~][~~~]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from foleycli.cues.classes import may_last
from foleycli.cues.merging import around
from foleycli.cues.plain_words import readable, sound_of
from foleycli.cues.sheet import ASKED, Cue, named, steer
from foleycli.errors import UsageError
from foleycli.specs.settings import Bed, Generation, Kept
from foleycli.timeline import seconds_of

SHORTEST_SECONDS = 0.5  # what is left of a spotted span beside a bed is dropped below this


def arrange(cues: Sequence[Cue], settings: Generation, first: Fraction, last: Fraction) -> tuple[Cue, ...]:
    """The cues to perform between `first` and `last` seconds from the first picture, each with a sound."""
    kinds = {"all": (True, False), "hits": (True,), "spans": (False,), "none": ()}[settings.kept]
    kept = [cue for cue in cues if cue.lock or (cue.stop is None) in kinds]
    beds = sorted((_cue(bed, first, last) for bed in settings.beds), key=lambda cue: cue.time)
    arranged = list(beds)
    for cue in steer(kept, settings.sounds, float(last)):
        arranged += [cue] if cue.lock or cue.stop is None else around(cue, beds, SHORTEST_SECONDS)
    return named(sorted(arranged, key=lambda cue: cue.time))


def kept_of(*, hits: bool, spans: bool) -> Kept:
    """Which cues are kept, as the settings say it."""
    return {(True, True): "all", (True, False): "hits", (False, True): "spans"}.get((hits, spans), "none")  # type: ignore[return-value]


def performed(settings: Generation) -> Generation:
    """The settings to perform a sheet again that was arranged already."""
    return replace(settings, sounds=(), beds=(), kept="all")


def bed(text: str, start: Fraction | None = None, stop: Fraction | None = None, where: str = "--whole") -> Bed:
    """A bed from 'waterfall' or 'waterfall:0.5', its sound in plain words and its strength from 0 to 1.

    Raises UsageError for an unknown sound, one that is struck and does not last, and other strengths and times.
    """
    name, colon, strength = text.partition(":")
    sound = sound_of(name, where)
    if not sound:
        raise UsageError(f"{where} {text!r}: which sound? as in 'waterfall' or 'waterfall:0.5'")
    if not may_last(sound):
        raise UsageError(f"{where}: {readable(sound)!r} is struck and does not last; take --sound, or hits in --cues")
    try:
        level = float(strength) if colon else Bed(sound=sound).strength
    except ValueError:
        level = -1.0
    if not 0 <= level <= 1:
        raise UsageError(f"{where} {text!r}: the strength after ':' is a number from 0 to 1")
    if start is not None and stop is not None and stop <= start:
        raise UsageError(f"{where} {text!r}: stop {float(stop):g} is not after start {float(start):g}")
    return Bed(sound=sound, start=start, stop=stop, strength=level)


def with_spans(words: list[str]) -> list[str]:
    """The words of a command line with each --span's sound and the two times after it as one, which `span_bed` reads.

    Words that follow are left alone if the span has its times already, or if they are no times: they may be files.
    """
    joined: list[str] = []
    while words and words[0] != "--":
        word, *words = words
        if word == "--span" and words:
            joined.append(word)
            word, *words = words
        elif not word.startswith("--span="):
            joined.append(word)
            continue
        if not _timed(word.split()[1:]) and _timed(words[:2]):
            word, words = " ".join((word, *words[:2])), words[2:]
        joined.append(word)
    return joined + words


def _timed(words: list[str]) -> bool:
    """Whether the last two words are times."""
    try:
        return len([seconds_of(word) for word in words[-2:]]) == 2
    except ValueError:
        return False


def span_bed(text: str) -> Bed:
    """A bed from 'train 0 10' or 'train:0.5 0 0:10'; raises UsageError as `bed` does."""
    words = text.rsplit(maxsplit=2)
    try:
        sound, start, stop = words[0], *map(seconds_of, words[1:])
    except ValueError:
        raise UsageError(f"--span {text!r}: write a sound and two times, as in --span train 0 10") from None
    return bed(sound, start, stop, where="--span")


def _cue(bed: Bed, first: Fraction, last: Fraction) -> Cue:
    start = first if bed.start is None else bed.start
    stop = last if bed.stop is None else bed.stop
    stop = min(stop, last) if start < last else stop  # behind the end it is left as it is, and said to be
    return Cue(float(start), bed.strength, sound_of(bed.sound), stop=float(stop), named_by=ASKED)
