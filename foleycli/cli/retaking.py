"""Making a dub again from its sidecar, and laying another performance into a span of it."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from foleycli.audio.splice import splice
from foleycli.cli.beside import beside_targets, make_folder
from foleycli.cli.console import Say
from foleycli.cli.delivery import Mix, fingerprint, in_video, lay_stems, origin_of, perform, place
from foleycli.cli.performance import Performance, load_pipeline
from foleycli.cli.targets import SOUND_SUFFIXES, check_place, write_text
from foleycli.errors import InputError, ModelError, UsageError
from foleycli.pipeline.track import STEMS
from foleycli.types import Progress
from foleycli.video.containers import BY_SUFFIX
from foleycli.workflows.batch.fingerprint import bundle_hash
from foleycli.workflows.sidecar import Retake, Sidecar, find_video, read_sidecar, sidecar_path, to_json, touched_cues


def rerun(
    path: Path,
    output: Path | None,
    say: Say,
    *,
    device: str | None,
    stems: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Makes the dub of a sidecar again and says whether it is the same to the bit."""
    sidecar = read_sidecar(path)
    target = path.with_name(sidecar.output) if output is None else output
    check_place(target, (*BY_SUFFIX, *SOUND_SUFFIXES), overwrite)
    (beside,) = beside_targets(sidecar.video, (target,), stems, None, overwrite)
    if stems is not None and not sidecar.settings.get("apart"):
        raise UsageError(f"{path}: dubbed without --stems, and with them it sounds otherwise; dub the video again")
    make_folder("--stems", stems)
    with (
        say.progress() as progress,
        tempfile.TemporaryDirectory(prefix="foley-") as folder,
        ExitStack() as drafts,
    ):
        player = Player(sidecar, path, target, device, progress)
        track = player.remade(Path(folder), apart=stems is not None)
        lay_stems(beside, track, player.origin, overwrite, drafts)
        # The sound alone of a part starts with the part, in a video with the video: other samples, the same sound.
        like = in_video(target) == in_video(Path(sidecar.output))
        same = fingerprint(track) == sidecar.track_sha256 if like else None
        warnings = place(track, player.info, target, player.wanted.mix, overwrite, player.origin)
    _tell(target, warnings, say, {"identical": same, "stems": {name: str(one) for name, one in beside.stems.items()}})
    if same is False:
        say.warn(f"{target}: the samples are not those of the first time; another kind of machine, or another version")


def retake(output: Path, span: tuple[Fraction, Fraction], seed: int, say: Say, *, device: str | None) -> None:
    """Replaces [from, to) of a dub by another performance; every other sample of its track stays."""
    path = sidecar_path(output)
    sidecar = read_sidecar(path)
    _check_meant(output, path, sidecar)
    check_place(output, (*BY_SUFFIX, *SOUND_SUFFIXES), overwrite=True)
    with say.progress() as progress, tempfile.TemporaryDirectory(prefix="foley-") as folder:
        player = Player(sidecar, path, output, device, progress)
        taken = Retake(*player.within(span), seed)
        if not in_video(output):
            track = _track_of(output, sidecar)  # lossless: what it holds is the track, and nothing need be made again
        else:
            track = player.remade(Path(folder))
            if fingerprint(track) != sidecar.track_sha256:
                say.warn(f"{output}: made again, its track is not what it was; another kind of machine, or version")
        track = player.renewed(track, taken, Path(folder))
        changed = replace(sidecar, retakes=(*sidecar.retakes, taken), track_sha256=fingerprint(track), scores=None)
        warnings = place(track, player.info, output, player.wanted.mix, True, player.origin)
    write_text(path, to_json(changed), overwrite=True)
    _tell(output, warnings, say, {"from": taken.start, "to": taken.stop, "seed": seed})


