"""Published tokenizers: MAGE's VQGAN pulled from the Hub on loopback, SpecVQGAN imported from an archive by its md5.

Random weights of the right keys at a small width stand in for the real ones, whose shapes are counted elsewhere.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from foleycli.bundles import catalogue, store
from foleycli.bundles.format import write_bundle
from foleycli.errors import ModelError, UsageError
from foleycli.models.visual_echoes import KIND, importing
from foleycli.models.visual_echoes.importing import import_specvqgan
from foleycli.models.visual_echoes.loading import load_echo
from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.networks.visual_echoes.vqgan import Vqgan
from foleycli.pipeline.image_audio import ImageAudioPipeline
from foleycli.specs.visual_echoes import (
    PUBLISHED_LAYOUT,
    DecodingSpec,
    EchoSpec,
    MelganSpec,
    TokenLayout,
    VqganSpec,
)
from tests.bundles.hub_server import FakeHub, running
from tests.golden.echoes import weights

IMAGE = VqganSpec("maskgit", 3, 32, codes=64, code_width=32)
SOUND = VqganSpec("taming", 1, 32, codes=64, code_width=32)
MELGAN = MelganSpec(width=4)
LAYOUT = TokenLayout(64, (16, 16), 64, (5, 53))
CHECKPOINT = "vqgan_jax_strongaug.ckpt"


def saved(state: dict[str, torch.Tensor], key: str = "") -> bytes:
    buffer = io.BytesIO()
    torch.save({key: state} if key else state, buffer)
    return buffer.getvalue()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """The Hub with MAGE's VQGAN at a small width; the catalogue pins that file instead of the real one."""
    content = saved(weights("vqgan_mage_small") | {"loss.discriminator.weight": torch.zeros(3)}, "state_dict")
    fake = FakeHub({"zideliu/vqgan": {CHECKPOINT: content, "README.md": b"# vqgan"}}, licence="mit")
    entry = catalogue.find("mage-vqgan")
    pinned = replace(entry, revision=fake.commit, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    entries = tuple(pinned if one.name == entry.name else one for one in catalogue.CATALOGUE)
    monkeypatch.setattr(catalogue, "CATALOGUE", entries)
    with running(fake):
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", fake.url)
        url = fake.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", url)
        monkeypatch.setattr("huggingface_hub.file_download.HUGGINGFACE_CO_URL_TEMPLATE", url, raising=False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(store, "imported", lambda name: tmp_path / "data" / name)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield fake


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "vggsound_codebook.tar.gz"
    content = saved(weights("specvqgan_small") | {"loss.logvar": torch.zeros(())}, "state_dict")
    with tarfile.open(path, "w:gz") as packed:
        about = tarfile.TarInfo(f"2021-05-19T22-16-54_vggsound_codebook/{importing.MEMBER}")
        about.size = len(content)
        packed.addfile(about, io.BytesIO(content))
    monkeypatch.setattr(importing, "ARCHIVE_MD5", hashlib.md5(path.read_bytes()).hexdigest())
    return path


@pytest.fixture
def vocoder(tmp_path: Path) -> Path:
    path = tmp_path / "best_netG.pt"
    path.write_bytes(saved(weights("spec_mel_melgan")))
    return path


def test_the_pinned_entry_is_the_published_file() -> None:
    entry = catalogue.find("mage-vqgan")
    assert (entry.repository, entry.files, entry.size_bytes) == ("zideliu/vqgan", (CHECKPOINT,), 218_130_007)
    assert entry.sha256.startswith("bac193bc") and len(entry.sha256) == 64 and len(entry.revision) == 40
    assert entry.licence == "MIT"


def test_a_model_over_published_tokenizers(hub: FakeHub, archive: Path, vocoder: Path, tmp_path: Path) -> None:
    """A transformer of one's own between MAGE's picture tokens and SpecVQGAN's sound tokens, both ways."""
    torch.manual_seed(0)
    spec = LAYOUT.transformer(width=32, depth=1, heads=2, decoder_width=32, decoder_depth=1, decoder_heads=2)
    write_bundle(
        tmp_path / "mine", {"transformer": MaskedTransformer(spec).state_dict()}, name="mine", kind=KIND,
        specs={
            "layout": LAYOUT, "transformer": spec, "image": IMAGE, "decoding": DecodingSpec(steps=2),
            "echo": EchoSpec(image="mage", sound="specvqgan"),
        },
        licence="Apache-2.0", commercial_use=True, training_data="none", card="",
    )  # fmt: skip
    with pytest.raises(ModelError, match="foley models pull mage-vqgan"):
        load_echo(tmp_path / "mine")
    store.pull("mage-vqgan")
    with pytest.raises(ModelError, match="foley models import"):
        load_echo(tmp_path / "mine")
    import_specvqgan(archive, vocoder, spec=SOUND, melgan=MELGAN)
    pipeline = ImageAudioPipeline(tmp_path / "mine", device="cpu", offline=True)
    picture = np.full((40, 60, 3), 90, np.uint8)
    sound = pipeline.image2audio(picture)
    assert (len(sound.samples), sound.sample_rate) == (848 * 256, 22050)
    assert sound.codes.shape == (5, 53)
    seen = pipeline.audio2image(np.sin(np.arange(30_000, dtype=np.float32) / 9), 16_000)
    assert seen.picture.shape == (256, 256, 3)


def test_the_codec_survives_its_import(hub: FakeHub, archive: Path, vocoder: Path) -> None:
    bundle = import_specvqgan(archive, vocoder, spec=SOUND, melgan=MELGAN)
    from foleycli.bundles.format import read_part

    model = Vqgan(SOUND)
    model.load_state_dict(read_part(bundle, "vqgan"))
    assert bundle.manifest.licence == "MIT"
    with pytest.raises(UsageError, match="--overwrite"):
        import_specvqgan(archive, vocoder, spec=SOUND, melgan=MELGAN)


def test_another_archive_is_refused(
    hub: FakeHub, archive: Path, vocoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="--vocoder"):
        import_specvqgan(archive, None)
    with pytest.raises(ModelError, match="weights of another model"):
        import_specvqgan(archive, vocoder)  # small weights in the place of the published size
    monkeypatch.setattr(importing, "ARCHIVE_MD5", "0" * 32)
    with pytest.raises(ModelError, match="md5"):
        import_specvqgan(archive, vocoder)


def test_the_published_layout_is_the_paper_s() -> None:
    assert (PUBLISHED_LAYOUT.image_places, PUBLISHED_LAYOUT.sound_places) == (256, 265)
    assert PUBLISHED_LAYOUT.vocabulary == 2050
