"""Where a value is set that a command refuses: the line of the error names file or variable, as no option was typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from foleycli.workflows.config import Config, Setting, shown


def where_set(refusal: str, *, command: Any, words: Sequence[str], config: Config | None) -> str:
    """Where those options are set that a refusal is about and the command line does not set: "; ... is set in ...".

    It is about an option if it names it, or quotes its value. `command` is the click group, `words` the command line.
    """
    path, rest = list[str](), list(words)
    while rest and rest[0] in getattr(command, "commands", ()):
        path.append(rest.pop(0))
        command = command.commands[path[-1]]
    if config is None or " ".join(path) not in config.known:
        return ""
    defaults = {parameter: setting.value for parameter, setting in config.of(" ".join(path)).items()}
    context = command.make_context(
        " ".join(["foley", *path]), rest, obj=config, default_map=defaults, resilient_parsing=True
    )
    found = config.of(" ".join(path), context.params.get("preset"))
    told = [
        f"{setting.option} is set in {setting.source}"
        for parameter, setting in found.items()
        if _is_about(refusal, setting)
        and getattr(context.get_parameter_source(parameter), "name", "") in ("DEFAULT", "DEFAULT_MAP")
    ]
    return "".join(f"; {one}" for one in told)


def _is_about(refusal: str, setting: Setting) -> bool:
    values = setting.value if isinstance(setting.value, list) else [shown(setting.value)]
    quoted = any(text and (refusal.startswith((f"{text}:", f"{text} ")) or repr(text) in refusal) for text in values)
    return quoted or re.search(rf"(?<![\w-])--{re.escape(setting.option)}(?![\w-])", refusal) is not None
