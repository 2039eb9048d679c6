"""Compares a result with its source before it gets its name: a loss is a warning, wrong pictures are an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from foleycli.errors import InputError, OutputError
from foleycli.video.facts import FileFacts, StreamFacts, file_facts
from foleycli.video.open import open_local
from foleycli.video.probe import VideoInfo, probe
from foleycli.video.stream_plan import Plan

ROUNDING_SECONDS = Fraction(1, 500)  # Matroska and FLV round times to 1 ms, on both ends
LEAD_SECONDS = Fraction(1, 20)  # of a sound before its picture: what an encoder puts before the first sample
# Tags that say something about the file as it was written, not about the film.
TECHNICAL = frozenset(
    {
        *("major_brand", "minor_version", "compatible_brands", "encoder", "encoding_tool", "duration", "vendor_id"),
        *("handler_name", "timecode", "service_name", "service_provider", "bps", "number_of_frames"),
        *("number_of_bytes", "source_id", "metadatacreator", "hasvideo", "hasaudio", "hasmetadata", "canseektoend"),
        *("datasize", "videosize", "audiosize", "lasttimestamp", "lastkeyframetimestamp", "lastkeyframelocation"),
        # MXF
        *("operational_pattern_ul", "uid", "generation_uid", "company_name", "product_name", "product_version_num"),
        *("product_version", "application_platform", "product_uid", "toolkit_version_num", "material_package_umid"),
        *("videodatarate", "audiodatarate", "framerate", "filesize", "cansek", "software", "iscommerce"),
    }
)
TOLD_BY_NOTHING = {"unknown", "tv"}  # what is meant where no colour is told
LAYOUT_WORDS = frozenset({"progressive", "top first", "bottom first", "top coded first (swapped)"})
SIDE_DATA_NAMES = {"displaymatrix": "display matrix"}
# What a stream is marked as; "default" is foley's own choice, and covers are counted elsewhere.
COMPARED_MARKS = frozenset(
    {"forced", "comment", "original", "dub", "lyrics", "karaoke", "hearing impaired", "visual impaired", "descriptions"}
)
LATE_SECONDS = Fraction(1, 10)  # of a sound that was kept: encoders put up to 0.04 s before the first sample
COMPARED_SIDE_DATA = frozenset({"display matrix", "stereo 3d", "spherical mapping"})  # by what they say, not by name


def named_tags(metadata: Mapping[str, str]) -> dict[str, str]:
    """The tags that say something about the film, each once (QuickTime's location comes with its language too)."""
    plain = {
        key: value
        for key, value in metadata.items()
        if value.strip() and key.lower() not in TECHNICAL and not key.lower().startswith("_statistics")
    }
    return {key: value for key, value in plain.items() if plain.get(key.rpartition("-")[0]) != value}


def _is_technical(key: str) -> bool:
    return key in TECHNICAL or key.startswith("_statistics")


def verify(info: VideoInfo, made: Path, plan: Plan, out: Path) -> tuple[str, ...]:
    """What the file `made` for `out` lost, in one line each; raises OutputError if the pictures are others."""
    source, result = file_facts(info.path), file_facts(made)
    _check_times(info, made, plan, out=out)
    lost = [*_streams_lost(source, result, plan, out=out), *_sounds_moved(info, made, plan, out=out)]
    if missing := sorted(set(named_tags(source.metadata)) - set(named_tags(result.metadata))):
        lost.append(f"tags not kept in {out.suffix}: {', '.join(missing)}")
    if missing := sorted(_time_codes(source) - _time_codes(result)):
        lost.append(f"time code {', '.join(missing)} not kept in {out.suffix}")
    if len(source.chapters) > len(result.chapters):
        lost.append(f"{len(source.chapters)} chapters, and {len(result.chapters)} of them kept in {out.suffix}")
    return tuple(lost)


def _check_times(info: VideoInfo, made: Path, plan: Plan, out: Path) -> None:
    """The pictures as long as they were, and the new sound where they begin."""
    try:
        after = probe(made)
    except InputError as error:
        raise OutputError(f"{out}: what was written can't be read ({error}); try .mkv") from error
    frame = 1 / info.frame_rate + ROUNDING_SECONDS
    if abs(after.duration - info.duration) > frame:
        raise OutputError(
            f"{out}: came out {float(after.duration):.3f} s long, and the video is {float(info.duration):.3f} s; "
            "repair its times first: ffmpeg -i VIDEO -c copy repaired.mkv"
        )
    with open_local(made) as container:
        sound = next(iter(container.streams.audio), None)
        if sound is None or sound.start_time is None or sound.time_base is None:
            return
        late = sound.start_time * sound.time_base - after.start
    limit = max(frame, LEAD_SECONDS) if plan.container.muxer != "avi" else after.start + frame
    if abs(late) > limit:
        raise OutputError(f"{out}: the sound came out {float(late):+.3f} s off the picture; try .mkv")


def _sounds_moved(info: VideoInfo, made: Path, plan: Plan, out: Path) -> Iterator[str]:
    """Sounds that were kept, and begin at another time after the first picture than they did."""
    kept = [stream.index for stream, _ in plan.sounds]
    led = {stream.index for stream, encoding in plan.sounds if encoding is not None and plan.container.muxer == "avi"}
    before, after = _sound_starts(info.path), _sound_starts(made)
    begins = probe(made).start
    for index, found in zip(kept, list(after.values())[1:], strict=False):  # the first is the new one
        was = before.get(index)
        if was is None or found is None or index in led:  # AVI has no times: a late sound is led in by silence
            continue
        if abs(moved := found - begins - (was - info.start)) > LATE_SECONDS:
            yield f"audio stream {index}: begins {float(moved):+.3f} s from where it did in {out.suffix}"


def _sound_starts(path: Path) -> dict[int, Fraction | None]:
    """When each sound of a file begins, in its own seconds, by index."""
    with open_local(path) as container:
        return {
            one.index: None if one.start_time is None or one.time_base is None else one.start_time * one.time_base
            for one in container.streams.audio
        }


def _streams_lost(source: FileFacts, result: FileFacts, plan: Plan, out: Path) -> Iterator[str]:
    before = {one.index: one for one in source.streams}
    encoded = {stream.index for stream, encoding in plan.sounds if encoding is not None}
    for kind in ("video", "audio", "subtitle"):  # containers put these in an order of their own
        wanted = [before[index] for index in plan.indices if index in before and before[index].kind == kind]
        wanted = [one for one in wanted if not _is_cover(one)]
        found = [one for one in result.streams if one.kind == kind and not _is_cover(one)]
        for one, other in zip(wanted, found[1:] if kind == "audio" else found, strict=False):
            yield from _lost(one, other, out, encoded=one.index in encoded)
    covers = [index for index in plan.indices if index in before and _is_cover(before[index])]
    for index in covers[len([one for one in result.streams if _is_cover(one)]) :]:
        yield f"video stream {index}: the cover comes back as a stream of pictures in {out.suffix}"
    wanted_count = len([index for index in plan.indices if index in before and before[index].kind != "data"])
    lost = wanted_count + 1 - len([one for one in result.streams if one.kind != "data"])
    if lost > 0:
        yield f"{lost} of the streams did not come through into {out.suffix}"


def _lost(before: StreamFacts, after: StreamFacts, out: Path, *, encoded: bool) -> Iterator[str]:
    name = f"{before.kind} stream {before.index}"
    if before.kind == "video":
        if (before.codec, before.size) != (after.codec, after.size):
            raise OutputError(f"{out}: {name} came out as {after.codec} {after.size}; try .mkv")
        if _ratio(before.sample_aspect) != _ratio(after.sample_aspect):
            yield f"{name}: the shape of its pixels, {before.sample_aspect}, not kept in {out.suffix}"
        colours = {word for words in before.colour - LAYOUT_WORDS for word in words.split("/")} - {
            "unknown",
            "tv",
        }  # "tv" is what nothing told means
        kept = {word for words in after.colour for word in words.split("/")}
        if missing := sorted(colours - kept):
            yield f"{name}: colour {', '.join(missing)} not kept in {out.suffix}"
    elif before.kind == "audio" and not encoded:
        if (before.codec, before.sample_rate) != (after.codec, after.sample_rate):
            raise OutputError(f"{out}: {name} came out as {after.codec} at {after.sample_rate} Hz; try .mkv")
        if before.layout != after.layout:
            yield f"{name}: its {before.layout} channels come back as {after.layout} in {out.suffix}"
    if before.metadata.get("alpha_mode") == "1" != after.metadata.get("alpha_mode"):  # of VP8 and VP9
        yield f"{name}: its transparency not kept in {out.suffix}"
    for data in sorted(_side_data(before) - _side_data(after)):
        yield f"{name}: {data} not kept in {out.suffix}"
    for mark in sorted((before.disposition - after.disposition) & COMPARED_MARKS):
        yield f"{name}: marked as {mark}, not kept in {out.suffix}"
    if (title := _title(before)) and title != _title(after):
        yield f"{name}: its title, {title}, not kept in {out.suffix}"
    if before.language and before.language != after.language:
        yield f"{name}: its language, {before.language}, not kept in {out.suffix}"


def _time_codes(facts: FileFacts) -> set[str]:
    found = [facts.metadata.get("timecode"), *(one.metadata.get("timecode") for one in facts.streams)]
    return {code for code in found if code}


def _title(stream: StreamFacts) -> str:
    return stream.metadata.get("title") or stream.metadata.get("name") or ""


def _is_cover(stream: StreamFacts) -> bool:
    return "attached pic" in stream.disposition


def _ratio(aspect: str) -> Fraction:
    """Width by height of a pixel; where nothing is told it is square."""
    wide, _, high = aspect.partition(":")
    return Fraction(int(wide), int(high)) if high and int(wide) and int(high) else Fraction(1)


def _side_data(stream: StreamFacts) -> set[str]:
    """The kinds of side data, with the degrees of a rotation, the projection, the way of stereo."""
    found = set()
    for line in stream.side_data:
        name, _, value = line.partition(":")
        plain = SIDE_DATA_NAMES.get(name.strip().lower(), name.strip().lower())
        found.add(f"{plain} ({value.strip()})" if plain in COMPARED_SIDE_DATA else plain)
    return found - {"cpb properties", "cpb"}
