"""A recorded loop gives what the loop gives, on the path that a card takes: only its graph is replaced here."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from foleycli.networks.mdsgen import layers
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.sampling.graphs import MOST_RECORDINGS, Recordings, Work, rerun
from foleycli.sampling.latents import Place, draw_latents, sampling_loop
from foleycli.sampling.runtime import Runtime
from foleycli.specs import DitSpec, SamplerSpec

CPU = torch.device("cpu")


class Spy:
    """`rerun`, which notes how often work was recorded and replayed, and poisons the output before each replay."""

    def __init__(self) -> None:
        self.recorded = self.replayed = 0

    def __call__(self, work: Work) -> tuple[Callable[[], None], Tensor]:
        self.recorded += 1
        replay, output = rerun(work)

        def poisoned() -> None:
            self.replayed += 1
            output.fill_(float("nan"))
            replay()

        return poisoned, output


def model(**changes: object) -> MDSGen:
    torch.manual_seed(0)
    spec = DitSpec(depth=2, width=48, decoder_depth=1, mask="none", **changes)  # type: ignore[arg-type]
    dit = MDSGen(spec).eval().requires_grad_(False)
    for parameter in dit.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))
    return dit


def features(batch: int, seed: int) -> Tensor:
    return torch.randn(batch, 32, 512, generator=torch.Generator().manual_seed(seed))


def places(seed: int, columns: int = 0) -> list[Place]:
    end = torch.randn(8, 16, columns, generator=torch.Generator().manual_seed(seed)) if columns else None
    return [Place(seed, Fraction(0), before=end), Place(seed + 1, Fraction(7), after=end)]


@pytest.mark.parametrize("changes", [{}, {"adaln": "zero", "aligned": False}, {"reducer": "none"}])
@pytest.mark.parametrize("prediction", ["epsilon", "v"])
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_a_recorded_loop_gives_the_same_latents_for_fresh_inputs(
    guidance: float, prediction: str, changes: dict[str, object]
) -> None:
    dit, spy = model(**changes), Spy()
    sampler = SamplerSpec(steps=3, guidance=guidance, prediction=prediction, guidance_rescale=0.5)  # type: ignore[arg-type]
    plain, recorded = Runtime(CPU, torch.float32), Runtime(CPU, torch.float32, recordings=Recordings(spy))
    drawn = []
    for seed, columns in ((1, 0), (2, 0), (3, 5), (4, 2)):
        call = (dit, features(2, seed), places(seed, columns), sampler)
        with torch.inference_mode():
            expected, got = draw_latents(*call, plain), draw_latents(*call, recorded)
        assert torch.equal(got, expected)
        drawn.append((got, expected))
    assert all(torch.equal(got, expected) for got, expected in drawn)  # no later call wrote over an earlier result
    assert (spy.recorded, spy.replayed) == (2, 4)  # one without held columns and one with, whatever their number


class NothingOnTheHost(TorchDispatchMode):
    """Refuses whatever reads or makes a CPU tensor, which a CUDA graph could not record."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        result = func(*args, **(kwargs or {}))
        for one in tree_leaves((args, kwargs, result)):
            assert not isinstance(one, Tensor) or one.device.type == "meta", f"{func}: a tensor on the host"
        return result


@pytest.mark.parametrize("changes", [{}, {"adaln": "zero", "aligned": False, "relative_position_bias": True}])
def test_the_loop_never_waits_for_the_device_nor_copies_from_the_host(changes: dict[str, object]) -> None:
    meta = torch.device("meta")
    dit, sampler = model(**changes).to(meta), SamplerSpec(steps=3, guidance=3.0, prediction="v", guidance_rescale=0.5)
    with torch.inference_mode():
        condition = dit.condition(features(2, 0).to(meta))
        loop = sampling_loop(dit, sampler, Runtime(meta, torch.float32), condition, holds=True)
        latent, where = torch.empty(2, 8, 16, 64, device=meta), torch.empty(2, 1, 1, 64, dtype=torch.bool, device=meta)
        with NothingOnTheHost():
            assert loop(latent, latent, where, *condition.tensors()).shape == latent.shape


def test_what_differs_in_more_than_its_inputs_is_recorded_apart() -> None:
    spy = Spy()
    recordings = Recordings(spy)
    for key, tensor in ((1, torch.ones(2)), (2, torch.ones(2)), (1, torch.ones(3)), (1, torch.ones(2).double())):
        result = recordings.call(key, lambda one, key=key: one * key, tensor)
        assert torch.equal(result, tensor * key) and result.dtype == tensor.dtype
    assert spy.recorded == 4
    for key in range(100, 100 + MOST_RECORDINGS):
        recordings.call(key, torch.neg, torch.ones(2))
    assert spy.recorded == 4 + MOST_RECORDINGS
    recordings.call(1, torch.neg, torch.ones(2))  # the oldest was dropped, and is recorded again
    assert spy.recorded == 5 + MOST_RECORDINGS


def test_where_nothing_can_be_recorded_the_loop_runs_as_it_is_and_says_so_once() -> None:
    def refuse(work: Work) -> tuple[Callable[[], None], Tensor]:
        raise RuntimeError("operation not permitted when stream is capturing\nand more")

    recordings = Recordings(refuse)
    with pytest.warns(UserWarning, match=r"no CUDA graph here \(operation not permitted .* capturing\)"):
        assert torch.equal(recordings.call("key", torch.neg, torch.ones(2)), -torch.ones(2))
    assert torch.equal(recordings.call("key", torch.neg, torch.ones(2)), -torch.ones(2))


def test_running_out_of_memory_is_not_taken_for_a_card_without_graphs() -> None:
    def full(work: Work) -> tuple[Callable[[], None], Tensor]:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        Recordings(full).call("key", torch.neg, torch.ones(2))


def test_a_bias_that_a_graph_reads_outlives_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    bias = layers.RelativeBias(4, 2, 3)
    monkeypatch.setattr(layers, "_is_recorded", lambda tensor: True)
    with torch.inference_mode():
        first = bias()
        assert bias() is first
    with torch.no_grad():
        second = bias()
    assert second is not first
    assert [one.data_ptr() for one in bias._recorded] == [first.data_ptr(), second.data_ptr()]
