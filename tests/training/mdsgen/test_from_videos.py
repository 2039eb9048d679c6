"""From videos with sound to a model folder that dubs: every step for a moment, with a tiny untrained pocket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from foleycli.bundles import published, store
from foleycli.errors import InputError, ModelError
from foleycli.models.loaded import load_bundle
from foleycli.models.mdsgen.importing import IMAGE_SPECS, OFFICIAL_SPECS
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.pipeline.foley_pipeline import FoleyPipeline
from foleycli.sampling.schedule import Schedule
from foleycli.specs import DitSpec, KlVaeSpec
from foleycli.specs.settings import Generation
from foleycli.training import distributed
from foleycli.training.data.videos import videos_of
from foleycli.training.distributed import World, own_part
from foleycli.training.mdsgen import loss as loss_of
from foleycli.training.mdsgen import parts as parts_of
from foleycli.training.mdsgen.ablations import VIDEO_ABLATIONS
from foleycli.training.mdsgen.from_videos import mdsgen
from foleycli.training.mdsgen.loss import DenoisingLoss
from foleycli.training.mdsgen.parts import Parts
from foleycli.training.mdsgen.windows import WindowCutter, WindowSet, cut_videos, window_starts
from foleycli.training.names import VIDEO_ABLATION_NAMES
from foleycli.training.workspace import Workspace
from foleycli.video.probe import VideoInfo
from tests.networks.codecs.test_kl_vae import theirs
from tests.tiny_model import write_tiny
from tests.tiny_videos import write_noise

WINDOW = Fraction(8192, 1000)


@pytest.fixture(autouse=True)
def pocket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny pocket in the place of the built-in one, and nothing pulled from the Hub."""
    monkeypatch.setattr(store, "BUILT_IN", tmp_path / "models")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    write_tiny(tmp_path / "models" / "pocket")


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two videos of 9 and 3 s with sound, one whose sound is silent, and one file that is none."""
    folder = tmp_path_factory.mktemp("videos")
    write_noise(folder / "a.mp4", 9)
    write_noise(folder / "b.mp4", 3, seed=1)
    write_noise(folder / "silent.mp4", 3, seed=2, level=0.0)
    (folder / "broken.mp4").write_bytes(b"nothing")
    return folder


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper's transformer, thin and shallow."""
    own = Parts.transformer
    small = {"depth": 2, "width": 24, "heads": 2, "decoder_depth": 1}
    monkeypatch.setattr(Parts, "transformer", lambda self: replace(own(self), **small))


def test_windows_lie_end_to_end_and_one_ends_with_the_video() -> None:
    assert window_starts(Fraction(1)) == []
    assert window_starts(Fraction(3)) == [0]
    assert window_starts(Fraction(10)) == [0]
    assert window_starts(Fraction(30)) == [0, WINDOW, 2 * WINDOW, 30 - WINDOW]


def test_the_transformer_is_the_paper_s() -> None:
    spec = Parts("S", "pocket", stand_in=True).transformer()
    assert (spec.mask, spec.mask_ratio, spec.reducer, spec.decoder_depth) == ("tam", 0.3, "learned", 4)
    assert (spec.latent_shape, spec.width, spec.aligned) == ((8, 16, 64), 384, False)
    assert Parts("B", "sd", stand_in=False).transformer() == DitSpec.sized("B")
    assert Parts("B", "audioldm", stand_in=False).transformer() == DitSpec.sized("B", layout="official")
    assert Parts("T", "sd", stand_in=False, ablation="sam").transformer() == replace(DitSpec.sized("T"), mask="sam")
    assert tuple(VIDEO_ABLATIONS) == VIDEO_ABLATION_NAMES
    short = Parts("T", "pocket", stand_in=True, ablation="short")
    assert short.transformer().aligned and (short.sampler.prediction, short.sampler.guidance) == ("v", 1.8)
    assert Parts("T", "pocket", stand_in=True).sampler.prediction == "epsilon"


