"""Models come from the Hub whole, pinned and checked; whatever goes wrong is one line with the way out."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from foleycli.bundles import catalogue, store
from foleycli.bundles.format import write_bundle
from foleycli.bundles.remote import HubName, Listing, allows_commerce
from foleycli.errors import ModelError
from tests.bundles.hub_server import COMMIT, FakeHub, running

WEIGHTS = "dit.safetensors"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with one bundle, someone/rain, and files beside it that are nobody's business."""
    folder = tmp_path / "published"
    write_bundle(
        folder, {"dit": {"weight": torch.arange(20_000.0)}}, name="rain", kind="test", specs={},
        licence="CC BY-NC 4.0", commercial_use=False, training_data="", card="# rain\n",
    )  # fmt: skip
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    fake = FakeHub({"someone/rain": {**files, "pickle.ckpt": b"cos\nsystem\n", "other.safetensors": b"1234"}})
    with running(fake):
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", fake.url)
        url = fake.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", url)
        monkeypatch.setattr("huggingface_hub.file_download.HUGGINGFACE_CO_URL_TEMPLATE", url, raising=False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield fake


def test_a_bundle_is_fetched_whole_and_pinned_and_then_needs_no_network(hub: FakeHub) -> None:
    seen: list[tuple[str, int, int]] = []
    told: list[Listing] = []
    folder = store.pull(
        "someone/rain", progress=lambda *report: seen.append(report), announce=lambda _, listing: told.append(listing)
    )
    assert folder.name == COMMIT
    assert {path.name for path in folder.iterdir()} == {"bundle.json", "CARD.md", WEIGHTS}
    size = len(hub.repositories["someone/rain"][WEIGHTS])
    assert (WEIGHTS, size, size) in seen
    assert [one.commercial_use for one in told] == [False]
    hub.asked.clear()
    assert store.pull("someone/rain") == store.pull(f"hf://someone/rain@{COMMIT}") == folder
    assert store.resolve("hf://someone/rain", offline=True) == folder
    assert hub.asked == []
    assert store.remove("someone/rain").name == "models--someone--rain"
    with pytest.raises(ModelError, match="offline"):
        store.resolve("hf://someone/rain", offline=True)


def test_the_hub_s_own_client_finds_what_was_pulled(hub: FakeHub) -> None:
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    folder = store.pull("someone/rain")
    assert try_to_load_from_cache("someone/rain", WEIGHTS) == str(folder / WEIGHTS)
    assert hf_hub_download("someone/rain", WEIGHTS, local_files_only=True) == str(folder / WEIGHTS)


def test_a_folder_of_ones_own(hub: FakeHub, tmp_path: Path) -> None:
    folder = store.pull("someone/rain@main", to=tmp_path / "mine")
    assert sorted(path.name for path in folder.iterdir()) == ["CARD.md", "bundle.json", WEIGHTS]
    assert not (folder / WEIGHTS).is_symlink()
    hub.asked.clear()
    store.pull("someone/rain", to=folder)
    assert hub.sent(WEIGHTS) == []


def test_a_dropped_connection_is_taken_up_where_it_broke(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)  # the Hub's is larger than this file
    hub.drop_after = 10_000
    folder = store.pull("someone/rain")
    assert hub.sent(WEIGHTS) == ["", "bytes=10000-"]
    assert (folder / WEIGHTS).read_bytes() == hub.repositories["someone/rain"][WEIGHTS]


def test_a_killed_pull_goes_on_in_the_next(hub: FakeHub, tmp_path: Path) -> None:
    def interrupt(name: str, done: int, total: int) -> None:
        if name == WEIGHTS:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.pull("someone/rain", progress=interrupt)
    (part,) = (tmp_path / "hub" / "models--someone--rain" / "blobs").glob(".*.part")
    whole = hub.repositories["someone/rain"][WEIGHTS]
    part.write_bytes(whole[:7000])
    folder = store.pull("someone/rain")
    assert hub.sent(WEIGHTS)[-1] == "bytes=7000-"
    assert (folder / WEIGHTS).read_bytes() == whole
    assert not list(part.parent.glob(".*.part"))


def test_another_content_is_refused_and_not_kept(hub: FakeHub, tmp_path: Path) -> None:
    hub.wrong.add(WEIGHTS)
    for to in (None, tmp_path / "mine"):
        with pytest.raises(ModelError, match=r"wrong sha256.*foley models pull someone/rain"):
            store.pull("someone/rain", to=to)
    assert not list(tmp_path.joinpath("mine").glob("*.safetensors"))
    hub.wrong.clear()
    store.pull("someone/rain")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("someone/nothing", "not on the Hub, or private"),
        ("someone/rain@v9", "no such revision"),
        ("someone/secret", "hf auth login"),
        ("someone/gated", "accept its terms"),
        ("someone/pickles", "no bundle.json"),
        ("someone/torn", "is named in its bundle"),
        ("a/../b", "write hf://"),
        ("a--b/c..d", "not a name the Hub can have"),
    ],
)
def test_what_the_hub_refuses_is_said_in_one_line(hub: FakeHub, name: str, message: str) -> None:
    hub.private.add("someone/secret")
    hub.gated.add("someone/gated")
    rain = hub.repositories["someone/rain"]
    hub.repositories["someone/gated"] = rain
    hub.repositories["someone/pickles"] = {"weights.ckpt": b"1"}
    hub.repositories["someone/torn"] = {"bundle.json": rain["bundle.json"]}
    with pytest.raises(ModelError, match=message) as refusal:
        store.pull(name)
    assert "\n" not in str(refusal.value)


