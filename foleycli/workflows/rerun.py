"""Makes a dub again from its sidecar."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from foleycli.atomic import scratch_folder
from foleycli.errors import UsageError
from foleycli.types import Progress
from foleycli.video.containers import BY_SUFFIX
from foleycli.workflows.outputs import (
    SOUND_SUFFIXES,
    beside_targets,
    check_place,
    in_video,
    lossless,
    made_folder,
    refuse_itself,
    write_text,
)
from foleycli.workflows.remake import Remake
from foleycli.workflows.render import check_mix, fingerprint, place, write_stems
from foleycli.workflows.sidecar import find_video, read_sidecar, to_json, written_sha256


@dataclass(frozen=True)
class Rerun:
    """A dub that was made again; `identical` is None for another kind of file, whose samples can't be compared."""

    target: Path
    identical: bool | None
    stems: Mapping[str, Path] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def rerun(
    sidecar_file: Path,
    output: Path | None = None,
    *,
    device: str | None = None,
    stems: Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Rerun:
    """Makes the dub of a sidecar again; on the same kind of machine with the same version it has the same samples.

    Without `output` it gets its old name, beside the sidecar. Raises InputError for a sidecar or video that can't be
    used, ModelError for another version of the model, UsageError and OutputError for the outputs.
    """
    sidecar = read_sidecar(sidecar_file)
    own = sidecar_file.with_name(sidecar.output)
    target = own if output is None else output
    generation = sidecar.settings.generation
    check_mix(sidecar.settings.mix, target, part=generation.start is not None or generation.end is not None)
    refuse_itself(target, find_video(sidecar, sidecar_file))
    check_place(target, (*BY_SUFFIX, *SOUND_SUFFIXES), overwrite)
    (beside,) = beside_targets(sidecar.video, (target,), stems=stems, plot=None, overwrite=overwrite)
    if stems is not None and not generation.stems:
        raise UsageError(
            f"{sidecar_file}: dubbed without --stems, and with them it sounds otherwise; dub the video again"
        )
    with made_folder("--stems", stems), scratch_folder() as folder, ExitStack() as drafts:
        remake = Remake.opened(sidecar, sidecar_file, target=target, device=device, progress=progress)
        track = remake.remade(Path(folder), apart=stems is not None)
        write_stems(beside, track, origin=remake.origin, overwrite=overwrite, drafts=drafts)
        # The sound alone of a part starts with the part, in a video with the video: other samples, the same sound.
        # Peaks of what is encoded with loss stay lower.
        like = _kind(target) == _kind(Path(sidecar.output))
        same = fingerprint(track) == sidecar.track_sha256 if like else None
        warnings = place(track, remake.info, target=target, mix=remake.mix, origin=remake.origin, overwrite=overwrite)
    if target == own and sidecar.output_sha256 not in (None, now := written_sha256(target)):  # by another ffmpeg
        write_text(sidecar_file, to_json(replace(sidecar, output_sha256=now)), overwrite=True)
    return Rerun(target, same, stems=beside.stems, warnings=warnings)


def _kind(target: Path) -> tuple[bool, bool]:
    return in_video(target), lossless(target)
