"""An FCPXML document as it is written: one project, its media files, the clips of its timeline.

Version 1.8, which Final Cut Pro reads since 10.4, and DaVinci Resolve. Times are rational seconds: "1001/30000s".
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from foleycli.cues.reel import Reel
from foleycli.text import one_line, utf8

VERSION = "1.8"
LONGEST = 60  # characters of a time: two whole numbers of 64 bits have 40


class Document:
    """A project whose timeline starts at 0 and has `frames` frames of the `rate`; media files are listed once."""

    def __init__(self, name: str, rate: Fraction, frames: int, *, width: int = 0, height: int = 0) -> None:
        self.rate, self.assets = rate, dict[str, str]()
        self.root = Element("fcpxml", version=VERSION)
        self.resources = SubElement(self.root, "resources")
        shape = {"width": str(width), "height": str(height)} if width else {}
        SubElement(self.resources, "format", {"id": "r1", "frameDuration": seconds_text(1 / rate), **shape})
        event = SubElement(SubElement(self.root, "library"), "event", name="foley")
        project = SubElement(event, "project", name=clean(name))
        shown = {"duration": seconds_text(frames / rate), "tcStart": "0s", "tcFormat": "NDF"}
        sequence = SubElement(
            project, "sequence", {"format": "r1", **shown, "audioLayout": "stereo", "audioRate": "48k"}
        )
        self.spine = SubElement(sequence, "spine")

    def clip(
        self, reel: Reel, *, name: str, at: int, start: Fraction, frames: int, under: Element | None, **more: str
    ) -> Element:
        """A clip at frame `at` of the timeline that plays a file from its timecode `start` on.

        It stands in the main storyline, or is connected to the clip `under`, which starts the timeline.
        """
        base = Fraction(0) if under is None else seconds_of(under.get("start"))
        times = {"offset": base + at / self.rate, "start": start, "duration": frames / self.rate}
        parent = self.spine if under is None else under
        named = {"ref": self._asset(reel), "name": clean(name)}
        return SubElement(
            parent, "asset-clip", named | {key: seconds_text(value) for key, value in times.items()} | more
        )

    def gap(self, frames: int) -> Element:
        """A stretch of nothing that starts the timeline."""
        return SubElement(self.spine, "gap", offset="0s", start="0s", duration=seconds_text(frames / self.rate))

    def text(self) -> str:
        """The whole document."""
        ElementTree.indent(self.root, " ")
        body = ElementTree.tostring(self.root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{body}\n'

    def _asset(self, reel: Reel) -> str:
        """The id of a media file among the resources."""
        if reel.url not in self.assets:
            self.assets[reel.url] = f"r{len(self.assets) + 2}"
            kinds = {"hasVideo": "1", "format": "r1"} if reel.width else {"audioRate": "48000"}
            if reel.channels:
                kinds |= {"hasAudio": "1", "audioSources": "1", "audioChannels": str(reel.channels)}
            named = {"id": self.assets[reel.url], "name": clean(reel.name), "src": reel.url}
            times = {"start": seconds_text(reel.origin), "duration": seconds_text(reel.seconds or Fraction(0))}
            SubElement(self.resources, "asset", named | times | kinds)
        return self.assets[reel.url]


def seconds_text(seconds: Fraction) -> str:
    """A time as FCPXML has it: "2s", "1001/30000s"."""
    return f"{seconds}s"


def seconds_of(text: str | None, default: Fraction = Fraction(0)) -> Fraction:
    """A time of FCPXML in seconds; raises ValueError for what is none."""
    if text is None:
        return default
    try:
        if not text.endswith("s") or "e" in text.lower() or len(text) > LONGEST:  # 1e999999999s takes hours
            raise ValueError
        return Fraction(text[:-1])
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text[:LONGEST]!r} is not a time such as 1001/30000s") from None


def clean(text: str) -> str:
    """Text without the characters that XML can't hold."""
    return one_line(utf8(text))
