"""Options that are set once: in foley.toml, in the environment, in presets. Strongest first:

command line    --loudness -16
environment     FOLEY_DUB_LOUDNESS for one command, FOLEY_LOUDNESS for all that have the option
preset          --preset web: its table in the files below, or a built-in one
folder          foley.toml in the current folder: its table of the command, then what stands above the tables
user            foley.toml in the user's folder for settings, likewise
default         what --help says
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from foleycli.errors import InputError, UsageError
from foleycli.text import table
from foleycli.video.ffmpeg import VARIABLE as FFMPEG
from foleycli.workflows.batch.supervisor import CHILD, ENDED

NAME, PREFIX, EVERY, PRESETS = "foley.toml", "FOLEY_", "", "presets"
LIST_SEPARATOR = ";"  # between the values of an option that may be repeated, in the environment
OTHERS = (FFMPEG, CHILD, ENDED)  # variables of foley that are no options
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
BUILT_IN: dict[str, dict[str, Any]] = {
    "broadcast": {"loudness": "-23", "fade-in": "0.02", "fade-out": "0.02"},  # EBU R128
    "web": {"loudness": "-14"},  # what the large video sites play at
    "stems": {"stems": "stems", "sidecar": True, "loudness": "off"},  # for a mixer: levels as performed
}


@dataclass(frozen=True)
class Option:
    """An option of a command: the function's parameter, whether it may be repeated, whether it is a flag."""

    parameter: str
    many: bool = False
    flag: bool = False


Known = Mapping[str, Mapping[str, Option]]  # command ("dub", "models pull") -> option without dashes -> what it is


def options_of(command: Any, path: str = "") -> dict[str, dict[str, Option]]:
    """The options of each command below a click group."""
    if hasattr(command, "commands"):
        found: dict[str, dict[str, Option]] = {}
        for name, below in command.commands.items():
            found |= options_of(below, f"{path} {name}".strip())
        return found
    rows = {}
    for one in command.params:
        if one.param_type_name == "option" and one.name != "help":
            long = next((opt for opt in one.opts if opt.startswith("--")), one.opts[0])
            rows[long.lstrip("-")] = Option(one.name, bool(one.multiple), bool(one.is_flag))
    return {path: rows}


@dataclass(frozen=True)
class Setting:
    """An option that is set: `command` "" for every command that has it; `source` is a file and line, or a variable."""

    command: str
    option: str
    value: Any
    source: str


@dataclass(frozen=True)
class Config:
    """All that is set outside the command line, weakest first, and the presets by name."""

    known: Known
    files: tuple[tuple[Path, bool], ...] = ()  # that were looked for, and whether they are there
    in_files: tuple[Setting, ...] = ()
    in_environment: tuple[Setting, ...] = ()
    presets: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)

    def of(self, command: str, preset: str | None = None) -> dict[str, Setting]:
        """What is set for a command, by parameter; raises UsageError for a preset that there is not."""
        known, found = self.known[command], dict[str, Setting]()
        for setting in (*self.in_files, *self._preset(preset), *self.in_environment):
            # --sound of dub takes several sounds, that of imagine is one file.
            fits = setting.option in known and (known[setting.option].many or not isinstance(setting.value, list))
            if setting.command in (EVERY, command) and fits:
                found[known[setting.option].parameter] = setting
        return found

    def defaults(self) -> dict[str, Any]:
        """As a `default_map` of click: nested by command, values by parameter."""
        nested: dict[str, Any] = {}
        for command in self.known:
            *groups, last = command.split()
            place = nested
            for group in groups:
                place = place.setdefault(group, {})
            place[last] = {parameter: setting.value for parameter, setting in self.of(command).items()}
        return nested

    def _preset(self, name: str | None) -> tuple[Setting, ...]:
        if name is None or name in self.presets:
            return self.presets.get(name or "", ())
        raise UsageError(f"--preset {name}: there is none; there are {', '.join(sorted(self.presets))}")


def user_file() -> Path:
    """The file of the user's own settings, whether it is there or not."""
    import platformdirs

    return platformdirs.user_config_path("foley", appauthor=False) / NAME


def load_config(known: Known, environ: Mapping[str, str], folder: Path, user: Path) -> Config:
    """Reads both files and the environment; raises UsageError naming file and line for what foley does not know."""
    files, settings = [], list[Setting]()
    presets = {
        name: tuple(Setting(EVERY, option, value, source=f"preset {name}") for option, value in table.items())
        for name, table in BUILT_IN.items()
    }
    for path in dict.fromkeys((user, folder / NAME)):
        there = path.is_file()
        files.append((path, there))
        if not there:
            continue
        file = _File(path, known)
        found = file.settings()
        presets |= dict.fromkeys(file.tables.get(PRESETS, ()), ())  # a table without keys sets nothing
        for setting in found:
            group, _, name = setting.command.partition(" ")
            if group == PRESETS:
                presets[name] = (*presets[name], replace(setting, command=EVERY))
            else:
                settings.append(setting)
    in_environment = tuple(_environment(known, environ))
    return Config(known, tuple(files), in_files=tuple(settings), in_environment=in_environment, presets=presets)


def unknown_variables(known: Known, environ: Mapping[str, str]) -> list[str]:
    """FOLEY_ variables that set nothing: misspelt ones, most likely."""
    names = {_variable(*words) for command in known for name in known[command] for words in ((name,), (command, name))}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in names and name not in OTHERS)


