"""A finished track as a file of sound alone that ffmpeg encodes: MP3, M4A, Ogg, Opus, FLAC of many channels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import soundfile

from foleycli.errors import OutputError
from foleycli.video.containers import LOSSLESS_SOUNDS, SOUND_BY_SUFFIX, Container
from foleycli.video.encoders import encoding_for, relabelled
from foleycli.video.facts import file_facts
from foleycli.video.ffmpeg import chosen_ffmpeg, file_url, input_arguments, run_ffmpeg

LENGTH_SECONDS = 0.06  # what an encoder's delay and the last of its frames may add, where the file does not tell them


def check_sound_file(target: Path) -> None:
    """Raises OutputError, before any work, if the ffmpeg in use can't write the kind of file that `target` names."""
    if target.suffix.lower() not in LOSSLESS_SOUNDS:
        _kind(target)


def encode_track(track: Path, out: Path, layout: str, comment: str = "") -> tuple[str, ...]:
    """Encodes `track`, a WAV whose channels are those of `layout`, as the suffix of `out` says; returns warnings.

    Raises OutputError if ffmpeg fails, or if the sound comes out longer or shorter than the track.
    """
    kind = _kind(out)
    encoding = encoding_for(kind, layout)
    named = ["-metadata", f"comment={comment}"] if comment else []
    done = run_ffmpeg(
        [
            *("-nostdin", "-hide_banner", "-loglevel", "error", "-y", *input_arguments(track)),
            *("-filter:a:0", relabelled(layout, encoding.layout).rstrip(",") or "anull"),
            *(*encoding.arguments(0), "-map_metadata", "-1", *named, "-fflags", "+bitexact"),
            *("-f", kind.muxer, file_url(out)),
        ]
    )
    if done.returncode:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[0]
        raise OutputError(f"{out}: ffmpeg failed ({reason}); check the disk's space")
    wanted, found = soundfile.info(str(track)).duration, file_facts(out).duration or 0.0
    if abs(found - wanted) > LENGTH_SECONDS:
        raise OutputError(f"{out}: came out {found:.3f} s long, and the track is {wanted:.3f} s; use .wav or .flac")
    if encoding.layout != layout:
        return (f"{layout} sound does not go into {out.suffix}: mixed to {encoding.layout}",)
    return () if encoding.encoder == kind.encoder else (f"{layout} sound goes into {out.suffix} as {encoding.encoder}",)


def _kind(target: Path) -> Container:
    """The kind of file, with an encoder that the ffmpeg in use has."""
    kind, used = SOUND_BY_SUFFIX[target.suffix.lower()], chosen_ffmpeg()
    encoder = "libopus" if kind.encoder == "libvorbis" and kind.encoder not in used.encoders else kind.encoder
    if kind.muxer not in used.muxers or encoder not in used.encoders:
        missing = kind.muxer if kind.muxer not in used.muxers else encoder
        raise OutputError(f"{target}: the ffmpeg in use ({used.path}) has no {missing}; use .wav or .flac")
    return replace(kind, encoder=encoder)
