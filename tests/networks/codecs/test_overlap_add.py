"""The inverse STFT against torch's."""

from __future__ import annotations

import pytest
import torch

from foleycli.networks.codecs.overlap_add import inverse_stft


@pytest.mark.parametrize(("size", "hop"), [(2048, 512), (1024, 256), (1024, 160), (64, 32)])
@pytest.mark.parametrize("change", [0, -1])
def test_it_is_that_of_torch(size: int, hop: int, change: int) -> None:
    sound = torch.randn(2, hop * 23, generator=torch.Generator().manual_seed(0))
    window = torch.hann_window(size)
    spectrum = torch.stft(sound, size, hop, window=window, return_complex=True)[..., : 24 + change]
    spectrum = spectrum * torch.rand(spectrum.shape, generator=torch.Generator().manual_seed(1))  # of no sound
    wanted = torch.istft(spectrum, size, hop, window=window, length=sound.shape[1])
    torch.testing.assert_close(inverse_stft(spectrum, sound.shape[1], size=size, hop=hop), wanted, atol=2e-5, rtol=1e-4)


def test_it_undoes_the_stft_and_more_samples_than_there_are_are_silent() -> None:
    sound = torch.randn(1, 4096, generator=torch.Generator().manual_seed(0))
    spectrum = torch.stft(sound, 256, 64, window=torch.hann_window(256), return_complex=True)
    torch.testing.assert_close(inverse_stft(spectrum, 4096, size=256, hop=64), sound, atol=1e-5, rtol=1e-4)
    assert torch.all(inverse_stft(spectrum, 6000, size=256, hop=64)[:, 4400:] == 0)


def test_training_may_use_what_was_kept_in_inference() -> None:
    with torch.inference_mode():
        inverse_stft(torch.ones(1, 65, 9, dtype=torch.complex64), 256, size=128, hop=32)
    spectrum = torch.ones(1, 65, 9, dtype=torch.complex64, requires_grad=True)
    inverse_stft(spectrum, 256, size=128, hop=32).square().sum().backward()
    assert spectrum.grad is not None and torch.isfinite(spectrum.grad.abs()).all()
