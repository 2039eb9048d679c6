"""What holds for every test: no picture is named, unless a test asks for the built-in namer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foleycli.models.sound_namer import published

PACKAGE = published.PACKAGE


@pytest.fixture(scope="session", autouse=True)
def no_namer() -> Iterator[None]:
    """The built-in namer takes a second, and has an opinion on drawings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "PACKAGE", "no_such_package_in_tests")
        yield


@pytest.fixture
def built_in_namer(monkeypatch: pytest.MonkeyPatch) -> None:
    """For this test the namer is there, where its package is installed."""
    monkeypatch.setattr(published, "PACKAGE", PACKAGE)
