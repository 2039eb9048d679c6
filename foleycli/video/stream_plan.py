"""Which streams of a video go where: decided, and tried with the ffmpeg that will write, before any work."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path

from foleycli.errors import InputError, OutputError
from foleycli.video.containers import BY_SUFFIX, STYLED_SUBTITLES, TEXT_SUBTITLES, Container, container_for, suffix_like
from foleycli.video.encoders import Encoding, encoding_for
from foleycli.video.facts import StreamFacts, file_facts
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.hidden import NOTHING_HIDDEN, Hidden, hidden_pictures
from foleycli.video.open import open_local, packets
from foleycli.video.probe import StreamInfo, VideoInfo
from foleycli.video.trial import Trial, can_be_decoded, try_copy

ORDER_PACKETS = 250
APART_SECONDS = Fraction(1, 20)  # less is what encoders put before the first sample
LOSSLESS = ("pcm_", "flac", "alac", "truehd", "mlp", "wavpack", "tta", "ape")


@dataclass
class Plan:
    """Which streams of the source go where, in the order of the output, and what does not come along."""

    container: Container
    encoding: Encoding  # of the track
    pictures: list[int] = field(default_factory=list)
    sounds: list[tuple[StreamInfo, Encoding | None]] = field(default_factory=list)  # None: copied
    subtitles: list[tuple[int, str]] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    data: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    hidden: Hidden = NOTHING_HIDDEN

    @property
    def indices(self) -> list[int]:
        """The streams of the source in the order of the output; the track lies behind the pictures."""
        sounds = [stream.index for stream, _ in self.sounds]
        return [*self.pictures, *sounds, *(index for index, _ in self.subtitles), *self.others, *self.data]


def check_container(info: VideoInfo, out: Path) -> None:
    """Raises OutputError, before any work, if the kind of file that `out` names can't hold these pictures, or no ffmpeg
    is there that can write it.
    """
    find_ffmpeg()
    container = container_for(out)
    trial = try_picture(info, container)
    if not trial.fits:
        raise OutputError(_wont_fit(info, out, trial.reason))
    hidden_pictures(info, container)


def check_sound(info: VideoInfo, original: str) -> None:
    """Raises InputError, before any work, if the video's own sound is to be mixed and can't be decoded."""
    if original in ("mix", "duck") and info.has_audio and not can_be_decoded(info.path, info.main_audio.index):
        codec = info.main_audio.codec
        raise InputError(
            f"{info.path}: its sound ({codec}) can't be decoded, so it can't be mixed; use --original replace"
        )


def plan_streams(info: VideoInfo, container: Container, *, keep_sound: bool, layout: str = "mono") -> Plan:
    """Decides for each stream of the source: copied, converted, or dropped with a warning; `layout` is the track's."""
    plan = Plan(container, encoding_for(container, layout))
    if plan.encoding.layout != layout:
        plan.warnings.append(f"{layout} sound does not go into {container.muxer}: mixed to {plan.encoding.layout}")
    elif plan.encoding.encoder != container.encoder:
        plan.warnings.append(f"{layout} sound goes into {container.muxer} as {plan.encoding.encoder}")
    facts = {one.index: one for one in file_facts(info.path).streams}
    for stream in info.streams:
        kept = _takes(plan, info, stream, facts=facts.get(stream.index), keep_sound=keep_sound)
        if kept is not None:
            plan.warnings.append(f"{stream.kind} stream {stream.index} ({stream.codec}) {kept}")
    plan.pictures.sort(key=lambda index: index != info.video_index)
    plan.hidden = hidden_pictures(info, container)
    if plan.hidden.warning:
        plan.warnings.append(plan.hidden.warning)
    return plan


def try_picture(info: VideoInfo, container: Container) -> Trial:
    """Whether the dubbed pictures go into the container."""
    codec = info.streams[info.video_index].codec
    if container.videos is not None and codec not in container.videos and not same_family(info, container):
        return Trial(False, f"{container.muxer} does not take {codec}")
    if container.muxer == "avi" and not same_family(info, container) and stored_out_of_order(info):
        return Trial(False, "its pictures are stored out of order, and AVI has no times to put them right")
    facts = picture_facts(info)
    return Trial(True) if facts is None else try_copy(info.path, facts, container.muxer)


def picture_facts(info: VideoInfo) -> StreamFacts | None:
    """What ffmpeg says of the dubbed pictures."""
    return next((one for one in file_facts(info.path).streams if one.index == info.video_index), None)


