"""The cue sheet as the transformer reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CueSpec:
    """Cue sheet -> curves (256, channels) at 31.25 fps -> features (32, 512)."""

    classes: tuple[str, ...]
    frames: int = 256  # per window of 8.192 s
    fold: int = 8
    features: int = 512
    embedding: int = 24
    held_seconds: tuple[float, ...] = ()  # how long hits and their names ring on for the network: one decay each
    timbre: int = 0  # numbers that say what a sound is like; 0: its class is all that is said
    palette: tuple[int, int] = (12, 4)  # timbres of each class: recordings, sounds of each

    @property
    def channels(self) -> int:
        """Curves of times, strengths and classes, without timbres."""
        return 3 + 2 * len(self.classes)  # onset, strength, activity; class of hits; class of spans

    @property
    def inputs(self) -> int:
        """All curves that the encoder reads: `channels`, and the timbres of the last hit and of the span."""
        return self.channels + 2 * self.timbre  # of the last hit, of the span
