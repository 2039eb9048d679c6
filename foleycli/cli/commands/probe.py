"""`foley probe`: the streams, times and windows of a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli.console import Console
from foleycli.cli.options import JsonOption, ModelOption, OfflineOption, OverwriteOption, VideoArgument
from foleycli.text import one_line

_PLOT = "Also draw pictures, motion, hits and windows into this PNG. Default: none."


def probe(
    video: VideoArgument,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="PNG", help=_PLOT)] = None,
    model: ModelOption = "pocket",
    offline: OfflineOption = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Shows streams, times, frame rate and rotation of VIDEO, and the windows that a dub would have."""
    from foleycli.video.probe import probe as probe_file
    from foleycli.workflows.outputs import check_place
    from foleycli.workflows.probing import draw_probe, probe_facts, probe_lines
    from foleycli.workflows.stdin import local_file

    if plot is not None:
        check_place(plot, (".png",), overwrite)
    with local_file(video) as path:
        info = probe_file(path)
        if plot is not None:
            draw_probe(info, plot, model=model, offline=offline, overwrite=overwrite)
    facts = {**probe_facts(info), "plot": None if plot is None else str(plot)}
    lines = [*probe_lines(info), *([] if plot is None else [f"plot      {one_line(str(plot))}"])]
    Console(as_json=as_json).either(facts | ({"path": video} if video == "-" else {}), "\n".join(lines))
