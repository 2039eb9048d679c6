"""The fused products: the same numbers as plain modules, and only where no gradient is asked for."""

import torch
from torch import nn

from foleycli.models.layers import Mlp, _product


def mlp(width: int = 48) -> Mlp:
    torch.manual_seed(3)
    return Mlp(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))


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
