"""Options that are set once: the command line is the strongest, and a refused value is said to be where it is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleycli.cli import dub_display
from foleycli.specs.settings import Generation
from foleycli.workflows import config
from tests.cli.conftest import Foley


@pytest.fixture
def user(foley: Foley, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "user" / "foley.toml"
    path.parent.mkdir()
    monkeypatch.setattr(config, "user_file", lambda: path)
    return path


def test_the_command_line_is_stronger_than_environment_folder_and_user(
    foley: Foley, clip: Path, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Generation] = []
    keep = lambda request, console, dry_run: asked.append(request.settings.generation)  # noqa: E731
    monkeypatch.setattr(dub_display, "run_dub", keep)

    def seed(*words: str) -> int:
        assert foley("dub", "clip.mp4", *words).code == 0
        return asked[-1].seed

    user.write_text('whole = ["rain"]\nspan = "a fire in the woods 0 1"\nseed = 1\n')
    assert seed() == 1
    assert [bed.sound for bed in asked[0].beds] == ["fire", "rain"]
    clip.with_name("foley.toml").write_text("[dub]\nseed = 2\n[presets.mine]\nseed = 3\n")
    assert seed() == 2
    assert seed("--preset", "mine") == 3
    monkeypatch.setenv("FOLEY_SEED", "4")
    assert seed("--preset", "mine") == 4
    assert seed("--preset", "mine", "--seed", "5") == 5


def test_what_is_set_is_shown(foley: Foley, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user.write_text("seed = 1\n")
    monkeypatch.setenv("FOLEY_LOUDNES", "-9")
    ran = foley("config", "show")
    assert ran.code == 0 and f"{user}, line 1" in ran.text and "FOLEY_LOUDNES: no option" in ran.err
    assert foley("config", "show", "--json").code == 0


def test_a_value_that_is_refused_is_said_to_be_where_it_is_set(foley: Foley, clip: Path, user: Path) -> None:
    user.write_text('\nseed = "x"\n')
    ran = foley("dub", clip, "-n")
    assert ran.code == 2 and f"set in {user}, line 2" in ran.err
    user.write_text("sed = 1\n")
    assert (foley("dub", clip, "-n").code, foley("dub", "--help").code, foley("-V").code) == (2, 0, 0)


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ('[dub]\nloudness = "abc"', ("-n",), "--loudness 'abc'"),
        ('[presets.p]\nroom-tone = "loud"', ("-n", "--preset", "p"), "--room-tone 'loud'"),
        ("\nfade-in = 99", ("-n",), "--fade-in and --fade-out are longer"),
        ('\nlibrary = "nowhere"', ("-n",), "nowhere: no such folder"),
        ('\nsound = ["rain", "xyzzy"]', ("-n",), "'xyzzy'"),
        ('\nmodel = "nomodel"', ("--offline",), "'nomodel'"),
    ],
)
def test_a_value_that_foley_itself_refuses_is_said_to_be_where_it_is_set(
    foley: Foley, clip: Path, text: str, words: tuple[str, ...], told: str
) -> None:
    clip.with_name("foley.toml").write_text(text)
    option = text.split("\n")[1].split(" = ")[0]
    ran = foley("dub", clip, "-o", "out.mp4", *words)
    assert ran.code != 0 and told in ran.err and f"; {option} is set in foley.toml, line 2" in ran.err
    assert ran.err.count(" is set in ") == 1


def test_variables_are_named_and_options_of_the_command_line_are_not(
    foley: Foley, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEY_DUB_LOUDNESS", "loud")
    ran = foley("dub", clip, "-n")
    assert ran.code == 2 and "; loudness is set in FOLEY_DUB_LOUDNESS" in ran.err
    ran = foley("dub", clip, "-n", "--loudness", "louder")
    assert ran.code == 2 and "is set in" not in ran.err
    clip.with_name("foley.toml").write_text("[presets.mine]\ngain = 99\nfade-in = 77\n")
    monkeypatch.delenv("FOLEY_DUB_LOUDNESS")
    monkeypatch.setenv("FOLEY_PRESET", "mine")
    ran = foley("dub", clip, "-n", "--gain", "0")
    assert ran.code == 2 and "; fade-in is set in foley.toml, line 3" in ran.err
    monkeypatch.setenv("FOLEY_PRESET", "yours")
    ran = foley("dub", clip, "-n")
    assert ran.code == 2 and "; preset is set in FOLEY_PRESET" in ran.err


def test_sound_of_every_command_is_not_the_file_of_imagine(foley: Foley, clip: Path, user: Path) -> None:
    user.write_text('sound = ["rain"]\n')
    assert foley("dub", clip, "-n").code == 0
    ran = foley("imagine", "-o", "out.wav", clip)
    assert "rain" not in ran.err


@pytest.mark.parametrize("preset", ["broadcast", "web", "stems"])
def test_the_built_in_presets_are_options_of_dub(foley: Foley, clip: Path, user: Path, preset: str) -> None:
    assert foley("dub", clip, "-o", "out.wav", "--preset", preset, "-n").code == 0