def test_videos_become_a_model_that_dubs_and_a_second_run_goes_on(tiny: None, videos: Path, tmp_path: Path) -> None:
    said: list[str] = []
    work = Workspace(tmp_path / "runs", steps=1, videos=videos, note=said.append)
    folder = mdsgen(work)
    assert folder == tmp_path / "runs" / "mdsgen-t-pocket-stand-in"
    left_out = [line for line in said if line.startswith("left out")]
    assert len(left_out) == 3 and any("broken.mp4" in line for line in left_out) and "STAND-IN" in said[0]
    assert left_out[-1] == "left out: 2 of 4 videos"
    assert "windows 2" in said[-1] and "epsilon" in said[-1]
    shards = sorted((tmp_path / "runs" / "windows" / "pocket-stand-in").glob("*.npz"))
    assert len(shards) == 2 and not [path for path in shards if path.name.startswith(".")]
    with np.load(shards[0]) as shard:
        assert shard["latent"].shape == (1, 8, 16, 64) and shard["features"].shape == (1, 32, 64)
        np.testing.assert_allclose(np.linalg.norm(shard["features"], axis=2), 1, atol=1e-2)

    model = load_bundle(folder)
    assert {"spotter", "dit", "vae", "vocoder"} == set(model.manifest.parts)
    assert "STAND-IN" in model.manifest.training_data and not model.sources
    track = FoleyPipeline(model, device="cpu", namer="off").generate(videos / "b.mp4", Generation(steps=1))
    assert track.sample_rate == 32000 and len(track.samples) == 3 * 32000 and np.isfinite(track.samples).all()

    times = [path.stat().st_mtime_ns for path in shards]
    mdsgen(replace(work, steps=2))
    assert [path.stat().st_mtime_ns for path in shards] == times
    state = torch.load(tmp_path / "runs" / "runs" / folder.name / "checkpoint.pt", weights_only=True)
    assert state["step"] == 2


def test_another_process_cuts_windows_too(videos: Path, tmp_path: Path) -> None:
    """With the built-in pocket: another process knows nothing of the tiny one."""
    said: list[str] = []
    rows = [one for one in videos_of(videos) if one.path.name in ("b.mp4", "broken.mp4")]
    cut_videos(rows, tmp_path / "made", Parts("T", "pocket", stand_in=True), workers=1, note=said.append)
    assert len(said) == 2 and said[-1] == "left out: 1 of 2 videos"
    made = {path.name: np.load(path)["features"].shape for path in (tmp_path / "made").glob("*.npz")}
    assert made == {one.shard: (1, 32, 384) for one in rows if one.path.name == "b.mp4"}


def test_a_csv_names_videos_and_what_is_held_out(videos: Path, tmp_path: Path) -> None:
    listed = videos / "list.csv"
    listed.write_text("file,split\na.mp4,test\nb.mp4,train\n,\n")
    assert [(one.path.name, one.held_out) for one in videos_of(listed)] == [("a.mp4", True), ("b.mp4", False)]
    listed.write_text("name\na.mp4\n")
    with pytest.raises(InputError, match="no column called 'file'"):
        videos_of(listed)
    listed.write_text("file,split\na.mp4,val\n")
    with pytest.raises(InputError, match="'val' is neither train nor test"):
        videos_of(listed)
    (tmp_path / "a.foley.mp4").write_bytes(b"what foley made")
    with pytest.raises(InputError, match="no video in it"):
        videos_of(tmp_path)
    with pytest.raises(InputError, match="that can be read"):
        videos_of(tmp_path / "absent")


def test_a_single_video_is_learned_from_whatever_its_name(tmp_path: Path) -> None:
    """By its name one of ten videos is held out; of one video there would be nothing left."""
    names = [f"{number}.mp4" for number in range(40)]
    (tmp_path / "all.csv").write_text("file\n" + "\n".join(names) + "\n")
    held_out = [one.path.name for one in videos_of(tmp_path / "all.csv") if one.held_out]
    assert 0 < len(held_out) < 12
    (tmp_path / "one.csv").write_text(f"file\n{held_out[0]}\n")
    assert [one.held_out for one in videos_of(tmp_path / "one.csv")] == [False]
    (tmp_path / "told.csv").write_text(f"file,split\n{held_out[0]},test\n")
    assert [one.held_out for one in videos_of(tmp_path / "told.csv")] == [True]


def test_a_batch_has_each_window_once_in_an_epoch(tmp_path: Path) -> None:
    for number in range(5):
        latent = np.full((1, 2, 2, 2), number, np.float16)
        np.savez(tmp_path / f"train_{number}.npz", latent=latent, features=np.zeros((1, 32, 4), np.float16))
    (tmp_path / ".train_5.77.npz").write_bytes(b"half of a shard, left by a kill")
    windows = WindowSet(tmp_path)
    assert len(windows) == 5
    drawn = torch.cat([windows.batch(step, 2)[0][:, 0, 0, 0] for step in range(5)])
    for epoch in (drawn[:5], drawn[5:]):
        assert sorted(epoch.tolist()) == [0, 1, 2, 3, 4]
    assert torch.equal(windows.batch(3, 8)[0], windows.batch(3, 8)[0]) and len(windows.batch(3, 8)[0]) == 8


