"""The rules of FCPXML 1.8 for the elements that foley writes: children in their order, attributes, links, times.

Taken as facts from Apple's published document type definitions; Final Cut Pro refuses a file that breaks them.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

CLIP = {"ref", "lane", "offset", "name", "start", "duration", "enabled", "srcEnable", "format", "tcFormat", "audioRole"}
RULES: dict[str, tuple[str, set[str], set[str]]] = {  # element: its children in order, needed attributes, others
    "fcpxml": ("resources library", {"version"}, set()),
    "resources": ("(asset |format )*", set(), set()),
    "format": ("", {"id"}, {"frameDuration", "width", "height"}),
    "asset": ("", {"id", "src"}, {
        "name", "start", "duration", "hasVideo", "format", "hasAudio", "audioSources", "audioChannels", "audioRate",
    }),
    "library": ("(event )*", set(), set()),
    "event": ("(project )*", set(), {"name"}),
    "project": ("sequence ", set(), {"name"}),
    "sequence": ("spine ", {"format"}, {"duration", "tcStart", "tcFormat", "audioLayout", "audioRate"}),
    "spine": ("(asset-clip |gap )*", set(), set()),
    "asset-clip": ("(asset-clip )*(marker )*", {"ref"}, CLIP),
    "gap": ("(marker )*", {"duration"}, {"name", "offset", "start", "enabled"}),
    "marker": ("", {"start", "value"}, {"duration", "completed", "note"}),
}  # fmt: skip
TIMES = {"offset", "start", "duration", "tcStart", "frameDuration"}


def check_fcpxml(text: str) -> ElementTree.Element:
    """Asserts that the document keeps to the rules; returns its root."""
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n')
    root = ElementTree.fromstring(text)
    named = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(set(named)) == len(named)
    (shape,) = root.iter("format")
    frame = Fraction(str(shape.get("frameDuration"))[:-1])
    for element in root.iter():
        children, needed, more = RULES[element.tag]
        inside = "".join(f"{child.tag} " for child in element)
        assert re.fullmatch(children.replace("resources library", "resources library "), inside), element.tag
        assert needed <= set(element.attrib) <= needed | more, (element.tag, element.attrib)
        assert {element.get(key) for key in ("ref", "format")} - {None} <= set(named)
        for key in TIMES & set(element.attrib):
            time = re.fullmatch(r"(\d+)(?:/(\d+))?s", element.attrib[key])
            assert time is not None, (element.tag, key, element.attrib[key])
            assert int(time[1]) < 2**63 and int(time[2] or 1) < 2**32
        if element.tag in ("asset-clip", "marker", "gap"):
            assert Fraction(element.attrib["duration"][:-1]) % frame == 0
            assert Fraction(element.attrib["duration"][:-1]) > 0
    return root
