"""MAGE's masked encoder-decoder over discrete tokens (Li et al. 2023, LTH14/mage), as Visual Echoes uses it.

ids (B, 1 + N) -> words + positions -> [drop hidden places] -> encoder -> Linear -> [pad to full length]
               -> + positions -> decoder -> logits over the word table (B, 1 + N, vocabulary)

State-dict keys are those of the published checkpoints.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from torch import Tensor, nn

from foleycli.specs.visual_echoes import TransformerSpec

_MLP_RATIO = 4
_NORM_EPS = 1e-6
_HEAD_NORM_EPS = 1e-5  # the published head's layer norm keeps torch's default, all others do not
_INIT_STD = 0.02


class Attention(nn.Module):
    """Full self-attention: (B, N, D) -> same; softmax in float32."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.proj_drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = rearrange(self.qkv(x), "b n (three h d) -> three b h n d", three=3, h=self.heads)
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        out: Tensor = self.proj_drop(self.proj(rearrange(mixed, "b h n d -> b n (h d)")))
        return out


class Mlp(nn.Module):
    """Linear, GELU, Linear: (B, N, D) -> same."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, _MLP_RATIO * width)
        self.fc2 = nn.Linear(_MLP_RATIO * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.drop(self.fc2(self.drop(F.gelu(self.fc1(x)))))
        return out


class Block(nn.Module):
    """A pre-norm transformer block: (B, N, D) -> same."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=_NORM_EPS)
        self.attn = Attention(width, heads, dropout)
        self.norm2 = nn.LayerNorm(width, eps=_NORM_EPS)
        self.mlp = Mlp(width, dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class TokenEmbedding(nn.Module):
    """Words and positions: ids (B, 1 + N) -> (B, 1 + N, D)."""

    def __init__(self, spec: TransformerSpec) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(spec.vocabulary, spec.width)
        self.position_embeddings = nn.Embedding(1 + spec.places, spec.width)
        self.LayerNorm = nn.LayerNorm(spec.width, eps=_NORM_EPS)
        self.dropout = nn.Dropout(spec.dropout)

    def forward(self, ids: Tensor) -> Tensor:
        embedded: Tensor = self.LayerNorm(self.word_embeddings(ids) + self.position_embeddings.weight)
        out: Tensor = self.dropout(embedded)
        return out


class TokenHead(nn.Module):
    """Decoder output (B, N, D_dec) -> logits (B, N, vocabulary), by likeness to the table of words."""

    def __init__(self, spec: TransformerSpec) -> None:
        super().__init__()
        self.fc = nn.Linear(spec.decoder_width, spec.width)
        self.ln = nn.LayerNorm(spec.width, eps=_HEAD_NORM_EPS)
        self.bias = nn.Parameter(torch.zeros(1, 1, spec.vocabulary))

    def forward(self, x: Tensor, words: Tensor, first: int = 0) -> Tensor:
        """Over `words` (ids, D), rows of the table from `first` on."""
        bias = self.bias[..., first : first + len(words)]
        out: Tensor = self.ln(F.gelu(self.fc(x))) @ words.detach().t() + bias
        return out


class MaskedTransformer(nn.Module):
    """Logits of every place from the visible tokens."""

    def __init__(self, spec: TransformerSpec) -> None:
        super().__init__()
        self.spec = spec
        self.token_emb = TokenEmbedding(spec)
        self.blocks = nn.ModuleList(Block(spec.width, spec.heads, spec.dropout) for _ in range(spec.depth))
        self.norm = nn.LayerNorm(spec.width, eps=_NORM_EPS)
        self.decoder_embed = nn.Linear(spec.width, spec.decoder_width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, spec.decoder_width))
        self.decoder_pos_embed_learned = nn.Parameter(torch.zeros(1, 1 + spec.places, spec.decoder_width))
        decoder = (Block(spec.decoder_width, spec.decoder_heads, spec.dropout) for _ in range(spec.decoder_depth))
        self.decoder_blocks = nn.ModuleList(decoder)
        self.decoder_norm = nn.LayerNorm(spec.decoder_width, eps=_NORM_EPS)
        self.mlm_layer = TokenHead(spec)
        self.apply(_initialise)
        nn.init.normal_(self.mask_token, std=_INIT_STD)
        nn.init.normal_(self.decoder_pos_embed_learned, std=_INIT_STD)

    def encode(self, ids: Tensor, kept: Tensor | None = None) -> Tensor:
        """ids (B, 1 + N) -> latent (B, K, D) of the `kept` places (B, K) in order, or of all of them."""
        x = self.token_emb(ids)  # (B, 1 + N, D)
        if kept is not None:
            x = x.gather(1, repeat(kept, "b k -> b k d", d=x.shape[2]))  # (B, K, D)
        for block in self.blocks:
            x = block(x)
        latent: Tensor = self.norm(x)
        return latent

    def decode(self, latent: Tensor, hidden: Tensor, kept: Tensor | None = None) -> Tensor:
        """latent (B, K, D), hidden (B, 1 + N) bool -> (B, 1 + N, D_dec), for `told` to name.

        Hidden places, and all that the encoder did not see, hold one vector for the decoder to start from.
        """
        x = self.decoder_embed(latent)  # (B, K, D_dec)
        count = hidden.shape[1]
        vector = self.mask_token if self.spec.padding == "learnable" else x[:, :1]
        padding = vector.to(x.dtype).expand(len(x), count, -1)
        if kept is not None:
            x = padding.scatter(1, repeat(kept, "b k -> b k d", d=x.shape[2]), x)  # (B, 1 + N, D_dec)
        x = torch.where(hidden[..., None], padding, x) + self.decoder_pos_embed_learned
        for block in self.decoder_blocks:
            x = block(x)
        decoded: Tensor = self.decoder_norm(x)
        return decoded

    def told(self, decoded: Tensor, first: int = 0, last: int | None = None) -> Tensor:
        """Decoder outputs (B, N, D_dec) -> logits (B, N, ids) of the ids from `first` to before `last`."""
        logits: Tensor = self.mlm_layer(decoded, self.token_emb.word_embeddings.weight[first:last], first)
        return logits

    def forward(self, tokens: Tensor, mask: Tensor | None = None, drop: Tensor | None = None) -> Tensor:
        """As `decoded`, and told over all ids: logits (B, N, vocabulary)."""
        return self.told(self.decoded(tokens, mask, drop))

    def decoded(self, tokens: Tensor, mask: Tensor | None = None, drop: Tensor | None = None) -> Tensor:
        """tokens (B, N), where `mask` (B, N) bool hides and `drop` (B, N) bool withholds -> (B, N, D_dec).

        Without a mask, the places that hold [MASK] are hidden. Every row drops as many places as the others.
        """
        mask = tokens == self.spec.mask_id if mask is None else mask
        ids = F.pad(tokens.masked_fill(mask, self.spec.mask_id), (1, 0), value=self.spec.class_id)
        hidden = F.pad(mask, (1, 0), value=False)
        kept = None
        if drop is not None:
            withheld = F.pad(drop, (1, 0), value=False)
            kept = rearrange((~withheld).nonzero()[:, 1], "(b k) -> b k", b=len(tokens))
        return self.decode(self.encode(ids, kept), hidden, kept)[:, 1:]


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=_INIT_STD)
