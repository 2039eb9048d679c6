"""Performs a part of a dub again; the rest of the track keeps its samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from foleycli.atomic import scratch_folder
from foleycli.errors import InputError
from foleycli.types import Progress
from foleycli.video.containers import BY_SUFFIX
from foleycli.workflows.outputs import SOUND_SUFFIXES, check_place, lossless, write_text
from foleycli.workflows.remake import Remake
from foleycli.workflows.render import fingerprint, place
from foleycli.workflows.sidecar import Retake, Sidecar, read_sidecar, sidecar_path, to_json, written_sha256


@dataclass(frozen=True)
class Retaken:
    """A dub with a span performed again; `as_before` False means that the rest of the track changed too."""

    target: Path
    span: Retake
    as_before: bool = True
    warnings: tuple[str, ...] = ()


def retake(
    output: Path,
    span: tuple[Fraction, Fraction],
    seed: int,
    *,
    device: str | None = None,
    progress: Progress | None = None,
) -> Retaken:
    """Replaces [from, to) of a dub, seconds from the first picture, by another performance; the rest stays.

    A WAV or FLAC keeps every sample outside the span. The track of a video, an MP3 and the like is made again from the
    sidecar, spliced and encoded anew. Raises InputError for a file that its sidecar does not describe, UsageError for
    an empty span.
    """
    path = sidecar_path(output)
    sidecar = read_sidecar(path)
    _check_meant(output, path, sidecar)
    check_place(output, (*BY_SUFFIX, *SOUND_SUFFIXES), overwrite=True)
    as_before = True
    with scratch_folder() as folder:
        remake = Remake.opened(sidecar, path, target=output, device=device, progress=progress)
        taken = Retake(*remake.within(span), seed)
        if lossless(output):
            track = _track_of(output, sidecar)  # the file holds the track itself
        else:
            _check_unchanged(output, sidecar)
            track = remake.remade(Path(folder))
            as_before = fingerprint(track) == sidecar.track_sha256
        track = remake.renewed(track, taken, Path(folder))
        changed = replace(sidecar, retakes=(*sidecar.retakes, taken), track_sha256=fingerprint(track), scores=None)
        warnings = place(track, remake.info, target=output, mix=remake.mix, origin=remake.origin, overwrite=True)
    changed = replace(changed, output_sha256=written_sha256(output))
    write_text(path, to_json(changed), overwrite=True)
    return Retaken(output, taken, as_before=as_before, warnings=warnings)


def _check_meant(output: Path, path: Path, sidecar: Sidecar) -> None:
    """Raises InputError if the sidecar beside a file is of another dub, which would replace the file.

    out.mp4, out.wav and out.foley.mp4 would all have out.foley.json. Renamed along with its sidecar, a dub stays one.
    """
    renamed = sidecar_path(path.with_name(sidecar.output)) != path
    same = Path(sidecar.output).suffix.lower() == output.suffix.lower() if renamed else sidecar.output == output.name
    if not same:
        raise InputError(f"{output}: {path} is the sidecar of {sidecar.output}; name that one")


def _check_unchanged(output: Path, sidecar: Sidecar) -> None:
    """Raises InputError for a file that was replaced by another, or edited, since its sidecar was written."""
    known = sidecar.output_sha256
    if known is not None and output.is_file() and written_sha256(output) != known:
        raise InputError(f"{output}: was changed since; 'foley rerun {sidecar_path(output)} -f' makes it again")


def _track_of(output: Path, sidecar: Sidecar) -> Path:
    if not output.is_file():
        raise InputError(f"{output}: no such file; 'foley rerun {sidecar_path(output)}' makes it again")
    if fingerprint(output) != sidecar.track_sha256:
        raise InputError(f"{output}: was changed since; 'foley rerun {sidecar_path(output)} -f' makes it again")
    return output