def published_as(monkeypatch: pytest.MonkeyPatch, folder: Path, **states: dict[str, torch.Tensor]) -> None:
    """Files of these weights in the place of what `foley models pull` fetches."""
    for name, state in states.items():
        torch.save(state, folder / f"{name}.pt")
    files = {name: folder / f"{name}.pt" for name in states}
    monkeypatch.setattr(published, "find_published", lambda name: files.get(name.replace("-", "_")))


def test_stable_diffusion_s_vae_is_the_paper_s_way(
    tiny: None, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vae = replace(KlVaeSpec.STABLE_DIFFUSION, widths=(32, 32, 32, 32), blocks=1)
    vocoder = replace(IMAGE_SPECS["vocoder"], projections=2)  # type: ignore[type-var]
    monkeypatch.setattr(parts_of, "IMAGE_SPECS", {**IMAGE_SPECS, "vae": vae, "vocoder": vocoder})
    published_as(monkeypatch, tmp_path, sd_vae=dict(theirs(vae).state_dict()))
    one = tmp_path / "one.csv"
    one.write_text(f"file\n{videos / 'b.mp4'}\n")
    folder = mdsgen(Workspace(tmp_path / "runs", steps=1, videos=one, vae="sd", ablation="short"))
    assert folder.name == "mdsgen-t-sd-stand-in-short"
    model = load_bundle(folder)
    assert model.sampler.prediction == "v"
    assert set(model.manifest.parts) == {"spotter", "dit", "vae"} and model.sources == {"vae": "sd-vae"}
    track = FoleyPipeline(model, device="cpu", namer="off").generate(videos / "b.mp4", Generation(steps=1))
    assert track.sample_rate == 16000 and len(track.samples) == 3 * 16000 and np.isfinite(track.samples).all()


def test_audioldm_s_vae_and_cavp_make_the_authors_shapes(
    videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vae = KlVaeSpec(widths=(32, 32, 32), blocks=1)
    monkeypatch.setattr(parts_of, "OFFICIAL_SPECS", {**OFFICIAL_SPECS, "vae": vae})
    published_as(monkeypatch, tmp_path, audioldm_vae=dict(theirs(vae).state_dict()), cavp={})
    parts = Parts.chosen("b", "audioldm")
    assert (parts.name, parts.weights()) == ("mdsgen-b-audioldm-cavp", {})
    monkeypatch.setattr(Parts, "features", lambda self, device: Blind())  # CAVP takes 8 s for a window
    shard = WindowCutter.of(parts, "cpu").shard(videos / "b.mp4")
    assert shard["latent"].shape[1:] == parts.transformer().latent_shape == (8, 204, 16)
    assert shard["features"].shape == (1, 32, parts.transformer().features)


@dataclass(frozen=True)
class Blind:
    """A video encoder that gives CAVP's shape and sees nothing."""

    width: int = 512

    def of(self, info: VideoInfo, start: Fraction) -> torch.Tensor:
        return torch.ones(1, 32, self.width)


def test_two_ranks_have_the_loss_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = DitSpec(depth=2, width=24, heads=2, decoder_depth=1, aligned=False)
    torch.manual_seed(0)
    model, loss = MDSGen(spec), DenoisingLoss(Schedule.linear(parts_of.SAMPLER))
    nn.init.normal_(model.final.linear.weight, std=0.02)
    latent, features = torch.randn(4, *spec.latent_shape), torch.randn(4, 32, spec.features)
    whole = loss(model, (latent, features, 3))["loss"]
    shares = []
    for rank in range(2):
        for module in (distributed, loss_of):
            monkeypatch.setattr(module, "current", lambda rank=rank: World(rank, 2))
        shares.append(loss(model, own_part((latent, features, 3), 4))["loss"])
    torch.testing.assert_close(sum(shares) / 2, whole, rtol=1e-5, atol=1e-5)


def test_windows_of_other_weights_are_refused(videos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "windows" / "pocket-stand-in"
    folder.mkdir(parents=True)
    (folder / "encoders.json").write_text('{"video": "0", "vae": "1"}')
    with pytest.raises(InputError, match="other weights made these windows"):
        mdsgen(Workspace(tmp_path / "runs", videos=videos))


def test_what_is_missing_is_said_with_the_command(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--videos"):
        mdsgen(Workspace(tmp_path / "runs"))
    with pytest.raises(ModelError, match="foley models pull sd-vae"):
        mdsgen(Workspace(tmp_path / "runs", videos=videos, vae="sd", workers=2))
