"""Published state dicts -> ours: keys renamed, convolutions over patches or frames unfolded, constants dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from einops import rearrange
from torch import Tensor

from foleycli.errors import ModelError

StateDict = Mapping[str, Tensor]
Rule = tuple[str, str | None]  # pattern of a whole published key -> our key, or None for what we compute ourselves

_MDSGEN_RULES: tuple[Rule, ...] = (
    (r"pos_embed", "positions"),
    (r"decoder_pos_embed", "decoder_positions"),
    (r"mask_token", "interpolator.token"),
    (r"x_embedder\.proj\.(weight|bias)", r"embed.\1"),
    (r"t_embedder\.mlp\.(\d)\.(weight|bias)", r"time.mlp.\1.\2"),
    (r"mlp_feat\.0\.(weight|bias)", r"reducer.project.0.\1"),
    (r"mlp_feat\.2\.(weight|bias)", r"reducer.project.2.\1"),
    (r"conv1d_feat\.0\.(weight|bias)", r"reducer.weights.\1"),
    (r"conv1d_feat\.2\.(weight|bias)", r"reducer.finish.1.\1"),
    (r"final_layer\.linear\.(weight|bias)", r"final.linear.\1"),
    (r"final_layer\.adaLN_modulation\.1\.(weight|bias)", r"final.modulation.linear.\1"),
    (r"(.*)\.rel_pos_bias\.relative_position_index", None),
    (r"sideblocks\.0\.(.*)", r"interpolator.block.\1"),
)
_BLOCK_RULES: tuple[Rule, ...] = (
    (r"(.*)\.attn\.rel_pos_bias\.relative_position_bias_table", r"\1.bias.table"),
    (r"(.*)\.attn\.qkv\.(.*)", r"\1.attention.qkv.\2"),
    (r"(.*)\.attn\.proj\.(.*)", r"\1.attention.out.\2"),
    (r"(.*)\.mlp\.fc1\.(.*)", r"\1.mlp.0.\2"),
    (r"(.*)\.mlp\.fc2\.(.*)", r"\1.mlp.2.\2"),
    (r"(.*)\.adaLN_modulation\.1\.(.*)", r"\1.modulation.linear.\2"),
)
_HIFIGAN_RULES: tuple[Rule, ...] = (
    (r"conv_pre\.(.*)", r"enter.\1"),
    (r"upsampler\.(\d+)\.(.*)", r"stages.\1.upsampler.\2"),
    (r"conv_post\.(.*)", r"leave.\1"),
)
_BLOCKS_PER_STAGE = 3  # one residual block per kernel size, numbered through all stages


def _renamed(key: str, rules: tuple[Rule, ...]) -> str | None:
    for pattern, ours in rules:
        match = re.fullmatch(pattern, key)
        if match:
            return None if ours is None else match.expand(ours)
    return key


def _converted(state: StateDict, rename: Callable[[str], str | None], what: str, expected: str) -> dict[str, Tensor]:
    if expected not in state:
        raise ModelError(f"this is no {what}: it has no {expected}; give the file that its authors published")
    named = {key: rename(key) for key in state}
    return {ours: state[key].detach() for key, ours in named.items() if ours is not None}


def mdsgen_official(state: StateDict) -> dict[str, Tensor]:
    """The authors' MDSGen state dict -> that of MDSGen(DitSpec.sized(size, layout="official")), at any depth."""

    def rename(key: str) -> str | None:
        ours = _renamed(key, _MDSGEN_RULES)
        return None if ours is None else _renamed(ours, _BLOCK_RULES)

    ours = _converted(state, rename, "MDSGen checkpoint", "x_embedder.proj.weight")
    ours["embed.weight"] = rearrange(ours["embed.weight"], "d c q p -> d (c q p)")
    ours["reducer.weights.weight"] = ours["reducer.weights.weight"].squeeze(-1)
    return ours


def hifigan_audioldm(state: StateDict) -> dict[str, Tensor]:
    """AudioLDM's vocoder (transformers' SpeechT5HifiGan, no weight norm) -> HifiGan(VocoderSpec("hifigan", ..))."""

    def rename(key: str) -> str | None:
        match = re.fullmatch(r"resblocks\.(\d+)\.convs([12])\.(.*)", key)
        if match is None:
            return _renamed(key, _HIFIGAN_RULES)
        stage, block = divmod(int(match[1]), _BLOCKS_PER_STAGE)
        return f"stages.{stage}.blocks.{block}.{'dilated' if match[2] == '1' else 'plain'}.{match[3]}"

    return _converted(state, rename, "HiFi-GAN in AudioLDM's layout", "conv_pre.weight")
