"""What was played, in a line: how many hits and spans of which sound, and where their names came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from foleycli.cues.plain_words import readable
from foleycli.cues.sheet import DEFAULT, SHEET, Cue

MOST_NAMES = 6  # in the line; what is left is counted


def summary(cues: Sequence[Cue]) -> str:
    """19 hits: 12 wood impact (picture), 7 unnamed -> plain impact; name them with --sound or --cues.

    Muted cues are not counted; "" without any other.
    """
    heard = [cue for cue in cues if not cue.mute]
    hits = [cue for cue in heard if cue.stop is None]
    spans = [cue for cue in heard if cue.stop is not None]
    parts = [_of("hit", hits), _of("span", spans)]
    line = "; ".join(part for part in parts if part)
    unnamed = [cue for cue in heard if cue.named_by == DEFAULT]
    if not unnamed:
        return line
    likely = Counter(sound for cue in unnamed for sound in cue.suggestions)
    perhaps = f" (perhaps {', '.join(readable(sound) for sound, _ in likely.most_common(3))})" if likely else ""
    return f"{line}{perhaps}; name them with --sound or --cues"


def _of(kind: str, cues: Sequence[Cue]) -> str:
    if not cues:
        return ""
    groups = Counter((cue.sound, cue.named_by or SHEET) for cue in cues)
    # Unnamed ones last: what they may be, and how to name them, follows.
    ordered = sorted(groups.items(), key=lambda group: (group[0][1] == DEFAULT, -group[1], group[0]))
    words = [
        f"{count} unnamed -> {readable(sound)}" if by == DEFAULT else f"{count} {readable(sound)} ({by})"
        for (sound, by), count in ordered
    ]
    if len(words) > MOST_NAMES:
        rest = sum(count for _, count in ordered[MOST_NAMES - 1 : -1])
        words = [*words[: MOST_NAMES - 1], f"{rest} of other sounds", words[-1]]
    return f"{len(cues)} {kind}{'' if len(cues) == 1 else 's'}: {', '.join(words)}"
