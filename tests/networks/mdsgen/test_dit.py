"""MDSGen: sizes, conditions that are present or absent, masks, and columns that hear their own time."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from foleycli.errors import UsageError
from foleycli.networks.mdsgen.dit import MDSGen, parameter_count, without_interpolator
from foleycli.networks.mdsgen.masking import Mask, training_mask
from foleycli.specs import DitSpec, Size

SMALL = DitSpec(depth=3, width=32, heads=2, decoder_depth=1)  # 64 whole-column tokens
GRID = replace(SMALL, latent_channels=4, patch=(2, 2), latent_frames=64)
VARIANTS = {
    "pocket": SMALL,
    "image": replace(GRID, aligned=False, adaln="zero"),
    "aligned grid": GRID,
    "official": replace(
        GRID, layout="official", latent_frames=20, relative_position_bias=True, aligned=True, adaln="zero"
    ),
    "average": replace(SMALL, reducer="average", aligned=False),
    "attention": replace(SMALL, reducer="attention", aligned=False),
    "all rows": replace(SMALL, reducer="none", aligned=False),
    "all rows, bias": replace(GRID, reducer="none", relative_position_bias=True),
    "N2 is none": replace(SMALL, decoder_depth=0),
    "N2 is all": replace(SMALL, decoder_depth=3, mask="sam"),
    "rows hidden": replace(GRID, mask="fam", mask_ratio=0.7),
}


def awake(spec: DitSpec, seed: int = 0) -> MDSGen:
    """A model whose zero-initialised parts are random, so that every path shows in the output."""
    torch.manual_seed(seed)
    model = MDSGen(spec).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def inputs(spec: DitSpec, batch: int = 2) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    latent = torch.randn(batch, *spec.latent_shape, generator=generator)
    features = torch.randn(batch, spec.feature_frames, spec.features, generator=generator)
    return latent, torch.linspace(3, 950, batch), features


@pytest.mark.parametrize(
    ("size", "image", "official"),
    [("T", 9.0, 9.4), ("S", 35.5, 36.2), ("B", 141.0, 142.3), ("L", 476.8, 479.1)],
)
def test_sizes_count_what_the_authors_code_counts(size: Size, image: float, official: float) -> None:
    assert round(parameter_count(DitSpec.sized(size)) / 1e6, 1) == image
    assert round(parameter_count(DitSpec.sized(size, layout="official")) / 1e6, 1) == official


def test_one_shared_modulation_makes_t_six_million() -> None:
    spec = DitSpec.sized("T", adaln="single")
    assert 5.8e6 < parameter_count(replace(spec, mask="none")) < 6.0e6
    assert 5.9e6 < parameter_count(spec) < 6.5e6


@pytest.mark.parametrize("name", VARIANTS)
def test_twice_the_channels_come_out_in_the_same_layout(name: str) -> None:
    spec = VARIANTS[name]
    model, (latent, t, features) = awake(spec), inputs(spec)
    mask = training_mask(spec, 2, torch.Generator().manual_seed(2))
    for out in (model(latent, t, features), model(latent, t, None), model(latent, t, features, mask=mask)):
        assert out.shape == (2, 2 * spec.latent_channels, *spec.latent_shape[1:]) and torch.isfinite(out).all()


@pytest.mark.parametrize("name", VARIANTS)
@torch.no_grad()
def test_a_dropped_condition_is_no_condition(name: str) -> None:
    spec = VARIANTS[name]
    model, (latent, t, features) = awake(spec), inputs(spec)
    with_it, without = model(latent, t, features), model(latent, t, None)
    mixed = model(latent, t, features, drop=torch.tensor([False, True]))
    torch.testing.assert_close(mixed[0], with_it[0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(mixed[1], without[1], atol=1e-4, rtol=1e-4)
    assert (with_it - without).abs().max() > 1e-2


@pytest.mark.parametrize("name", VARIANTS)
@torch.no_grad()
def test_a_mask_that_hides_nothing_changes_nothing(name: str) -> None:
    spec = VARIANTS[name]
    model, (latent, t, features) = awake(spec), inputs(spec)
    tokens = spec.columns * spec.rows
    nothing = Mask(torch.arange(tokens).expand(2, tokens), torch.zeros(2, tokens, dtype=torch.bool))
    torch.testing.assert_close(
        model(latent, t, features, mask=nothing), model(latent, t, features), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("name", ["pocket", "official", "all rows, bias", "N2 is all"])
@torch.no_grad()
def test_what_is_hidden_has_no_influence(name: str) -> None:
    spec = VARIANTS[name]
    model, (latent, t, features) = awake(spec), inputs(spec)
    mask = training_mask(replace(spec, mask="tam"), 2, torch.Generator().manual_seed(2))
    assert mask is not None
    hidden = mask.hidden.view(2, spec.columns, spec.rows).any(2).repeat_interleave(spec.patch[1], dim=1)
    where = hidden[:, None, :, None] if spec.layout == "official" else hidden[:, None, None, :]
    other = torch.where(where, torch.randn_like(latent), latent)
    torch.testing.assert_close(model(latent, t, features, mask=mask), model(other, t, features, mask=mask))
    assert (model(latent, t, features) - model(other, t, features)).abs().max() > 1e-3


@pytest.mark.parametrize("name", ["pocket", "aligned grid"])
@torch.no_grad()
def test_a_column_hears_the_feature_of_its_own_time(name: str) -> None:
    """With attention off, a changed row changes its own latent columns and no other."""
    spec = replace(VARIANTS[name], reducer="average")
    model, (latent, t, features) = awake(spec), inputs(spec, 1)
    for block in model.blocks:
        block.attention.out.weight.zero_()
    model.reducer.finish[1].weight.zero_()
    other = features.clone()
    other[:, 12] += 1.0
    moved = (model(latent, t, other) - model(latent, t, features)).abs().amax(dim=(0, 1, 2))
    frames_per_row = spec.latent_frames // spec.feature_frames
    assert moved.nonzero()[:, 0].tolist() == list(range(12 * frames_per_row, 13 * frames_per_row))


@torch.no_grad()
def test_features_that_do_not_divide_the_columns_are_interpolated_in_time() -> None:
    model = MDSGen(replace(SMALL, latent_frames=48))
    assert model.aligned is not None
    early, late = torch.zeros(1, 32, 512), torch.zeros(1, 32, 512)
    early[:, 4], late[:, 20] = 1.0, 1.0
    places = [float(model.aligned(f)[0].abs().sum(1).argmax()) for f in (early, late)]
    assert places == pytest.approx([4.5 * 48 / 32 - 0.5, 20.5 * 48 / 32 - 0.5], abs=0.6)


@torch.no_grad()
def test_without_its_interpolator_the_model_samples_the_same() -> None:
    model, (latent, t, features) = awake(SMALL), inputs(SMALL)
    spec, state = without_interpolator(SMALL, model.state_dict())
    light = MDSGen(spec).eval()
    light.load_state_dict(state)
    torch.testing.assert_close(light(latent, t, features), model(latent, t, features))
    with pytest.raises(UsageError, match="masked branch"):
        light(latent, t, features, mask=training_mask(SMALL, 2))


@torch.no_grad()
def test_a_fresh_model_says_zero_and_a_kept_bias_follows_its_table() -> None:
    spec = VARIANTS["official"]
    latent, t, features = inputs(spec)
    assert MDSGen(spec)(latent, t, features).abs().max() == 0
    model = awake(spec)
    before = model(latent, t, features)
    for block in model.blocks:
        block.bias.table.mul_(3.0)
    assert (model(latent, t, features) - before).abs().max() > 1e-3


@pytest.mark.parametrize("name", ["pocket", "official"])
def test_every_weight_is_trained_by_the_two_branches(name: str) -> None:
    spec = VARIANTS[name]
    model, (latent, t, features) = awake(spec).train(), inputs(spec)
    mask = training_mask(spec, 2, torch.Generator().manual_seed(2))
    (model(latent, t, features).square().mean() + model(latent, t, features, mask=mask).square().mean()).backward()
    assert [key for key, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 0] == []


def test_bf16_autocast_agrees_roughly() -> None:
    for name in ("pocket", "official"):
        model, (latent, t, features) = awake(VARIANTS[name]), inputs(VARIANTS[name])
        mask = training_mask(VARIANTS[name], 2, torch.Generator().manual_seed(2))
        with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
            out = model(latent, t, features, mask=mask).float()
        exact = model(latent, t, features, mask=mask)
        assert (out - exact).norm() < 0.05 * exact.norm()


@pytest.mark.parametrize("change", [{"patch": (3, 1)}, {"heads": 5}, {"decoder_depth": 13}, {"patch": (16, 5)}])
def test_lengths_that_do_not_fit_fail_at_construction(change: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="change the DitSpec"):
        replace(DitSpec(), **change)  # type: ignore[arg-type]
