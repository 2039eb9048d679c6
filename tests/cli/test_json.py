"""What --json prints is what docs/json.md says: every field there and no other, of the type that is said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foleycli.evaluation.report import Report
from foleycli.workflows.imagine import Made, plain
from tests.cli.conftest import Foley
from tests.library.recordings import small_library
from tests.manual.reference import manual

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text()
SECTIONS = {
    title: dict(re.findall(r"^\| `([^`]+)` \| ([^:\n|]+?)(?::[^\n]*| )\|$", text, re.MULTILINE))
    for title, text in re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", PAGE, re.MULTILINE)
}
TYPES = {
    "text": str,
    "number": int | float,
    "yes": bool,
    "yes or no": bool,
    "yes or no, by what was checked": bool,
    "list of text": list,
    "list of objects": list,
    "object": dict,
}
LINES = {
    "foley dub": "dub clip.mp4 -o clip.wav --stems stems --library own --sound wood --json -q -f",
    "foley dub --dry-run": "dub clip.mp4 -o planned.mp4 --stems stems --dry-run --json -f",
    "foley rerun": "rerun clip.foley.json -o again.wav --stems stems --json -q",
    "foley retake": "retake clip.wav --from 0.5 --to 1 --seed 7 --json -q",
    "foley spot": "spot clip.mp4 --json -q",
    "foley probe": "probe clip.mp4 --json",
    "foley sounds": "sounds --json",
    "foley models list": "models list --json",
    "foley models show": "models show pocket --json",
    "foley models show mdsgen-t": "models show mdsgen-t --json",
    "foley scenes list": "scenes list --json",
    "foley config show": "config show --json",
    "foley doctor": "doctor --json",
}


def walk(value: Any, documented: dict[str, str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of the value with its path, as far down as the page goes."""
    if path in documented:
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            names = [".".join(filter(None, (path, name))) for name in (key, "*")]
            known = [name for name in names if any(re.match(rf"{re.escape(name)}($|\.|\[)", one) for one in documented)]
            yield from walk(inner, documented, known[0]) if known else [(names[0], inner)]
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, documented, f"{path}[]")
    else:
        yield path, value


def assert_documented(printed: Any, documented: dict[str, str]) -> None:
    found = list(walk(printed, documented))
    assert {path for path, _ in found} == set(documented)
    for path, value in found:
        kind = documented[path].removesuffix(" or null").removesuffix(", no")
        assert isinstance(value, TYPES[kind]) or (value is None and "null" in documented[path]), (path, value)


@pytest.mark.parametrize("command", LINES)
def test_the_fields_are_the_documented_ones(foley: Foley, clip: Path, command: str) -> None:
    if command in ("foley rerun", "foley retake"):
        assert foley("dub", clip, "-o", "clip.wav", "--sidecar", "--stems", "stems", "-q").code == 0
    small_library(clip.with_name("own"))
    clip.with_name("foley.toml").write_text("[scenes.render]\nseed = 1\n")
    ran = foley(*LINES[command].split())
    assert ran.code == 0, ran.err
    assert_documented(json.loads(ran.text), SECTIONS[command])


def test_an_evaluation_has_the_documented_fields() -> None:
    report = Report("pocket", "scenes", 1, 0, "ears", 0.5, {"sync": {"clips": 1}}, ({"name": "a"},))
    assert_documented(report.plain(), SECTIONS["foley evaluate"])


def test_imagined_results_have_the_documented_fields() -> None:
    made = plain([Made((Path("a.wav"), Path("a.png")), 7)], "echo")
    assert_documented(json.loads(json.dumps(made, default=str)), SECTIONS["foley imagine"])


def test_every_command_with_json_is_on_the_page() -> None:
    parts = re.findall(r"^## (foley .+)\n((?:(?!^## ).*\n?)*)", manual(), re.MULTILINE)
    assert {name for name, text in parts if "  --json " in text} - {"foley batch"} <= set(SECTIONS)
    assert set(SECTIONS) == {*LINES, "foley evaluate", "foley imagine"}
