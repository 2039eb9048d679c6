"""Channel layouts by their names: which channels in which order, and how one is mixed to another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from foleycli.types import Wave

# libavutil's names and orders (channel_layout.c): a channel lies where its bit in the mask does.
LAYOUTS: dict[str, tuple[str, ...]] = {
    name: tuple(channels.split())
    for name, channels in {
        "mono": "FC",
        "stereo": "FL FR",
        "2.1": "FL FR LFE",
        "3.0": "FL FR FC",
        "3.0(back)": "FL FR BC",
        "4.0": "FL FR FC BC",
        "quad": "FL FR BL BR",
        "quad(side)": "FL FR SL SR",
        "3.1": "FL FR FC LFE",
        "5.0": "FL FR FC BL BR",
        "5.0(side)": "FL FR FC SL SR",
        "4.1": "FL FR FC LFE BC",
        "5.1": "FL FR FC LFE BL BR",
        "5.1(side)": "FL FR FC LFE SL SR",
        "6.0": "FL FR FC BC SL SR",
        "6.0(front)": "FL FR FLC FRC SL SR",
        "3.1.2": "FL FR FC LFE TFL TFR",
        "hexagonal": "FL FR FC BL BR BC",
        "6.1": "FL FR FC LFE BC SL SR",
        "6.1(back)": "FL FR FC LFE BL BR BC",
        "6.1(front)": "FL FR LFE FLC FRC SL SR",
        "7.0": "FL FR FC BL BR SL SR",
        "7.0(front)": "FL FR FC FLC FRC SL SR",
        "7.1": "FL FR FC LFE BL BR SL SR",
        "7.1(wide)": "FL FR FC LFE BL BR FLC FRC",
        "7.1(wide-side)": "FL FR FC LFE FLC FRC SL SR",
        "5.1.2": "FL FR FC LFE SL SR TFL TFR",
        "5.1.2(back)": "FL FR FC LFE BL BR TFL TFR",
        "7.1(top)": "FL FR FC LFE BL BR TFL TFR",  # older releases' name of the one before
        "octagonal": "FL FR FC BL BR BC SL SR",
        "cube": "FL FR BL BR TFL TFR TBL TBR",
        "5.1.4": "FL FR FC LFE SL SR TFL TFR TBL TBR",
        "7.1.2": "FL FR FC LFE BL BR SL SR TFL TFR",
        "7.1.4": "FL FR FC LFE BL BR SL SR TFL TFR TBL TBR",
        "7.2.3": "FL FR FC LFE BL BR SL SR TFL TFR TBC LFE2",
        "9.1.4": "FL FR FC LFE BL BR FLC FRC SL SR TFL TFR TBL TBR",
        "9.1.6": "FL FR FC LFE BL BR FLC FRC SL SR TFL TFR TBL TBR TSL TSR",
        "hexadecagonal": "FL FR FC BL BR BC SL SR TFL TFC TFR TBL TBC TBR WL WR",
        "binaural": "BIL BIR",
        "downmix": "DL DR",
        "22.2": "FL FR FC LFE BL BR FLC FRC BC SL SR TC TFL TFC TFR TBL TBC TBR LFE2 TSL TSR BFC BFL BFR",
    }.items()
}
MOST_CHANNELS = 8  # that AAC, Opus and FLAC hold
DEFAULTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
HALF_POWER = 0.5**0.5
# What a channel without a place of its own gives to the left and the right (ITU-R BS.775: 0.71 of centre and surround).
SIDES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("FL", "DL", "BIL"), (1.0, 0.0)),
    **dict.fromkeys(("FR", "DR", "BIR"), (0.0, 1.0)),
    **dict.fromkeys(("FLC", "BL", "SL", "TFL", "TBL", "WL", "SDL", "TSL", "SSL", "TTL", "BFL"), (HALF_POWER, 0.0)),
    **dict.fromkeys(("FRC", "BR", "SR", "TFR", "TBR", "WR", "SDR", "TSR", "SSR", "TTR", "BFR"), (0.0, HALF_POWER)),
    **dict.fromkeys(("FC", "AMBI0"), (HALF_POWER, HALF_POWER)),
    **dict.fromkeys(("BC", "TFC", "TBC", "TC", "BFC"), (0.5, 0.5)),
    **dict.fromkeys(("LFE", "LFE2"), (0.0, 0.0)),
    "AMBI1": (HALF_POWER, -HALF_POWER),  # first-order ambisonics, ACN: W, then the left-right axis
    **{f"AMBI{number}": (0.0, 0.0) for number in range(2, 64)},
}
ELSEWHERE = (0.5, 0.5)
TWINS = {"SL": "BL", "SR": "BR", "BL": "SL", "BR": "SR"}  # surrounds, where a layout has one pair of them


@cache
def channel_names(layout: str) -> tuple[str, ...]:
    """The channels of a layout in the order of its samples, from libavutil's description of it; () if unknown.

    >>> channel_names("6 channels (FL+FC+FR+SL+SR+LFE)")
    ('FL', 'FC', 'FR', 'SL', 'SR', 'LFE')
    """
    if layout in LAYOUTS:
        return LAYOUTS[layout]
    if found := re.fullmatch(r"ambisonic (\d+)(?:\+(.+))?", layout):
        spheres = tuple(f"AMBI{number}" for number in range((int(found[1]) + 1) ** 2))
        return spheres + (channel_names(found[2]) if found[2] else ())
    if found := re.fullmatch(r"(\d+) channels(?: \((.+)\))?", layout):
        names = tuple(word.partition("@")[0] for word in found[2].split("+")) if found[2] else ()
        count = int(found[1])
        return names if len(names) == count else ("FL", "FR", *(f"UNK{number}" for number in range(2, count)))
    # A name that is newer than this table: 9.1.6 has sixteen channels.
    count = sum(map(int, re.findall(r"\d+", layout.partition("(")[0])))
    return ("FL", "FR", *(f"UNK{number}" for number in range(2, count))) if count > 1 else ()


def default_layout(channels: int) -> str:
    """The usual layout of so many channels."""
    return DEFAULTS.get(channels, f"{channels} channels")


@cache
def writable_layout(layout: str) -> str | None:
    """The layout with the same channels in libavutil's own order; None if there is none that can be written."""
    channels = channel_names(layout)
    if len(channels) > MOST_CHANNELS:
        return None
    if layout in LAYOUTS:
        return layout
    if not channels or any(name.startswith("UNK") for name in channels):
        return DEFAULTS.get(len(channels))
    for name, known in LAYOUTS.items():
        if sorted(known) == sorted(channels):
            return name
    return None


