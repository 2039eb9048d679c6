"""A name becomes a folder, without the network wherever that is possible, and a wrong one says what to do."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from foleycli.bundles import store
from foleycli.bundles.catalogue import CATALOGUE, find
from foleycli.bundles.format import write_bundle
from foleycli.errors import ModelError
from foleycli.models.loaded import load_bundle


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def test_names_in_the_catalogue_are_found_and_near_misses_answered() -> None:
    names = [entry.name for entry in CATALOGUE]
    assert len(set(names)) == len(names)
    assert {"pocket", "mdsgen-t", "mdsgen-l", "mdsgen-b-audioldm", "cavp", "sd-vae", "audioldm-hifigan"} <= set(names)
    assert find("cavp").size_bytes == 1_361_483_035
    with pytest.raises(ModelError, match="nearest: pocket"):
        find("poket")


def test_a_path_is_taken_as_it_is_and_a_bare_catalogue_name_is_never_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pocket", "mine"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    assert store.resolve("mine") == Path("mine")
    assert store.resolve("./pocket") == Path("pocket")
    assert store.resolve(tmp_path / "pocket") == tmp_path / "pocket"
    monkeypatch.setattr(store, "BUILT_IN", tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="not in this installation"):
        store.resolve("pocket")


def test_folders_that_are_not_models_say_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        load_bundle(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="not a model"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("name", [entry.name for entry in CATALOGUE if entry.source != "built-in"])
def test_what_is_not_a_model_yet_says_what_it_is(name: str) -> None:
    with pytest.raises(ModelError, match=name):
        store.resolve(name)


def test_offline_fails_at_once_with_the_command_that_fixes_it() -> None:
    started = time.monotonic()
    with pytest.raises(ModelError, match="foley models pull someone/rain@v2"):
        store.resolve("hf://someone/rain@v2", offline=True)
    assert time.monotonic() - started < 1


def test_the_offline_variable_of_the_hub_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="offline"):
        store.resolve("hf://someone/rain")


@pytest.mark.parametrize("name", ["hf://", "hf://rain", "hf://a/b/c", "hf://a/b@", "hf://a/../b"])
def test_names_that_are_no_hub_names(name: str) -> None:
    with pytest.raises(ModelError, match="hf://"):
        store.resolve(name, offline=True)


def test_a_cached_model_of_the_hub_needs_no_network(tmp_path: Path) -> None:
    commit = "0123456789012345678901234567890123456789"
    repository = tmp_path / "hub" / "models--someone--rain"
    write_bundle(
        repository / "snapshots" / commit, {}, name="rain", kind="test", specs={}, licence="", commercial_use=True,
        training_data="", card="",
    )  # fmt: skip
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    assert store.resolve("hf://someone/rain").name == commit
    with pytest.raises(ModelError, match="kind 'test' is unknown"):
        load_bundle(f"hf://someone/rain@{commit}")
