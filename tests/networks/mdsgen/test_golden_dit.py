"""The authors' MDSGen forward, to 1e-4, from its converted state dict (facts.md, section 3)."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
import torch

from foleycli.bundles.convert import mdsgen_official
from foleycli.errors import ModelError
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.networks.mdsgen.masking import mask_from_noise
from foleycli.specs import DitSpec
from tests.golden import FOLDER, formula_inputs, formula_state, golden

SPEC = replace(DitSpec.sized("T", layout="official"), depth=4, width=96, heads=3, decoder_depth=2)
T = torch.tensor([7, 903])


@pytest.fixture(scope="module")
def model() -> MDSGen:
    model = MDSGen(SPEC).eval()
    model.load_state_dict(mdsgen_official(formula_state("mdsgen_small")))
    return model


def latent_and_features() -> tuple[torch.Tensor, torch.Tensor]:
    return formula_inputs("x", (2, 8, 204, 16)), torch.nn.functional.normalize(
        formula_inputs("video", (2, 32, 512)), dim=-1
    )


def assert_golden(out: torch.Tensor, name: str) -> None:
    torch.testing.assert_close(out[:, :, ::17, ::5], golden("mdsgen_small")[name], atol=1e-4, rtol=0)


@torch.no_grad()
def test_conditional_unconditional_and_guided(model: MDSGen) -> None:
    latent, features = latent_and_features()
    drop = torch.tensor([False, False, True, True])
    both = model(torch.cat([latent, latent]), T.repeat(2), torch.cat([features, features]), drop=drop)
    conditional, unconditional = both.chunk(2)
    assert_golden(conditional, "cond")
    assert_golden(unconditional, "uncond")
    for power in ("0.01", "4.0"):
        weights = [(5 - 1) * (1 - math.cos(math.pi * (1 - t / 1000) ** float(power))) / 2 + 1 for t in T.tolist()]
        scale = torch.tensor(weights).view(2, 1, 1, 1)
        assert_golden(unconditional + scale * (conditional - unconditional), f"cfg5_pow{power}")


@torch.no_grad()
def test_masked_branch(model: MDSGen) -> None:
    expected = golden("mdsgen_small")
    mask = mask_from_noise("tam", SPEC.columns, SPEC.rows, 0.3, expected["noise"])
    assert torch.equal(mask.hidden.float(), expected["mask"])
    assert torch.equal(mask.visible, expected["ids_keep"].long().sort(dim=1).values)
    latent, features = latent_and_features()
    assert_golden(model(latent, T, features, mask=mask), "masked")


def test_the_released_model_has_our_keys_and_shapes() -> None:
    keys = json.loads((FOLDER / "mdsgen_b_keys.json").read_text())
    published = {key: torch.empty(shape, device="meta") for key, (shape, _) in keys.items()}
    with torch.device("meta"):
        ours = MDSGen(DitSpec.sized("B", layout="official")).state_dict()
    converted = mdsgen_official(published)
    assert {k: v.shape for k, v in converted.items()} == {k: v.shape for k, v in ours.items()}


def test_another_checkpoint_is_refused() -> None:
    with pytest.raises(ModelError, match="no MDSGen checkpoint"):
        mdsgen_official({"weight": torch.zeros(1)})
