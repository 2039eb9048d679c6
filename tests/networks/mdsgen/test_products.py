"""The fused products: the same numbers as plain modules, and only where no gradient is asked for."""

import pytest
import torch
from torch import nn

from foleycli.networks.mdsgen import layers
from foleycli.networks.mdsgen.layers import Mlp, _product


def mlp(width: int = 48) -> Mlp:
    torch.manual_seed(3)
    return Mlp(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))


@pytest.fixture(autouse=True)
def onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fused product wherever torch has it, whatever the machine."""
    assert hasattr(torch.ops.mkldnn, "_linear_pointwise"), "torch has moved it: see layers._product"
    monkeypatch.setattr(layers, "_onednn_is_faster", lambda: True)


def test_it_is_taken_without_gradients_and_in_single_precision_alone() -> None:
    tokens = torch.randn(2, 48)
    assert not layers._takes_onednn(tokens)
    with torch.inference_mode():
        assert layers._takes_onednn(tokens)
        assert not layers._takes_onednn(tokens.double())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert not layers._takes_onednn(tokens)


def test_an_mlp_computes_what_its_sequential_computes() -> None:
    fused = mlp()
    plain = nn.Sequential(*fused)
    tokens = torch.randn(3, 50, 48)
    with torch.inference_mode():
        torch.testing.assert_close(fused(tokens), plain(tokens), atol=2e-6, rtol=1e-5)


def test_a_product_takes_a_view_with_any_strides() -> None:
    linear = nn.Linear(48, 16)
    turned = torch.randn(2, 48, 30).transpose(1, 2)
    with torch.inference_mode():
        torch.testing.assert_close(_product(turned, linear), linear(turned), atol=2e-6, rtol=1e-5)


def test_its_gradients_are_those_of_the_sequential() -> None:
    fused = mlp()
    tokens = torch.randn(2, 20, 48)
    ours, plain = (
        torch.autograd.grad(module(tokens).square().sum(), list(fused.parameters()))
        for module in (fused, nn.Sequential(*fused))
    )
    for mine, theirs in zip(ours, plain, strict=True):
        assert mine.abs().sum() > 0
        torch.testing.assert_close(mine, theirs)
