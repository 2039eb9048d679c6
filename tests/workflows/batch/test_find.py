"""Which videos a batch takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from foleycli.errors import UsageError
from foleycli.workflows.batch.find import Found, beside_videos, find, own_output, split_list


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    names = ("b.mp4", "a.MOV", "a.foley.mp4", "notes.txt", "._b.mp4", "deep/er/c.mkv", ".hidden/d.mp4", "out/e.mp4")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*paths: str, out: str = "out") -> list[str]:
    return [str(found.path) for found in find(paths, Path(out))]


def test_a_folder_is_searched_to_the_bottom_without_outputs_hidden_files_and_the_output_folder(tree: Path) -> None:
    assert names(".") == ["a.MOV", "b.mp4", "deep/er/c.mkv"]
    assert [str(found.below) for found in find(["."], Path("out"))] == [".", ".", "deep/er"]


def test_results_may_lie_beside_their_videos(tree: Path) -> None:
    assert names("deep", out="deep") == ["deep/er/c.mkv"]


def test_patterns_are_expanded_and_a_file_named_like_one_is_a_file(tree: Path) -> None:
    assert names("**/*.m*") == ["b.mp4", "deep/er/c.mkv"]
    assert names("**/*.m*", out=".") == ["b.mp4", "deep/er/c.mkv", "out/e.mp4"]
    (tree / "[x].mp4").touch()
    assert names("[x].mp4") == ["[x].mp4"]
    with pytest.raises(UsageError, match=r"nothing is called '\*.avi'"):
        names("*.avi")


def test_each_video_comes_once_in_the_order_given(tree: Path) -> None:
    assert names("b.mp4", ".", "./b.mp4") == ["b.mp4", "a.MOV", "deep/er/c.mkv"]


def test_a_named_file_is_taken_whatever_its_suffix_and_even_if_it_is_not_there(tree: Path) -> None:
    assert names("notes.txt", "gone.mp4") == ["notes.txt", "gone.mp4"]
    assert names("a.foley.mp4") == []


def test_results_beside_their_videos_have_the_folder_that_holds_all(tmp_path: Path) -> None:
    videos = (Found(tmp_path / "a" / "x.mp4"), Found(tmp_path / "b" / "c" / "y.mp4", Path("c")))
    assert beside_videos(videos) == (
        tmp_path,
        (replace(videos[0], below=Path("a")), replace(videos[1], below=Path("b/c"))),
    )
    assert beside_videos(()) == (Path("."), ())


def test_own_outputs_are_known_by_their_names() -> None:
    assert own_output(Path("x/clip.foley.mp4"))
    assert own_output(Path("clip.foley.take1.wav"))
    assert not own_output(Path("foley.mp4"))
    assert not own_output(Path("my.foley"))


def test_a_list_holds_any_name_when_it_is_nul_separated() -> None:
    assert split_list(b"a b.mp4\r\n\n-c.mp4\n", nul=False) == ["a b.mp4", "-c.mp4"]
    assert split_list(b"a\nb.mp4\0\xff.mp4\0", nul=True) == ["a\nb.mp4", "\udcff.mp4"]
