"""The settings of a dub as options, each described once; `foley dub` and `foley batch` take them in groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any

import typer

from foleycli.cli import options
from foleycli.specs.settings import Generation, Mix, Model, Original, Played
from foleycli.text import lufs_of

_SEED = "Random seed. The same seed gives the same sound, another seed gives a variant of it."
_STEPS = "Sampling steps per window of 8.192 s; more steps take longer. Default: the model's own number."
_GUIDANCE = "How strongly the model follows the cues; 1 is no guidance. Default: the model's own value."
_OVERLAP = "Overlap of neighbouring windows in seconds (multiples of 0.128 s); longer is smoother and slower."
_LIBRARY = "Folder of your own recordings, in subfolders named by sound, to play at the cues they fit. Default: none."
_LIKE = "Recording that the model imitates, for all cues or one sound (metal=gong.wav), or a folder. May be repeated."
_ORIGINAL = (
    "The video's own sound: replace drops it, mix adds the new sound to it, duck also lowers it by 12 dB while the new "
    "sound plays, keep-track keeps it as a second track."
)
_GAIN = "Level change of the new sound in dB."
_LOUDNESS = (
    "Loudness of the whole track in LUFS (EBU R128), or off: the level that the model made. Default: auto, which "
    "brings the new sound to -23 LUFS, or to a peak of -1 dBTP (-2 in a video) if that comes first."
)
_ROOM_TONE = (
    "Loudness in LUFS of a quiet bed under the new sound, so that gaps are not digital silence, or off. "
    "A dub in which nothing is heard gets none. Default: -60."
)
_FADE_IN = "Length in seconds of a fade at the start of the new sound."
_FADE_OUT = "Length in seconds of a fade at the end of the new sound."
_SPAN = (
    "Also this lasting sound from START to STOP, in place of spotted ones: --span train 0 10. "
    "'train:0.5' sets its strength, 0 to 1. May be repeated."
)
_WHOLE = "Also this lasting sound from start to end: --whole waterfall, or 'waterfall:0.5'. May be repeated."
_NO_HITS = "No hits (short sounds), neither spotted ones nor those of a cue sheet. Locked cues stay."
_NO_SPANS = "No lasting sounds except those of --span and --whole. Locked cues stay."
_ONLY_CUES = "Do not spot the video: only a cue sheet, --span and --whole say what sounds."


def played(
    sound: options.SoundOption = None,
    span: Annotated[list[str] | None, typer.Option("--span", metavar="SOUND START STOP", help=_SPAN)] = None,
    whole: Annotated[list[str] | None, typer.Option("--whole", metavar="SOUND", help=_WHOLE)] = None,
    no_hits: Annotated[bool, typer.Option("--no-hits", help=_NO_HITS)] = False,
    no_spans: Annotated[bool, typer.Option("--no-spans", help=_NO_SPANS)] = False,
    only_cues: Annotated[bool, typer.Option("--only-cues", help=_ONLY_CUES)] = False,
) -> Played:
    """Which sounds are played, from the options."""
    from foleycli.cues.arranging import bed, kept_of, span_bed

    beds = (*map(span_bed, span or ()), *map(bed, whole or ()))
    return Played(options.sounds(sound), beds, kept_of(hits=not no_hits, spans=not no_spans), only_cues=only_cues)


def generation(
    seed: Annotated[int, typer.Option("--seed", min=0, help=_SEED)] = 0,
    steps: Annotated[int | None, typer.Option("--steps", min=1, max=1000, help=_STEPS)] = None,
    guidance: Annotated[float | None, typer.Option("--guidance", min=0.0, max=50.0, help=_GUIDANCE)] = None,
    overlap: Annotated[
        Fraction, typer.Option("--overlap", metavar="SECONDS", parser=options.seconds, help=_OVERLAP)
    ] = "1.024",  # type: ignore[assignment]  # typer parses defaults too
    like: Annotated[list[str] | None, typer.Option("--like", metavar="[SOUND=]FILE", help=_LIKE)] = None,
    library: Annotated[str | None, typer.Option("--library", metavar="DIR", help=_LIBRARY)] = None,
) -> Generation:
    """How the sound is made, from the options."""
    return Generation(
        seed=seed, steps=steps, guidance=guidance, overlap=overlap, library=library, likes=tuple(like or ())
    )


def mix(
    original: Annotated[Original, typer.Option("--original", help=_ORIGINAL)] = "replace",
    gain: Annotated[float, typer.Option("--gain", metavar="DB", min=-60.0, max=24.0, help=_GAIN)] = 0.0,
    loudness: Annotated[str, typer.Option("--loudness", metavar="LUFS", show_default=False, help=_LOUDNESS)] = "auto",
    room_tone: Annotated[str, typer.Option("--room-tone", metavar="LUFS", show_default=False, help=_ROOM_TONE)] = "-60",
    fade_in: Annotated[
        Fraction, typer.Option("--fade-in", metavar="SECONDS", parser=options.seconds, help=_FADE_IN)
    ] = "0",  # type: ignore[assignment]
    fade_out: Annotated[
        Fraction, typer.Option("--fade-out", metavar="SECONDS", parser=options.seconds, help=_FADE_OUT)
    ] = "0",  # type: ignore[assignment]
) -> Mix:
    """Levels and the video's own sound, from the options; `loudness` is auto, off or LUFS, `room_tone` off or LUFS."""
    tone = None if room_tone.strip().lower() == "off" else lufs_of("--room-tone", room_tone, low=-90, high=-30)
    rest = Mix(original=original, gain_db=gain, fade_in=fade_in, fade_out=fade_out, room_tone_lufs=tone)
    plain = loudness.strip().lower()
    if plain in ("auto", "off"):
        return replace(rest, level="auto" if plain == "auto" else "off")
    return replace(rest, loudness_lufs=lufs_of("--loudness", loudness, low=-50, high=-5), level="off")