def test_no_network_no_space_and_offline(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 1000, 1000))
        with pytest.raises(ModelError, match=r"0\.0 MB free"):
            store.pull("someone/rain")
    assert hub.sent(WEIGHTS) == []
    started = time.monotonic()
    with pytest.raises(
        ModelError,
        match="--offline or HF_HUB_OFFLINE forbids fetching; fetch it without: foley models pull someone/rain",
    ):
        store.pull("someone/rain", offline=True)
    assert time.monotonic() - started < 1
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=r"no connection to the Hub .*what came is kept"):  # the manifest came
        store.pull("someone/rain")
    with pytest.raises(ModelError, match="nothing was fetched; with a network: foley models pull someone/snow"):
        store.pull("someone/snow")
    with pytest.raises(ModelError, match=r"with a network: foley models pull cavp$"):
        store.pull("cavp")


def test_a_published_part_comes_by_its_name_and_only_its_files(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = catalogue.find("audioldm-vae")
    published = replace(entry, sha256=hashlib.sha256(b"2").hexdigest())
    others = [other for other in catalogue.CATALOGUE if other != entry]
    monkeypatch.setattr(catalogue, "CATALOGUE", (*others, published))
    hub.commit = entry.revision
    names = {
        "vae/config.json": b"{}",
        "vae/diffusion_pytorch_model.bin": b"1",
        "vae/diffusion_pytorch_model.safetensors": b"2",
    }
    hub.repositories["cvssp/audioldm-s-full-v2"] = {**names, "unet/model.safetensors": b"3"}
    folder = store.pull("audioldm-vae")
    assert {path.name for path in (folder / "vae").iterdir()} == {"config.json", "diffusion_pytorch_model.safetensors"}
    hub.asked.clear()
    assert store.pull("audioldm-vae") == store.find_part(published) == folder
    assert hub.asked == []
    assert store.find_part(catalogue.find("audioldm-hifigan")) is None
    with pytest.raises(ModelError, match="forbids fetching; fetch it without: foley models pull audioldm-hifigan"):
        store.pull("audioldm-hifigan", offline=True)


def test_every_published_part_is_pinned_to_a_commit_and_a_content() -> None:
    parts = [entry for entry in catalogue.CATALOGUE if entry.source == "hub"]
    assert len(parts) == 5
    for part in parts:
        assert (len(part.revision), len(part.sha256)) == (40, 64)
        assert sum(not name.endswith(".json") for name in part.files) == 1


def test_a_part_is_pinned_to_the_catalogue_s_revision_and_sha256(hub: FakeHub) -> None:
    entry = catalogue.find("cavp")
    hub.repositories["SimianLuo/Diff-Foley"] = {entry.files[0]: b"not it", "other.ckpt": b"nor this"}
    with pytest.raises(ModelError, match="no such revision"):
        store.pull("cavp")
    hub.commit = entry.revision
    with pytest.raises(ModelError, match="wrong sha256"):
        store.pull("cavp")
    assert hub.sent("other.ckpt") == []
    assert store.find_part(entry) is None


@pytest.mark.parametrize(
    ("licence", "allowed"), [("cc-by-nc-sa-4.0", False), ("CC BY-NC 4.0", False), ("apache-2.0", True), ("other", None)]
)
def test_licences_that_forbid_commerce_are_known_by_their_names(licence: str, allowed: bool | None) -> None:
    assert allows_commerce(licence) is allowed


def test_names_of_the_hub_come_apart_and_together() -> None:
    name = HubName.parse("hf://someone/rain@v2")
    assert str(name) == "hf://someone/rain@v2"
    assert name.pull_command == "foley models pull someone/rain@v2"


def test_the_command_says_the_licence_before_and_the_folder_after(
    hub: FakeHub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from foleycli.cli.commands.models import app

    ran = CliRunner().invoke(app, ["pull", "someone/rain", "--to", str(tmp_path / "mine")])
    assert ran.exit_code == 0
    assert ran.stdout.strip() == str((tmp_path / "mine").resolve())
    assert "licence CC BY-NC 4.0, no commercial use" in ran.stderr