def stored_out_of_order(info: VideoInfo) -> bool:
    """Whether pictures near the start are shown in another order than they are stored in (B-frames)."""
    with open_local(info.path) as source:
        stream = next(one for one in source.streams.video if one.index == info.video_index)
        times = [one.pts for one in islice(packets(source, stream), ORDER_PACKETS) if one.pts is not None]
    return times != sorted(times)


def same_family(info: VideoInfo, container: Container) -> bool:
    """Whether the source is a file of the same kind, so that data streams and absolute times pass."""
    return bool(container.family) and info.container.startswith(container.family)


def source_shift(info: VideoInfo, container: Container) -> Fraction:
    """Seconds taken off all times of the source: none within a family of containers, else its file starts at 0."""
    if container.muxer == "avi" and not same_family(info, container):  # has no times: its first picture is at 0
        return info.start
    absolute = container.family in ("mov", "matroska", "avi") and same_family(info, container)
    return Fraction(0) if absolute else info.container_start


def _takes(plan: Plan, info: VideoInfo, stream: StreamInfo, facts: StreamFacts | None, keep_sound: bool) -> str | None:
    """Puts the stream where it goes; returns a warning if it does not come along as it is."""
    container = plan.container
    match stream.kind:
        case "video":
            first = stream.index == info.video_index
            wanted = first or (container.covers if stream.attached_picture else container.several_videos)
            if first or (wanted and (facts is None or _picture_fits(info, facts, container))):
                plan.pictures.append(stream.index)
                return None
        case "audio":
            return _takes_sound(plan, info, stream, facts=facts) if keep_sound else None
        case "subtitle":
            encoder = "copy" if stream.codec in container.subtitles else container.text_encoder
            if encoder == "copy" or (encoder and stream.codec in TEXT_SUBTITLES):
                plan.subtitles.append((stream.index, encoder))
                styled = encoder != "copy" and stream.codec in STYLED_SUBTITLES
                return f"becomes {encoder}: its text is kept, its styles are not" if styled else None
        case "attachment" if container.attachments:
            plan.others.append(stream.index)
            return None
        case "data":
            if stream.timecode or (info.chapters and stream.codec == "bin_data"):
                return None  # time code and chapter tracks: ffmpeg writes them anew from the metadata
            if same_family(info, container):
                plan.data.append(stream.index)
                return None
    return f"does not go into {container.muxer}: dropped"


def _picture_fits(info: VideoInfo, facts: StreamFacts, container: Container) -> bool:
    return "attached pic" in facts.disposition or try_copy(info.path, facts, container.muxer).fits


def _takes_sound(plan: Plan, info: VideoInfo, stream: StreamInfo, facts: StreamFacts | None) -> str | None:
    container = plan.container
    allowed = container.sounds is None or stream.codec in container.sounds
    if allowed and (facts is None or try_copy(info.path, facts, container.muxer).fits):
        late = container.muxer == "avi" and not same_family(info, container) and _begins_apart(info, stream)
        if not late:
            plan.sounds.append((stream, None))
            return None
    if not can_be_decoded(info.path, stream.index):
        return f"does not go into {container.muxer}, and can't be encoded again: dropped"
    lossless = stream.codec.startswith(LOSSLESS)
    encoding = encoding_for(container, stream.layout or "stereo", lossless=lossless)
    plan.sounds.append((stream, encoding))
    mixed = "" if encoding.layout == stream.layout else f", its {stream.layout} channels mixed to {encoding.layout}"
    return f"does not go into {container.muxer} as it is: encoded again as {encoding.encoder}{mixed}"


def _begins_apart(info: VideoInfo, stream: StreamInfo) -> bool:
    """Whether a sound does not begin with the pictures: in AVI all streams do."""
    with open_local(info.path) as source:
        sound = next(one for one in source.streams.audio if one.index == stream.index)
        if sound.start_time is None or sound.time_base is None:
            return False
        return abs(sound.start_time * sound.time_base - info.start) > APART_SECONDS


def _wont_fit(info: VideoInfo, out: Path, reason: str) -> str:
    codec = info.streams[info.video_index].codec
    own = suffix_like(info.path)
    suffixes = dict.fromkeys((own, ".mkv", ".mov", ".avi"))
    others = [one for one in suffixes if one != out.suffix.lower() and try_picture(info, BY_SUFFIX[one.lower()]).fits]
    hint = f"use {' or '.join(others[:2])}" if others else "convert it first"
    stream = f"video stream {info.video_index}"
    return f"{out}: {codec} video does not go into {out.suffix} here ({stream}: {reason}); {hint}"
