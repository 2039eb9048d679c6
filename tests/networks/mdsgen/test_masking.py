"""Masks hide exactly what their kind says, and the side-interpolator touches nothing else."""

from __future__ import annotations

import pytest
import torch

from foleycli.networks.mdsgen.layers import Block
from foleycli.networks.mdsgen.masking import Mask, MaskKind, SideInterpolator, make_mask, mask_from_noise, noise_length

COLUMNS, ROWS = 10, 4


def drawn(kind: MaskKind, ratio: float, batch: int = 3) -> Mask:
    mask = make_mask(kind, COLUMNS, ROWS, ratio, batch, torch.Generator().manual_seed(0))
    assert mask is not None
    return mask


@pytest.mark.parametrize(("kind", "units"), [("tam", COLUMNS), ("fam", ROWS), ("sam", COLUMNS * ROWS)])
@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.7, 0.9, 1.0])
def test_visible_and_hidden_part_the_tokens(kind: MaskKind, units: int, ratio: float) -> None:
    mask = drawn(kind, ratio)
    kept_units = max(1, int(units * (1 - ratio) + 1e-6))
    assert mask.visible.shape == (3, kept_units * COLUMNS * ROWS // units)
    for visible, hidden in zip(mask.visible, mask.hidden, strict=True):
        assert visible.tolist() == (~hidden).nonzero()[:, 0].tolist()


def test_tam_hides_whole_columns_and_fam_whole_rows() -> None:
    columns = drawn("tam", 0.3).hidden.view(3, COLUMNS, ROWS)
    assert torch.equal(columns.any(2), columns.all(2)) and int(columns[0].any(1).sum()) == 3
    rows = drawn("fam", 0.5).hidden.view(3, COLUMNS, ROWS)
    assert torch.equal(rows.any(1), rows.all(1)) and int(rows[0].any(0).sum()) == 2


def test_sam_hides_tokens_of_no_pattern() -> None:
    hidden = drawn("sam", 0.5).hidden.view(3, COLUMNS, ROWS)
    assert (hidden.any(2) != hidden.all(2)).any() and (hidden.any(1) != hidden.all(1)).any()


def test_the_smallest_noise_is_kept() -> None:
    noise = torch.tensor([[0.9, 0.1, 0.5, 0.2]])
    assert mask_from_noise("tam", 4, 1, 0.5, noise).visible.tolist() == [[1, 3]]


def test_nothing_to_hide_is_no_mask_and_a_seed_is_a_mask() -> None:
    assert make_mask("none", COLUMNS, ROWS, 0.3, 2) is None and make_mask("tam", COLUMNS, ROWS, 0.0, 2) is None
    assert torch.equal(drawn("sam", 0.3).hidden, drawn("sam", 0.3).hidden)
    assert noise_length("sam", COLUMNS, ROWS) == COLUMNS * ROWS


def test_a_prefix_is_always_visible() -> None:
    mask = drawn("tam", 0.3)
    longer = mask.after_prefix(2)
    assert longer.visible[:, :2].tolist() == [[0, 1]] * 3 and not longer.hidden[:, :2].any()
    assert torch.equal(longer.visible[:, 2:] - 2, mask.visible) and torch.equal(longer.hidden[:, 2:], mask.hidden)


def test_the_interpolator_fills_hidden_places_and_leaves_visible_tokens_alone() -> None:
    torch.manual_seed(0)
    interpolator = SideInterpolator(8, Block(8, 2, "zero", None))
    tokens, places = torch.randn(3, COLUMNS * ROWS, 8), torch.randn(1, COLUMNS * ROWS, 8)
    mask = drawn("tam", 0.3)
    out = interpolator(mask.shown(tokens), mask, places, None, torch.randn(3, 8))
    assert torch.equal(out[~mask.hidden], (tokens + places)[~mask.hidden])
    assert (out - places)[mask.hidden].abs().min() > 0