class Player:
    """A sidecar's video, model and settings, ready to perform."""

    def __init__(self, sidecar: Sidecar, path: Path, target: Path, device: str | None, progress: Progress) -> None:
        from foleycli.video.mux import check_container
        from foleycli.video.probe import probe

        self.sidecar, self.progress, self.whole = sidecar, progress, in_video(target)
        self.wanted = _performance(sidecar, path, device)
        self.start = self.wanted.start or Fraction(0)
        self.info = probe(find_video(sidecar, path))
        if self.whole:
            check_container(self.info, target)  # before the work
        self.pipeline = load_pipeline(self.wanted)
        if bundle_hash(self.pipeline.bundle.bundle) != sidecar.bundle_sha256:
            raise ModelError(f"{path}: made with another version of {self.wanted.model}; name it with its folder")
        model = self.pipeline.bundle.bundle.manifest.name
        self.origin, _ = origin_of(self.info, Fraction(0) if self.whole else self.start, model, self.wanted.seed)

    def within(self, span: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
        """The span cut to what was dubbed; raises UsageError if nothing is left."""
        end = self.start + self.sidecar.windows[-1][1]
        first, last = max(span[0], self.start), min(span[1], end)
        if first >= last:
            raise UsageError(
                f"nothing from {float(span[0]):g} to {float(span[1]):g} s; the sound runs from "
                f"{float(self.start):g} to {float(end):g} s"
            )
        return first, last

    def remade(self, folder: Path, *, apart: bool = False) -> Path:
        """The finished track, as it was last: performed, and each retake laid into it; with `apart` its stems beside
        it, by their names.
        """
        track = self._performed(folder / "first" / "track.wav", self.wanted.seed, None)
        for number, taken in enumerate(self.sidecar.retakes):
            track = self.renewed(track, taken, folder, number, apart=apart)
        return track

    def renewed(self, track: Path, taken: Retake, folder: Path, number: int = -1, *, apart: bool = False) -> Path:
        """`track` with the span of `taken` performed with its seed."""
        fresh = self._performed(folder / f"fresh{number}" / "track.wav", taken.seed, taken)
        out = folder / f"spliced{number}" / "track.wav"
        out.parent.mkdir()
        zero = Fraction(0) if self.whole else self.start
        stems = [f"{name}.wav" for name in STEMS] if apart else []
        for old, name in ((track, fresh.name), *((track.with_name(name), name) for name in stems)):
            splice(old, fresh.with_name(name), out.with_name(name), taken.start - zero, taken.stop - zero)
        shutil.rmtree(fresh.parent)
        return out

    def _performed(self, track: Path, seed: int, taken: Retake | None) -> Path:
        track.parent.mkdir()
        cues = self.sidecar.cues if taken is None else touched_cues(self.sidecar, (taken.start, taken.stop), self.start)
        # A span has no loudness of its own: it gets the level that the whole was given.
        mix = self.wanted.mix if taken is None else replace(self.wanted.mix, loudness_lufs=None)
        stream = self.pipeline.stream(
            self.info,
            seed=seed,
            cues=cues,
            steps=self.wanted.steps,
            guidance=self.wanted.guidance,
            overlap=self.wanted.overlap,
            start=self.wanted.start,
            stop=self.wanted.end,
            progress=self.progress,
            stems=self.wanted.apart,
        )
        level_db = 0.0 if taken is None else self.sidecar.level_db
        perform(stream, self.info, track, mix, self.start, whole=self.whole, level_db=level_db)
        return track


def _performance(sidecar: Sidecar, path: Path, device: str | None) -> Performance:
    plain = dict(sidecar.settings)
    try:
        for name in ("start", "end", "overlap"):
            plain[name] = None if plain[name] is None else Fraction(plain[name])
        fades = {name: Fraction(plain["mix"].get(name, 0)) for name in ("fade_in", "fade_out")}
        plain |= {
            "mix": Mix(**{**plain["mix"], **fades}),
            "sounds": tuple(plain["sounds"]),
            "device": device or plain["device"],
        }
        wanted = Performance(**plain)
    except (TypeError, KeyError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise InputError(f"{path}: not settings of this version ({error!r}); dub the video again") from error
    if odd := [*_odd_fields(wanted), *_odd_fields(wanted.mix)]:
        raise InputError(f"{path}: no {' or '.join(odd)} that foley can use; dub the video again")
    return wanted


def _odd_fields(settings: Performance | Mix) -> list[str]:
    """The settings that are of the wrong kind, as an editor may leave them."""
    hints = get_type_hints(type(settings))
    return [name for name, hint in hints.items() if not _fits(getattr(settings, name), hint)]


def _fits(value: object, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin is Literal:
        return value in get_args(hint)
    if origin is UnionType:
        return any(_fits(value, one) for one in get_args(hint))
    kinds = (int, float) if hint is float else (origin or hint,)
    return isinstance(value, kinds) and (hint is bool or not isinstance(value, bool))


def _check_meant(output: Path, path: Path, sidecar: Sidecar) -> None:
    """Raises InputError for a file that the sidecar beside it does not speak of: it would be replaced by that dub.

    out.mp4, out.wav and out.foley.mp4 would all have out.foley.json. Renamed along with its sidecar, a dub stays one.
    """
    renamed = sidecar_path(path.with_name(sidecar.output)) != path
    same = Path(sidecar.output).suffix.lower() == output.suffix.lower() if renamed else sidecar.output == output.name
    if not same:
        raise InputError(f"{output}: {path} is the sidecar of {sidecar.output}; name that one")


def _track_of(output: Path, sidecar: Sidecar) -> Path:
    if not output.is_file():
        raise InputError(f"{output}: no such file; 'foley rerun {sidecar_path(output)}' makes it again")
    if fingerprint(output) != sidecar.track_sha256:
        raise InputError(f"{output}: was changed since; 'foley rerun {sidecar_path(output)} -f' makes it again")
    return output


def _tell(target: Path, warnings: tuple[str, ...], say: Say, facts: dict[str, Any]) -> None:
    for warning in warnings:
        say.warn(warning)
    if say.as_json:
        say.data({"output": str(target), **facts, "warnings": list(warnings)})
    else:
        say.result(str(target))
