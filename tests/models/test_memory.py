"""What a window takes of a card's memory, counted tensor by tensor, against what the models say that it takes."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import TypeVar

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from foleycli.models.loaded import load_bundle
from foleycli.models.mdsgen.model import OfficialMdsgen
from foleycli.models.spot_perform.model import SpotPerform
from foleycli.networks.codecs.hifigan import HifiGan
from foleycli.networks.codecs.kl_vae import KlDecoder
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.networks.uninitialised import Uninitialised
from foleycli.sampling.latents import MOST_AT_ONCE, windows_at_once
from foleycli.specs import DitSpec, KlVaeSpec, VocoderSpec

Network = TypeVar("Network", bound=nn.Module)
META = torch.device("meta")


class Peak(TorchDispatchMode):
    """Counts the bytes of all tensors that are alive, and the most there were."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: dict[int, int] = {}
        self.peak = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                storage = tensor.untyped_storage()
                if storage._cdata not in self.alive:
                    self.alive[storage._cdata] = storage.nbytes()
                    weakref.finalize(storage, self.alive.pop, storage._cdata, 0)
        self.peak = max(self.peak, sum(self.alive.values()))
        return result


def window_mib(run: Callable[[int], object]) -> float:
    """How much the peak grows from one window to two, after what is made once and kept."""
    peaks = []
    run(1)
    for windows in (1, 2):
        with torch.inference_mode(), Peak() as memory:
            run(windows)
        peaks.append(memory.peak / 2**20)
    return peaks[1] - peaks[0]


def on_meta(make: Callable[[], Network]) -> Network:
    with META, Uninitialised():
        return make().eval().requires_grad_(False)


def test_the_counting_sees_what_is_alive_at_once() -> None:
    def run(windows: int) -> None:
        kept = torch.empty(windows, 2**18, device=META)  # 1 MiB
        for _ in range(5):
            kept = kept + 1

    assert window_mib(run) == pytest.approx(2.0)


def test_pocket_s_windows_fit_in_what_it_says() -> None:
    loaded, frames = load_bundle("pocket"), 64  # an eighth of a window: all that it does is as long as the window
    samples = frames * loaded.mel.hop_samples
    vae, vocoder = loaded.part("vae", MelVae), loaded.part("vocoder")
    decoding = window_mib(lambda n: vae.decode(torch.zeros(n, 8, 16, frames // 8)))
    sounding = window_mib(lambda n: vocoder(torch.full((n, 128, frames), -6.0), torch.ones(n, samples)))
    assert 0.2 * SpotPerform.window_mib < 8 * max(decoding, sounding) < 0.6 * SpotPerform.window_mib


@pytest.mark.parametrize("layout", ["image", "official"])
@pytest.mark.parametrize("size", ["T", "B"])
def test_the_paper_s_transformers_fit_in_what_they_say(size: str, layout: str) -> None:
    model = on_meta(lambda: MDSGen(DitSpec.sized(size, layout=layout)))  # type: ignore[arg-type]

    def step(windows: int) -> None:
        condition = model.condition(torch.empty(2 * windows, 32, 512, device=META))
        latent = torch.empty(2 * windows, *model.spec.latent_shape, device=META)
        model.denoise(latent, torch.empty(2 * windows, device=META), condition)

    assert window_mib(step) < 0.6 * OfficialMdsgen.window_mib


def test_published_decoders_fit_in_what_the_paper_s_models_say() -> None:
    decoder = on_meta(lambda: KlDecoder(KlVaeSpec.STABLE_DIFFUSION))  # the larger of the two
    found = [window_mib(lambda n: decoder(torch.empty(n, 4, 16, 64, device=META)))]
    gan = on_meta(lambda: HifiGan(VocoderSpec(kind="hifigan", mels=64)))
    found.append(window_mib(lambda n: gan(torch.empty(n, 64, 820, device=META))))
    assert 0.3 * OfficialMdsgen.window_mib < max(found) < 0.6 * OfficialMdsgen.window_mib


@pytest.mark.parametrize(
    ("gib", "window", "expected"), [(139, 64, MOST_AT_ONCE), (4, 384, 5), (1, 384, 1), (0.25, 384, 1)]
)
def test_a_card_takes_as_many_windows_as_fit_in_half_of_it(
    gib: float, window: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = SimpleNamespace(total_memory=int(gib * 2**30))
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda device: card)
    assert windows_at_once(torch.device("cuda"), window) == expected
    assert windows_at_once(torch.device("cpu"), window) == windows_at_once(torch.device("mps"), window) == 1