def remix(samples: Wave, own: Sequence[str], wanted: Sequence[str]) -> Wave:
    """(C, S) with the channels `own` as the channels `wanted`; each stays where it is if it has a place there."""
    if tuple(own) == tuple(wanted):
        return samples
    mixed: Wave = (matrix(tuple(own), tuple(wanted)) @ samples).astype(np.float32)
    return mixed


@cache
def matrix(own: tuple[str, ...], wanted: tuple[str, ...]) -> Wave:
    """(wanted, own) gains. One channel alone goes to the left and the right at full level; to one, the mean of both."""
    gains = np.zeros((len(wanted), len(own)), np.float32)
    if own == ("FC",) and "FL" in wanted:
        gains[[wanted.index("FL"), wanted.index("FR")], 0] = 1
        return gains
    if len(wanted) == 1:
        sides = np.array([SIDES.get(name, ELSEWHERE) for name in own], np.float32).reshape(-1, 2)
        gains[0] = sides.mean(1) if own != ("FC",) else 1
        return gains
    for column, name in enumerate(own):
        target = name if name in wanted else TWINS.get(name, "")
        if target in wanted and target not in (set(own) - {name}):
            gains[wanted.index(target), column] = 1
        elif "FL" in wanted and "FR" in wanted:
            left, right = SIDES.get(name, ELSEWHERE)
            gains[wanted.index("FL"), column], gains[wanted.index("FR"), column] = left, right
    return gains
