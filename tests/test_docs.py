"""The documentation is true: the manual is the program's own, and the lines and examples that are shown run."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

import foleycli
from foleycli.cues.arranging import with_spans
from tests.cli.conftest import COMMAND, Foley, clip, film, foley, models
from tests.library.recordings import small_library
from tests.manual.examples import EXAMPLES, LONG
from tests.manual.reference import manual
from tests.test_architecture import LAYERS
from tests.tiny_model import write_tiny

__all__ = ["clip", "film", "foley", "models"]  # fixtures

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
README_LINES = [line.split("#")[0].strip() for line in re.findall(r"^\$ (foley .*)$", README, re.MULTILINE)]
LINES = list(dict.fromkeys([*README_LINES, *(line for lines in EXAMPLES.values() for line, _ in lines)]))


def test_the_manual_is_what_the_commands_say() -> None:
    assert (ROOT / "docs" / "cli.md").read_text() == manual().rstrip("\n") + "\n", "run: make docs"


@pytest.mark.parametrize("line", LINES)
def test_every_line_shown_can_be_run(foley: Foley, clip: Path, line: str, request: pytest.FixtureRequest) -> None:
    if "photo.jpg" in line:
        request.getfixturevalue("built_in_namer")  # what a photo shows is part of its tokens
    clip.with_name("cues.csv").write_text("time,strength,sound\n0.5,1.0,impact_wood\n")
    Image.new("RGB", (96, 64), "teal").save(clip.with_name("photo.jpg"))
    soundfile.write(clip.with_name("bark.wav"), np.hanning(20_000) * 0.5, 16_000)
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


PAGES = {path.name: path.read_text() for path in sorted((ROOT / "docs").glob("*.md")) if path.name != "cli.md"}
INDENTED = re.compile(r"^    (foley .*?)(?: {2,}.*| +#.*)?$", re.MULTILINE)
SHOWN = [
    (page, line)
    for page, text in PAGES.items()
    for line in INDENTED.findall(text)
    if "completion" not in line  # which ends where it is read
]
IN_TEXT = [
    (page, line)
    for page, text in (PAGES | {"README.md": README}).items()
    for line in re.findall(r"`(foley [a-z][^`\n]*)`", text)
    if "..." not in line and "…" not in line and "[" not in line
]


def parsed(line: str) -> None:
    """Reads a command line as foley does, and does nothing; raises for what it would refuse."""
    command, words = COMMAND, with_spans(shlex.split(line)[1:])
    context = command.make_context("foley", list(words))
    while words and words[0] in getattr(command, "commands", ()):
        command = command.commands[words[0]]
        name, *words = words
        context = command.make_context(name, list(words), parent=context)


@pytest.mark.parametrize(("page", "line"), dict.fromkeys(SHOWN))
def test_every_line_of_every_page_is_one_that_foley_takes(page: str, line: str) -> None:
    parsed(line)


def test_commands_in_the_text_name_commands_and_options_that_there_are() -> None:
    known = {
        f"foley {command}": {opt for one in below.params for opt in (*one.opts, *one.secondary_opts)}
        for command, below in commands_of(COMMAND).items()
    }
    for page, line in IN_TEXT:
        words = line.split()
        name = next((" ".join(words[:count]) for count in (3, 2) if " ".join(words[:count]) in known), None)
        group = {command.split()[1] for command in known}
        assert name or words[1] in group, f"{page}: {line}"
        options = {word.split("=")[0] for word in words if re.fullmatch(r"--[a-z-]+(=.*)?|-[a-zA-Z0]", word)}
        assert name is None or options <= known[name] | {"-h", "--help"}, f"{page}: {line}"


def commands_of(command: Any, path: str = "") -> dict[str, Any]:
    if not hasattr(command, "commands"):
        return {path: command}
    rows = [commands_of(below, f"{path} {name}".strip()) for name, below in command.commands.items()]
    return {name: below for row in rows for name, below in row.items()}


GUIDE = ("batch.md", "config.md", "cues.md", "editors.md", "library.md")  # other pages need models, networks, hours


@pytest.mark.parametrize("page", GUIDE)
def test_the_lines_of_the_users_guide_run_one_after_the_other(
    foley: Foley, clip: Path, tmp_path: Path, page: str
) -> None:
    (tmp_path / "footage").mkdir()
    (tmp_path / "footage" / "one.mp4").write_bytes(clip.read_bytes())
    small_library(tmp_path / "sounds")
    clip.with_name("cues.csv").write_text("time,strength,sound\n0.5,1.0,impact_wood\n")
    lines = [line for at, line in SHOWN if at == page]
    assert lines
    for line in lines:
        words = shlex.split(line.replace("~/", ""))[1:]
        if "--like" in words:
            continue  # the tiny model knows no timbres
        words += ["--steps", "1"] if words[0] in ("dub", "batch") else []
        words += ["-f"] if words[0] in ("dub", "batch", "spot") and "-f" not in words else []
        ran = foley(*words)
        assert ran.code == 0, f"{line}: {ran.err}"
        assert ran.out


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


def test_the_examples_of_the_python_page_run(foley: Foley, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "footage").mkdir()
    (tmp_path / "footage" / "one.mp4").write_bytes(clip.read_bytes())
    write_tiny(tmp_path / "my-model")
    page = (ROOT / "docs" / "python.md").read_text()
    names: dict[str, object] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
            exec(code, names)
    assert set(foleycli.__all__) - {"__version__"} <= names.keys()
    ended, mine = names["ended"], names["mine"]
    assert isinstance(ended, foleycli.BatchResult) and isinstance(mine, foleycli.Track)
    assert len(ended.done) == 1 and not ended.failed
    assert len(mine.samples) == 2 * mine.sample_rate
    made = ("clip.foley.mp4", "wood.mp4", "mine.wav", "my.wav", "out/one.wav", "stems/wood.impacts.wav")
    assert all((tmp_path / name).stat().st_size > 0 for name in made)
    assert "no-such-file.mp4" in printed.getvalue()


def test_the_tree_of_the_architecture_page_is_the_tree_and_its_order_the_floors() -> None:
    block = (ROOT / "docs" / "architecture.md").read_text().split("## The tree")[1].split("##")[0]
    named = re.findall(r"^      ([\w.]+?)/? ", block, re.MULTILINE)
    there = {path.name for path in (ROOT / "foleycli").iterdir() if not path.name.startswith("_")} - {"py.typed"}
    assert {*named, "version.py"} == there
    floors = [LAYERS[name.removesuffix(".py")] for name in named]
    assert floors == sorted(floors, reverse=True)


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", index)) == pages


def test_the_picture_is_small() -> None:
    assert 20_000 < (ROOT / "docs" / "images" / "demo.png").stat().st_size < 200_000


def test_files_named_in_the_docs_are_there() -> None:
    files = [f"/{path.relative_to(ROOT)}" for path in ROOT.rglob("*.py")]
    for page in [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", *(ROOT / "foleycli").rglob("CARD.md")]:
        for named in re.findall(r"`([\w/]+\.py)`", page.read_text()):
            assert "NAME" in named or any(file.endswith(f"/{named}") for file in files), f"{page.name}: {named}"


def test_links_in_the_docs_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