def _environment(known: Known, environ: Mapping[str, str]) -> Iterator[Setting]:
    """Those of all commands first, as they are weaker."""
    options = _together(known.values())
    asked = [(EVERY, name, option) for name, option in options.items()]
    asked += [(command, name, option) for command, row in known.items() for name, option in row.items()]
    for command, name, option in asked:
        variable = _variable(*filter(None, (command, name)))
        text = environ.get(variable, "")
        if not text:
            continue
        if option.flag and text.lower() not in YES + NO:
            raise UsageError(f"{variable}={text!r}: write 1 or 0")
        many = [one.strip() for one in text.split(LIST_SEPARATOR) if one.strip()]
        yield Setting(
            command, name, text.lower() in YES if option.flag else many if option.many else text, source=variable
        )


def _together(rows: Iterable[Mapping[str, Option]]) -> dict[str, Option]:
    """The options of several commands; one that may be repeated in any of them may be."""
    found: dict[str, Option] = {}
    for row in rows:
        found |= {name: one for name, one in row.items() if name not in found or one.many}
    return found


def _variable(*words: str) -> str:
    return PREFIX + re.sub(r"[- ]", "_", " ".join(words)).upper()


class _File:
    """One foley.toml."""

    def __init__(self, path: Path, known: Known) -> None:
        self.path, self.known = path, known
        try:
            self.text = path.read_text(encoding="utf-8-sig")
            self.tables = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{path}: not TOML ({error})") from error
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise InputError(f"{path}: can't be read ({reason}); make it readable, or move it away") from error
        self.lines = dict(_lines(self.text))

    def settings(self) -> list[Setting]:
        """What stands above the tables first, as it is weaker; presets as the commands "presets NAME"."""
        return sorted(self._of(self.tables, ()), key=lambda setting: setting.command != EVERY)

    def _of(self, table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Setting]:
        for key, value in table.items():
            inner = (*path, key)
            if isinstance(value, dict):
                self._check_table(inner)
                yield from self._of(value, inner)
            else:
                yield self._setting(path, key, value)

    def _setting(self, path: tuple[str, ...], key: str, value: Any) -> Setting:
        where, command, name = self._where((*path, key)), " ".join(path), key.replace("_", "-")
        if command == PRESETS:
            raise UsageError(f"{where}: {key} belongs to no preset; give the preset a name: [{PRESETS}.NAME]")
        everywhere = command == EVERY or path[0] == PRESETS
        options = _together(self.known.values()) if everywhere else self.known.get(command, {})
        if name not in options:
            of = "" if everywhere else f" of 'foley {command}'"
            raise UsageError(f"{where}: no option{of} is called {key!r}{_nearest(name, options)}")
        option = options[name]
        if option.flag and not isinstance(value, bool):
            raise UsageError(f"{where}: {key} is true or false, not {value!r}")
        many = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str | int | float | bool) for one in many) or (
            isinstance(value, list) and not option.many
        ):
            raise UsageError(f"{where}: {key} is one value, not {value!r}")
        texts = [str(one) for one in many]  # click turns text into what the option takes
        return Setting(command, name, value if option.flag else texts if option.many else texts[0], source=where)

    def _check_table(self, path: tuple[str, ...]) -> None:
        name, groups = " ".join(path), {command.split()[0] for command in self.known if " " in command}
        if (path[0] == PRESETS and len(path) <= 2) or name in self.known or name in groups:
            return
        raise UsageError(f"{self._where(path)}: no command is called {name!r}{_nearest(name, [*self.known, PRESETS])}")

    def _where(self, path: tuple[str, ...]) -> str:
        line = self.lines.get(path)
        return f"{self.path}, line {line}" if line else str(self.path)


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The line of each key and table, by its path; tomllib does not tell."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if head := re.match(r"\s*\[([^\[\]]+)\]", line):
            table = _path(head[1])
            yield table, number
        elif key := re.match(r"\s*([\w\-.\"']+)\s*=", line):
            yield (*table, *_path(key[1])), number


def _path(text: str) -> tuple[str, ...]:
    return tuple(word.strip().strip("\"'") for word in text.split("."))


def _nearest(name: str, there: Mapping[str, Any] | list[str]) -> str:
    near = difflib.get_close_matches(name, list(there), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def facts(config: Config) -> dict[str, Any]:
    """What is set, strongest first, the files looked for and the presets, as JSON values."""
    settings = [*reversed(config.in_environment), *reversed(config.in_files)]
    return {
        "settings": [
            {"option": one.option, "value": shown(one.value), "command": one.command, "source": one.source}
            for one in settings
        ],
        "files": [{"path": str(path), "found": found} for path, found in config.files],
        "presets": sorted(config.presets),
    }


def lines(config: Config) -> str:
    """As text: what is set, the files, the presets."""
    told = facts(config)
    rows = [(one["option"], one["value"], one["command"] or "every command", one["source"]) for one in told["settings"]]
    text = [table([("option", "value", "of", "set in"), *rows]) if rows else "nothing is set"]
    text += [f"file {file['path']}: {'read' if file['found'] else 'not there'}" for file in told["files"]]
    return "\n".join([*text, f"presets: {', '.join(told['presets'])}"])


def shown(value: Any) -> str:
    """A value as a person writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return LIST_SEPARATOR.join(value) if isinstance(value, list) else str(value)
