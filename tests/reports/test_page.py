"""The page as text: what it holds, what it lets nobody put into it, and what it never replaces."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from foleycli.errors import OutputError
from foleycli.reports.page.page import clock, is_report, outline_path, shown, signed, ticks
from tests.reports.pages import LINKED, make_page

MARKUP = "</script><script>alert(1)</script><img src=x onerror='alert(2)'>\"{{ 7*7 }}&amp;"


class Tags(HTMLParser):
    """Every tag, and every attribute that makes a browser do something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.acting: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.acting += [(name, value or "") for name, value in attributes if name.startswith(("on", "src", "href"))]


def read(page: Path) -> Tags:
    tags = Tags()
    tags.feed(page.read_text(encoding="utf-8"))
    return tags


def test_names_and_reasons_add_no_tag(tmp_path: Path) -> None:
    plain, marked = (read(make_page(tmp_path, *words)) for words in (("a", "b"), (MARKUP.replace("/", "|"), MARKUP)))
    assert marked.tags == plain.tags
    assert {name for name, _ in marked.acting} == {"src", "href"}
    assert all(value.startswith(("data:", "./")) for _, value in marked.acting)
    assert "7*7" in (tmp_path / "report.html").read_text()


def test_the_page_says_what_is_linked_and_links_to_it(tmp_path: Path) -> None:
    page = make_page(tmp_path)
    assert ("src", "./100%25%20%231%3F%20of%202.wav") in read(page).acting
    assert "The sound of 1 of the videos is linked" in page.read_text()
    assert LINKED in page.read_text()


def test_totals_are_of_the_rows(tmp_path: Path) -> None:
    text = make_page(tmp_path).read_text()
    totals = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)", text.split("<main>")[0]))
    assert totals == {
        "videos": "3", "done": "1", "done before": "1", "failed": "1", "with warnings": "1", "of video": "0:02.0",
        "this run took": "0:03.0", "cues": "2", "hits in the videos' own sound": "1", "median loudness": "−12.5",
    }  # fmt: skip


def test_a_report_is_replaced_by_a_report_and_nothing_else_is(tmp_path: Path) -> None:
    from foleycli.reports.page.page import Run, write_page

    page, run = make_page(tmp_path), Run("out", "now", (), 1.0)
    assert is_report(page)
    write_page([], run, page)
    assert "No videos." in page.read_text()
    page.write_text("<title>my thesis</title>")
    assert not is_report(page)
    with pytest.raises(OutputError, match="exists"):
        write_page([], run, page)
    assert page.read_text() == "<title>my thesis</title>"


def test_odd_bytes_and_controls_are_shown_as_such() -> None:
    assert shown("a\udcffb\u202ec\nd") == "a\ufffdb\ufffdc\ufffdd"


@pytest.mark.parametrize(("seconds", "text"), [(3.21, "0:03.2"), (59.99, "1:00"), (724, "12:04"), (3723, "1:02:03")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize("seconds", [0.04, 1, 10, 59, 61, 3000, 7200, 86400])
def test_ticks_are_few_in_order_and_on_the_axis(seconds: float) -> None:
    places = [place for place, _ in ticks(seconds)]
    assert 1 <= len(places) <= 13
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] < 100
    assert len({label for _, label in ticks(seconds)}) == len(places)


def test_levels_have_a_minus_or_a_dash() -> None:
    assert [signed(level) for level in (-23.04, 1.26, None)] == ["−23.0", "1.3", "–"]


def test_the_outline_goes_there_and_back_within_the_picture() -> None:
    loud = np.stack([-np.linspace(0, 2, 3000), np.linspace(0, 2, 3000)]).astype(np.float32)
    numbers = np.array(re.findall(r"([\d.]+) ([\d.]+)", outline_path(loud)), float)
    assert len(numbers) == 1400
    assert (numbers[:, 0] < 1000).all()
    assert (numbers[:700, 1] <= 50).all()
    assert (numbers[700:, 1] >= 50).all()
    assert numbers[699, 1] == 0
    assert outline_path(np.zeros((2, 0), np.float32)) == ""
