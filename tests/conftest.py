"""What holds for every test: no picture is named unless a test asks for it, and no room tone is made twice.

With several workers (pytest-xdist) what takes long to make is made once: a file goes to one of them as a whole where
its tests share fixtures, and so do the files that need diffusers, whose import takes seconds. Others go one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from foleycli.audio import room_tone
from foleycli.models.sound_namer import published

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
PACKAGE = published.PACKAGE
LONGEST = ("test_ray.py", "test_session.py")  # begun first: at the end the other worker would wait for them


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False  # it would put single tests last, the longest among them

    class FilesWithFixturesAsAWhole(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid.partition("::")[0]) or nodeid

    return FilesWithFixturesAsAWhole(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)


@cache
def together(file: str) -> str:
    """What the tests of a file go to one process with: their file, or all that need diffusers; "" if with nothing."""
    text = (ROOT / file).read_text(encoding="utf-8")
    if any(name in text for name in ("KlDecoder", "KlEncoder", "write_random", "test_kl_vae")):
        return "diffusers"
    return file if 'scope="module"' in text or "\n@cache\n" in text else ""


@pytest.fixture(scope="session", autouse=True)
def no_namer() -> Iterator[None]:
    """The built-in namer takes a second, and has an opinion on drawings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "PACKAGE", "no_such_package_in_tests")
        yield


@pytest.fixture(scope="session", autouse=True)
def room_tone_once() -> Iterator[None]:
    """The loop of a level is the same in every dub, and a third of the work of a dub of 2 s by a tiny model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room_tone, "room_tone_loop", cache(room_tone.room_tone_loop))
        yield


@pytest.fixture
def built_in_namer(monkeypatch: pytest.MonkeyPatch) -> None:
    """For this test the namer is there, where its package is installed."""
    monkeypatch.setattr(published, "PACKAGE", PACKAGE)
