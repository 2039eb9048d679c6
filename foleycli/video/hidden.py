"""Pictures that an edit list hides: they are in the file, and kinds of file without edit lists would show them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foleycli.errors import OutputError
from foleycli.video.containers import Container
from foleycli.video.open import open_local, packets
from foleycli.video.probe import VideoInfo


@dataclass(frozen=True)
class Hidden:
    """How many packets to leave out at the start, and from which on at the end; counted in the order of the file."""

    leading: int = 0
    trailing_from: int | None = None
    warning: str = ""

    def arguments(self) -> list[str]:
        """ffmpeg's options for the first stream of pictures."""
        dropped = [f"lt(n\\,{self.leading})"] if self.leading else []
        dropped += [] if self.trailing_from is None else [f"gte(n\\,{self.trailing_from})"]
        return ["-bsf:v:0", f"noise=amount=0:drop={'+'.join(dropped)}"] if dropped else []


NOTHING_HIDDEN = Hidden()


def hidden_pictures(info: VideoInfo, container: Container) -> Hidden:
    """What is to be left out; nothing where the target has edit lists too.

    Raises OutputError if what is shown can't be decoded without what is hidden before it.
    """
    if container.family == "mov" or not info.container.startswith("mov"):
        return NOTHING_HIDDEN
    shown, keys, count = _shown(info.path, info.video_index)
    if not shown or len(shown) == count:
        return NOTHING_HIDDEN
    leading, last = shown[0], shown[-1]
    if leading and not keys[0]:
        raise OutputError(
            f"{info.path}: an edit list hides its first {leading} pictures, and {container.muxer} would show them; "
            "use .mp4 or .mov"
        )
    trailing = count - 1 - last
    warning = f"{leading + trailing} pictures that an edit list hides are left out"
    return Hidden(leading, last + 1 if trailing else None, warning)


def _shown(path: Path, index: int) -> tuple[list[int], list[bool], int]:
    """The numbers of the packets that are shown, whether each is a key picture, and how many packets there are."""
    shown, keys, count = list[int](), list[bool](), 0
    with open_local(path) as source:
        stream = next(one for one in source.streams.video if one.index == index)
        for packet in packets(source, stream):
            if packet.size:
                if not packet.is_discard:
                    shown.append(count)
                    keys.append(bool(packet.is_keyframe))
                count += 1
    return shown, keys, count
