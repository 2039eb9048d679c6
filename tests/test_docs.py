"""The words are true: the manual is the program's own, and every line that the README and it show can be run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from foleycli.cli.examples import EXAMPLES, LONG
from foleycli.cli.reference import manual
from tests.cli.conftest import Foley, clip, film, foley, models

__all__ = ["clip", "film", "foley", "models"]  # fixtures

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
README_LINES = [line.split("#")[0].strip() for line in re.findall(r"^\$ (foley .*)$", README, re.MULTILINE)]
LINES = list(dict.fromkeys([*README_LINES, *(line for lines in EXAMPLES.values() for line, _ in lines)]))


def test_the_manual_is_what_the_commands_say() -> None:
    assert (ROOT / "docs" / "cli.md").read_text() == manual().rstrip("\n") + "\n", "run: make docs"


@pytest.mark.parametrize("line", LINES)
def test_every_line_shown_can_be_run(foley: Foley, clip: Path, line: str) -> None:
    clip.with_name("cues.csv").write_text("time,strength,sound\n0.5,1.0,impact_wood\n")
    words = shlex.split(line)
    if {"rerun", "retake"} & set(words):
        assert foley("dub", clip, "-o", "dubbed.wav", "--sidecar").code == 0
    assert words.pop(0) == "foley"
    source, words = redirected(words, "<")
    target, words = redirected(words, ">")
    words += ["-f"] if words[:1] == ["spot"] and "-o" in words else []
    words += ["--seconds", "1"] if words[:1] == ["demo"] else []
    words += ["--help"] if words[0] in LONG or " ".join(words[:2]) in LONG else []
    ran = foley(*words, stdin=Path(source).read_bytes() if source else b"")
    assert ran.code == 0, ran.err
    assert ran.out
    assert (target is not None) == (ran.out[:4] == b"RIFF")


def redirected(words: list[str], sign: str) -> tuple[str | None, list[str]]:
    if sign not in words:
        return None, words
    at = words.index(sign)
    return words[at + 1], words[:at] + words[at + 2 :]


def test_every_command_has_an_example() -> None:
    shown = set(re.findall(r"^## foley (.+)$", manual(), re.MULTILINE))
    assert shown == set(EXAMPLES)


def test_the_python_of_the_readme_runs(foley: Foley, clip: Path) -> None:
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(code[1], names)
    assert len(names["track"].samples) == 2 * names["track"].sample_rate  # type: ignore[attr-defined]


def test_the_python_of_the_models_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "models.md").read_text(), re.DOTALL)
    assert code is not None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    exec(code[1], {})
    assert (tmp_path / "mine" / "bundle.json").is_file()


def test_the_readme_s_tree_is_the_tree() -> None:
    block = README.split("## The tree")[1].split("##")[0]
    named = set(re.findall(r"^      ([\w.]+?)/? ", block, re.MULTILINE))
    there = {path.name for path in (ROOT / "foleycli").iterdir() if not path.name.startswith("_")} - {"py.typed"}
    assert named | {"version.py"} == there


def test_links_in_the_docs_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
