"""foley.toml, FOLEY_ variables and presets: which is stronger, and what is refused, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleycli.errors import UsageError
from foleycli.workflows.config import Config, Option, facts, lines, load_config, unknown_variables

OPTIONS = {
    "seed": Option("seed"),
    "loudness": Option("loudness"),
    "sound": Option("sound", many=True),
    "quiet": Option("quiet", flag=True),
    "fade-in": Option("fade_in"),
    "fade-out": Option("fade_out"),
}
KNOWN = {"dub": OPTIONS, "spot": {"sound": Option("sound", many=True)}, "models pull": {"to": Option("to")}}


def load(tmp_path: Path, folder: str = "", user: str = "", **environ: str) -> Config:
    files = tmp_path / "folder" / "foley.toml", tmp_path / "user" / "foley.toml"
    for path, text in zip(files, (folder, user), strict=True):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return load_config(KNOWN, environ, files[0].parent, files[1])


def values(config: Config, command: str = "dub", preset: str | None = None) -> dict[str, object]:
    return {parameter: setting.value for parameter, setting in config.of(command, preset).items()}


def test_environment_over_preset_over_folder_over_user(tmp_path: Path) -> None:
    everywhere = "seed = 1\nloudness = -30\nfade-in = 1\nfade_out = 1\n"
    layers = {
        "user": everywhere,
        "folder": "seed = 2\nloudness = -29\nfade-in = 2\n",
        "FOLEY_SEED": "4",
    }
    found = values(load(tmp_path, **layers), preset="web")
    assert found == {"seed": "4", "loudness": "-14", "fade_in": "2", "fade_out": "1"}
    assert values(load(tmp_path, **layers))["loudness"] == "-29"


def test_what_is_set_for_a_command_is_stronger_than_for_all(tmp_path: Path) -> None:
    config = load(
        tmp_path, "[dub]\nseed = 2\n", "seed = 1\n[dub]\nquiet = true", FOLEY_DUB_LOUDNESS="-20", FOLEY_LOUDNESS="-9"
    )
    assert values(config) == {"seed": "2", "quiet": True, "loudness": "-20"}
    assert values(config, "spot") == {}
    assert config.defaults()["dub"]["seed"] == "2" and config.defaults()["models"]["pull"] == {}
    assert values(load(tmp_path, "seed = 3", "[dub]\nseed = 1"))["seed"] == "3"  # the folder is nearer


def test_lists_and_flags_come_from_file_and_environment(tmp_path: Path) -> None:
    assert values(load(tmp_path, 'sound = ["door slam", "rain"]'))["sound"] == ["door slam", "rain"]
    assert values(load(tmp_path, FOLEY_SOUND="door slam; rain", FOLEY_QUIET="yes")) == {
        "sound": ["door slam", "rain"],
        "quiet": True,
    }
    assert values(load(tmp_path, '[models.pull]\nto = "x"'), "models pull") == {"to": "x"}


def test_a_preset_of_ones_own_and_one_over_a_built_in(tmp_path: Path) -> None:
    config = load(tmp_path, "[presets.night]\nloudness = -30\nquiet = true\n", "[presets.web]\nseed = 9\n")
    assert values(config, preset="night") == {"loudness": "-30", "quiet": True}
    assert values(config, preset="web") == {"seed": "9"}
    with pytest.raises(UsageError, match="--preset nigth: there is none; there are broadcast, night, stems, web"):
        config.of("dub", "nigth")


def test_a_preset_of_several_words_and_one_that_sets_nothing(tmp_path: Path) -> None:
    text = '[presets."night mix"]\nseed = 1\n[presets."night walk"]\nfade-in = 2\n[presets.empty]\n[presets.web]\n'
    config = load(tmp_path, text)
    assert values(config, preset="night mix") == {"seed": "1"}
    assert values(config, preset="night walk") == {"fade_in": "2"}
    assert values(config, preset="empty") == {} == values(config, preset="web")  # as it stands in place of the built-in


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed = 1\nloudnes = -23\n", "line 2: no option is called 'loudnes'; did you mean 'loudness'?"),
        ("[dub]\n\n# x\nsed = 1", "line 4: no option of 'foley dub' is called 'sed'; did you mean 'seed'?"),
        ("[spot]\nseed = 1", "line 2: no option of 'foley spot' is called 'seed'"),
        ("[dubb]\nseed = 1", "line 1: no command is called 'dubb'; did you mean 'dub'?"),
        ("[presets.night]\nlouder = 1", "line 2: no option is called 'louder'"),
        ("[presets]\nseed = 1", "line 2: seed belongs to no preset; give the preset a name: [presets.NAME]"),
        ("quiet = 1", "line 1: quiet is true or false, not 1"),
        ("seed = [1, 2]", "line 1: seed is one value"),
        ("seed = 2026-11-29", "line 1: seed is one value"),
        ("seed = \nx = 1", "not TOML (Invalid value (at line 1"),
        ("seed = 1\nseed = 2", "not TOML"),
    ],
)
def test_what_foley_does_not_know_is_refused_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        load(tmp_path, text)
    assert f"{tmp_path / 'folder' / 'foley.toml'}" in str(raised.value) and said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_odd_variable_is_refused_and_a_misspelt_one_found(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="FOLEY_QUIET='perhaps': write 1 or 0"):
        load(tmp_path, FOLEY_QUIET="perhaps")
    environ = {"FOLEY_SED": "1", "FOLEY_DUB_SEED": "1", "FOLEY_MODELS_PULL_TO": "x", "FOLEY_FFMPEG": "x", "HOME": "/"}
    assert unknown_variables(KNOWN, environ) == ["FOLEY_SED"]


def test_it_is_shown_where_each_option_is_set_the_strongest_first(tmp_path: Path) -> None:
    config = load(tmp_path, "[dub]\nseed = 2\n", "seed = 1\n", FOLEY_SOUND="rain;wind")
    told = facts(config)
    assert [(one["option"], one["value"], one["command"]) for one in told["settings"]] == [
        ("sound", "rain;wind", ""),
        ("seed", "2", "dub"),
        ("seed", "1", ""),
    ]
    assert told["settings"][0]["source"] == "FOLEY_SOUND" and told["settings"][1]["source"].endswith("toml, line 2")
    assert "presets: broadcast, stems, web" in lines(config) and "every command" in lines(config)
    assert "nothing is set" in lines(Config(KNOWN))
