"""Published state dicts -> ours: keys renamed, convolutions over patches or frames unfolded, constants dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from einops import rearrange

from foleycli.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

StateDict = Mapping[str, "Tensor"]
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
_KL_ATTENTION = r"(.*coder\.mid_block\.attentions\.0)"
_KL_RULES: tuple[Rule, ...] = (  # diffusers' names of before 2023, which AudioLDM's files have
    (_KL_ATTENTION + r"\.query\.(.*)", r"\1.to_q.\2"),
    (_KL_ATTENTION + r"\.key\.(.*)", r"\1.to_k.\2"),
    (_KL_ATTENTION + r"\.value\.(.*)", r"\1.to_v.\2"),
    (_KL_ATTENTION + r"\.proj_attn\.(.*)", r"\1.to_out.0.\2"),
)
_BLOCKS_PER_STAGE = 3  # one residual block per kernel size, numbered through all stages
_CAVP_BLOCKS_BEFORE_LAYER = {"1": 0, "2": 3, "3": 7, "4": 13}
_CAVP_BLOCK_PARTS = {"conv1": "narrow", "conv2": "look", "conv3": "widen", "downsample": "shortcut"}
_NORM_EPS = 1e-5


def _renamed(key: str, rules: tuple[Rule, ...]) -> str | None:
    for pattern, ours in rules:
        match = re.fullmatch(pattern, key)
        if match:
            return None if ours is None else match.expand(ours)
    return key


def _require(state: StateDict, what: str, key: str) -> None:
    if key not in state:
        raise ModelError(f"this is no {what}: it has no {key}; give the file that its authors published")


def _converted(state: StateDict, rename: Callable[[str], str | None]) -> dict[str, Tensor]:
    named = {key: rename(key) for key in state}
    return {ours: state[key].detach() for key, ours in named.items() if ours is not None}


def mdsgen_official(state: StateDict) -> dict[str, Tensor]:
    """The authors' MDSGen state dict -> that of MDSGen(DitSpec.sized(size, layout="official")), at any depth."""

    def rename(key: str) -> str | None:
        ours = _renamed(key, _MDSGEN_RULES)
        return None if ours is None else _renamed(ours, _BLOCK_RULES)

    _require(state, "MDSGen checkpoint", "x_embedder.proj.weight")
    ours = _converted(state, rename)
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

    _require(state, "HiFi-GAN in AudioLDM's layout", "conv_pre.weight")
    return _converted(state, rename)


def kl_decoder(state: StateDict) -> dict[str, Tensor]:
    """AudioLDM's or Stable Diffusion's VAE (diffusers' AutoencoderKL) -> its decoder alone, with today's names."""
    return _kl_half(state, "decoder", r"(encoder|quant_conv)\..*")


def kl_encoder(state: StateDict) -> dict[str, Tensor]:
    """The same file -> its encoder alone, which only training needs."""
    return _kl_half(state, "encoder", r"(decoder|post_quant_conv)\..*")


def _kl_half(state: StateDict, half: str, other: str) -> dict[str, Tensor]:
    _require(state, "AutoencoderKL of diffusers", f"{half}.conv_in.weight")
    return _converted(state, lambda key: _renamed(key, ((other, None), *_KL_RULES)))


def cavp_official(state: StateDict) -> dict[str, Tensor]:
    """Diff-Foley's CAVP checkpoint (with or without its `module.` prefix) -> CavpVideoEncoder."""
    state = _without_prefix(state, "module.")
    _require(state, "CAVP checkpoint", "video_encoder.conv1.conv.weight")
    ours = {f"project.{part}": state[f"video_project_head.{part}"].detach() for part in ("weight", "bias")}
    for key in state:
        match = re.fullmatch(r"video_encoder\.(.*)\.conv\.weight", key)
        if match:
            place = _cavp_place(match[1])
            ours[f"{place}.weight"], ours[f"{place}.bias"] = _folded(state, key, f"video_encoder.{match[1]}.bn")
    return ours


def cavp_spectrogram_official(state: StateDict) -> dict[str, Tensor]:
    """The other half of the same checkpoint -> CavpSpectrogramEncoder."""
    state = _without_prefix(state, "module.")
    _require(state, "CAVP checkpoint", "spec_encoder.fc1.weight")
    rules = (
        (r"spec_encoder\.bn\.(.*)", r"norm.\1"),
        (r"spec_encoder\.fc1\.(.*)", r"hidden.\1"),
        (r"spec_encoder\.final_project\.(.*)", r"project.\1"),
        (r".*", None),
    )
    ours = _converted(state, lambda key: _renamed(key, rules))
    for key in state:
        match = re.fullmatch(r"spec_encoder\.conv_block(\d)\.conv(\d)\.weight", key)
        if match:
            place = f"convolutions.{int(match[1]) - 1}.{2 * (int(match[2]) - 1)}"
            norm = f"spec_encoder.conv_block{match[1]}.bn{match[2]}"
            ours[f"{place}.weight"], ours[f"{place}.bias"] = _folded(state, key, norm)
    return ours


def _cavp_place(path: str) -> str:
    """conv1 -> stem; layer3.2.conv1 -> blocks.9.narrow."""
    match = re.fullmatch(r"layer(\d)\.(\d+)\.(\w+)", path)
    if match is None:
        return "stem"
    return f"blocks.{_CAVP_BLOCKS_BEFORE_LAYER[match[1]] + int(match[2])}.{_CAVP_BLOCK_PARTS[match[3]]}"


def _folded(state: StateDict, convolution: str, norm: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of a bias-free convolution with the batch normalisation after it, as eval runs them."""
    scale = state[f"{norm}.weight"].double() / (state[f"{norm}.running_var"].double() + _NORM_EPS).sqrt()
    bias = state[f"{norm}.bias"].double() - state[f"{norm}.running_mean"].double() * scale
    weight = state[convolution].detach()
    return weight * scale.float().view(-1, *[1] * (weight.ndim - 1)), bias.float()


def _without_prefix(state: StateDict, prefix: str) -> StateDict:
    return {key.removeprefix(prefix): value for key, value in state.items()}