def model(
    model: options.ModelOption = "pocket",
    namer: options.NamerOption = "auto",
    device: options.DeviceOption = "auto",
    precision: options.PrecisionOption = "auto",
    compiled: options.CompileOption = False,
    offline: options.OfflineOption = False,
) -> Model:
    """The model and how it is run, from the options."""
    return Model(name=model, device=device, precision=precision, compiled=compiled, offline=offline, namer=namer)


def use_preset(context: typer.Context, preset: str | None) -> str | None:
    """Makes the values of a preset defaults of the command; the environment stays stronger."""
    if config := context.find_root().obj:
        set_ones = config.of(" ".join(context.command_path.split()[1:]), preset)
        context.default_map = {parameter: setting.value for parameter, setting in set_ones.items()}
    return preset


_PRESET = "Set options together: broadcast, web, stems, or a table [presets.NAME] of foley.toml. Options override it."
PresetOption = Annotated[
    str | None, typer.Option("--preset", metavar="NAME", is_eager=True, callback=use_preset, help=_PRESET)
]
PRESET = Parameter("preset", Parameter.KEYWORD_ONLY, default=None, annotation=PresetOption)
GROUPS: dict[object, Callable[..., object]] = {Generation: generation, Played: played, Mix: mix, Model: model}


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameters of the types Generation, Played, Mix and Model are made from the options of each."""
    own = signature(command, eval_str=True).parameters.values()
    groups = {one.name: GROUPS[one.annotation] for one in own if one.annotation in GROUPS}
    taken = {name: signature(group, eval_str=True).parameters for name, group in groups.items()}
    shown = [option for one in own for option in (taken[one.name].values() if one.name in taken else [one])]
    shown += [PRESET] if Mix in {one.annotation for one in own} else []

    @wraps(command)
    def run(**given: Any) -> None:
        given.pop(PRESET.name, None)  # its values have become defaults of the others
        asked = {name: group(**{key: given.pop(key) for key in taken[name]}) for name, group in groups.items()}
        command(**asked, **given)

    # What typer reads. Options have no place, so one without a default may follow one that has it.
    run.__signature__ = Signature([one.replace(kind=Parameter.KEYWORD_ONLY) for one in shown])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in shown}
    return run
