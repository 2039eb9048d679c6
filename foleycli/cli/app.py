"""The command line: every command by name; an error becomes one line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from foleycli.cli.commands import (
    batch,
    config,
    demo,
    doctor,
    dub,
    edit,
    evaluate,
    imagine,
    models,
    probe,
    retake,
    scenes,
    sounds,
    spot,
    train,
)
from foleycli.cli.console import Console, complain, leave_interrupted, leave_quietly, open_streams
from foleycli.errors import FoleyError, OutputError
from foleycli.signals import Listener, Stopped
from foleycli.version import __version__

CommandLineError: Any = typer.BadParameter.__mro__[1]  # typer carries click's UsageError and does not export it

# Plain help: with rich's panels `foley --help` takes 0.3 s instead of 0.1 s.
app = typer.Typer(
    name="foley",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(asked: bool) -> None:
    if asked:
        Console().result(f"foley {__version__}")
        raise typer.Exit


@app.callback()
def foley(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Adds sound effects to silent video, in time with the picture. The picture is copied, not encoded again."""


app.command("dub", short_help="Add sound to a video")(dub.dub)
app.command("batch", short_help="Add sound to many videos")(batch.batch)
app.command("rerun", short_help="Make a dub again from its sidecar")(retake.rerun)
app.command("retake", short_help="Make a part of a dub again")(retake.retake)
app.command("spot", short_help="Write the cue sheet of a video")(spot.spot)
app.command("edit", short_help="See, hear and edit cues in the browser")(edit.edit)
app.command("probe", short_help="Show streams, times and windows of a video")(probe.probe)
app.command("imagine", short_help="Make a sound for a picture, or a picture for a sound")(imagine.imagine)
app.command("sounds", short_help="List, show or play the sounds that --sound takes")(sounds.sounds)
app.add_typer(models.app, name="models", short_help="List, show, check, fetch, import or remove models")
app.add_typer(scenes.app, name="scenes", short_help="Render the scenes that the spotter is trained on")
app.command("train", short_help="Train a part of a model")(train.train)
app.command("evaluate", short_help="Score a model on videos whose sound is known")(evaluate.evaluate)
app.add_typer(config.app, name="config", short_help="Show options set in files and in the environment")
app.command("demo", short_help="Render a clip and dub it")(demo.demo)
app.command("doctor", short_help="Check this installation")(doctor.doctor)

WITHOUT_CONFIG = {"-h", "--help", "-V", "--version", "--install-completion", "--show-completion"}


def run(words: list[str]) -> Any:
    """Runs a command line with what is set in foley.toml and in the environment as its defaults."""
    from foleycli.cues.arranging import with_spans
    from foleycli.workflows.config import load_config, options_of, user_file
    from foleycli.workflows.refused_settings import where_set

    command, config = typer.main.get_command(app), None
    if words and not WITHOUT_CONFIG & set(words) and "_FOLEY_COMPLETE" not in os.environ:
        config = load_config(options_of(command), os.environ, folder=Path(), user=user_file())
    defaults = config.defaults() if config else None
    words = with_spans(words)
    told = partial(where_set, command=command, words=words, config=config)
    try:
        return command(words, prog_name="foley", standalone_mode=False, obj=config, default_map=defaults)
    except FoleyError as error:
        error.args = (f"{error}{told(str(error))}",)
        raise
    except CommandLineError as error:
        error.message += told(error.format_message())
        raise


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    # OpenMP threads that spin while they wait take 30 times as long as soon as another program wants the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    open_streams()
    listener = Listener()
    try:
        listener.listen()
        code = run(sys.argv[1:])
        if isinstance(code, int) and code:
            raise SystemExit(code)
    except CommandLineError as error:
        _refuse(error)
    except FoleyError as error:
        complain(str(error))
        raise SystemExit(error.exit_code) from None
    except (Stopped, KeyboardInterrupt):
        leave_interrupted(listener)
    except BrokenPipeError:
        leave_quietly()
    except OSError as error:
        complain(f"{error.filename or 'output'}: {error.strerror or error}; check the disk's space")
        raise SystemExit(OutputError.exit_code) from None
    except Exception:
        if listener.exit_code is None:
            raise
        leave_interrupted(listener)  # C++ that imports modules turns the interruption into an ImportError


def _refuse(error: Any) -> NoReturn:
    """One line of what is wrong with the command line; without any argument, the help."""
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(error.format_message() + "\n")
    else:
        command, hint = getattr(error.ctx, "command_path", "foley"), ""
        if command == "foley dub" and "extra argument" in error.format_message():
            hint = "; dub takes one video, several are for 'foley batch'"
        complain(f"{error.format_message()}{hint} (see '{command} --help')")
    raise SystemExit(error.exit_code)
