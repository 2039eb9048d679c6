"""What the outputs of a batch are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleycli.errors import UsageError
from foleycli.specs.settings import Generation, Settings
from foleycli.workflows.batch.find import Found
from foleycli.workflows.batch.naming import TEMPLATE, name_jobs

SUFFIXES = (".mp4", ".mkv", ".wav")
OUT = Path("/out")
SEVEN = Settings(generation=Generation(seed=7))


def targets(*videos: Found, template: str = TEMPLATE) -> list[str]:
    return [str(job.target) for job in name_jobs(videos, OUT, template, SEVEN, SUFFIXES)]


def test_the_template_is_filled_and_folders_are_kept() -> None:
    assert targets(Found(Path("/v/a.mp4"))) == ["/out/a.foley.mp4"]
    assert targets(Found(Path("/v/x/a.mp4"), Path("x")), template="{folder}_{stem}_{seed}.wav") == ["/out/x/x_a_7.wav"]
    assert targets(Found(Path("/v/a.wmv"))) == ["/out/a.foley.mkv"]  # what can't be written lands in Matroska


def test_the_same_name_in_two_folders_lands_in_two_folders() -> None:
    both = Found(Path("/v/x/a.mp4"), Path("x")), Found(Path("/v/y/a.mp4"), Path("y"))
    assert targets(*both) == ["/out/x/a.foley.mp4", "/out/y/a.foley.mp4"]


def test_two_that_would_land_in_one_place_are_refused_and_the_hint_helps() -> None:
    both = Found(Path("/v/x/a.mp4")), Found(Path("/v/y/a.mp4"))
    with pytest.raises(UsageError, match=r"/v/x/a.mp4 and /v/y/a.mp4 would both become /out/a.foley.mp4; .*{folder}"):
        targets(*both)
    assert len(set(targets(*both, template="{folder}-{stem}.foley{ext}"))) == 2
    with pytest.raises(UsageError, match="would both become"):
        targets(Found(Path("/v/a.mp4")), Found(Path("/v/b.mp4")), template="all.mp4")


def test_two_stems_that_would_land_in_one_place_are_refused() -> None:
    both = Found(Path("/v/a.mp4")), Found(Path("/v/a.mkv"))
    beside = lambda name, below: (Path("/stems") / below / f"{name.stem}.impacts.wav",)  # noqa: E731
    with pytest.raises(UsageError, match=r"would both become /stems/a.foley.impacts.wav"):
        name_jobs(both, OUT, TEMPLATE, SEVEN, SUFFIXES, beside)
    (job,) = name_jobs(both[:1], OUT, TEMPLATE, SEVEN, SUFFIXES, beside)
    assert job.beside == (Path("/stems/a.foley.impacts.wav"),)


def test_no_video_is_ever_a_target() -> None:
    with pytest.raises(UsageError, match="is one of the videos"):
        targets(Found(Path("/out/a.mp4")), template="{stem}{ext}")
    with pytest.raises(UsageError, match="is one of the videos"):
        targets(Found(Path("/out/b.mp4")), Found(Path("/v/a.mp4")), template="b.mp4")


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{stem.__class__}.mp4", "there is no"),
        ("{}.mp4", "there is no"),
        ("{stem", "--name"),
        ("{stem!q}.mp4", "--name"),
        ("../{stem}.mp4", "without folders"),
        (".{stem}.mp4", "not hidden"),
        ("{stem}.doc", "not a kind of file"),
        ("{stem}", "not a kind of file"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(template: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        targets(Found(Path("/v/a.mp4")), template=template)
