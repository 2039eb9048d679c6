"""Names the outputs of a batch from a template, in the same subfolders as the videos."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from string import Formatter

from foleycli.errors import UsageError
from foleycli.specs.settings import Settings
from foleycli.video.containers import suffix_like
from foleycli.workflows.batch.find import Found
from foleycli.workflows.batch.job import DubJob

TEMPLATE = "{stem}.foley{ext}"
FIELDS = ("stem", "ext", "folder", "seed")


def name_jobs(
    videos: Sequence[Found],
    out_dir: Path,
    template: str,
    settings: Settings,
    suffixes: Collection[str],
    beside: Callable[[Path, Path], tuple[Path, ...]] = lambda name, below: (),
) -> tuple[DubJob, ...]:
    """A job for each video, its target below `out_dir`; raises UsageError if two targets, or a target and a video, are
    the same file.

    `beside(name, below)` gives the other files of an output of that name in the subfolder `below`.
    """
    _check_template(template)
    names = [Path(_fill(template, one.path, settings.generation.seed)) for one in videos]
    jobs = [
        DubJob(one.path, out_dir / one.below / name, settings=settings, beside=beside(name, one.below))
        for one, name in zip(videos, names, strict=True)
    ]
    takers: dict[str, Path] = {os.path.realpath(job.source): job.source for job in jobs}
    for job in jobs:
        if job.target.suffix.lower() not in suffixes:
            known = " ".join(suffixes)
            raise UsageError(f"--name: {job.target.name!r} is not a kind of file that foley writes; use {known}")
        for path in (job.target, *job.beside):
            _take(path, job, takers)
    return tuple(jobs)


def _take(path: Path, job: DubJob, takers: dict[str, Path]) -> None:
    taken = takers.setdefault(os.path.realpath(path), job.source)
    if os.path.realpath(path) == os.path.realpath(taken):
        raise UsageError(f"{path} is one of the videos, which foley never changes; use another --out-dir")
    if taken is not job.source:
        raise UsageError(
            f"{taken} and {job.source} would both become {path}; "
            "tell them apart with --name '{folder}-{stem}.foley{ext}', or do them in two runs"
        )


def _check_template(template: str) -> None:
    try:
        fields = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise UsageError(f"--name {template!r}: {error}; try '{TEMPLATE}'") from None
    if unknown := [name for name in fields if name not in FIELDS]:
        known = ", ".join("{" + name + "}" for name in FIELDS)
        raise UsageError(f"--name: there is no {{{unknown[0]}}}; there are {known}")
    if "/" in template or os.sep in template or template.startswith("."):
        raise UsageError(f"--name {template!r}: write a file name without folders, not hidden")


def _fill(template: str, path: Path, seed: int) -> str:
    folder = path.resolve().parent.name or "root"
    try:
        return template.format(stem=path.stem, ext=suffix_like(path), folder=folder, seed=seed)
    except (ValueError, LookupError) as error:
        raise UsageError(f"--name {template!r}: {error}; try '{TEMPLATE}'") from None
