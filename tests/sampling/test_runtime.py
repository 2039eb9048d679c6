"""The ways to run the transformer change its speed, not what it computes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from foleycli.errors import UsageError
from foleycli.networks.mdsgen.dit import Condition, MDSGen
from foleycli.sampling import runtime
from foleycli.sampling.graphs import cuda_graph
from foleycli.sampling.runtime import Runtime
from foleycli.specs import DitSpec

CPU = torch.device("cpu")


@pytest.fixture
def dit() -> MDSGen:
    torch.manual_seed(0)
    model = MDSGen(DitSpec(depth=1, width=48, decoder_depth=1, mask="none")).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))
    return model


def step(run: runtime.Run, dit: MDSGen) -> Tensor:
    random = torch.Generator().manual_seed(1)
    features = torch.randn(2, 32, 512, generator=random)
    with torch.inference_mode():
        return run(torch.randn(2, 8, 16, 64, generator=random), torch.tensor([3.0, 700.0]), dit.condition(features))


def test_bfloat16_is_near_and_comes_back_as_float32(dit: MDSGen) -> None:
    exact, near = (step(Runtime.of(CPU, name).run(dit), dit) for name in ("fp32", "bf16"))
    assert near.dtype == torch.float32
    assert 0 < (near - exact).abs().max() < 0.05 * exact.abs().max()


@pytest.mark.parametrize("able", [True, False])
def test_auto_takes_bfloat16_on_a_card_that_multiplies_it(able: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation: able)
    assert Runtime.of(torch.device("cuda"), "auto").dtype == (torch.bfloat16 if able else torch.float32)
    for device in (CPU, torch.device("mps"), torch.device("cuda")):
        assert Runtime.of(device, "fp32").dtype == torch.float32
        assert Runtime.of(device, "bf16").dtype == torch.bfloat16
    for device in (CPU, torch.device("mps")):
        assert Runtime.of(device, "auto").dtype == torch.float32


def test_weights_in_bfloat16_give_the_numbers_that_autocast_gives(dit: MDSGen) -> None:
    narrowed = step(Runtime(CPU, torch.bfloat16).run(dit), dit)
    assert {parameter.dtype for parameter in dit.parameters()} == {torch.float32}

    def cast_in_each_call(latent: Tensor, t: Tensor, condition: Condition) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return dit.denoise(latent, t, condition).float()

    assert torch.equal(narrowed, step(cast_in_each_call, dit))


def test_compiled_once_and_whole(dit: MDSGen, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def fake(call: Callable[..., Tensor], **options: object) -> Callable[..., Tensor]:
        asked.append(options)
        return call

    monkeypatch.setattr("torch.compile", fake)
    runtime._compiled.cache_clear()
    run = runtime._compiled(dit)
    one = step(run, dit)
    assert runtime._compiled(dit) is run
    assert asked == [{"fullgraph": True, "dynamic": False}]
    assert torch.equal(one, step(Runtime(CPU, torch.float32).run(dit), dit))
    runtime._compiled.cache_clear()


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_loops_are_recorded_on_a_card_alone(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation: True)
    recordings = Runtime.of(torch.device(device), "auto").recordings
    assert (recordings is not None and recordings.record is cuda_graph) == (device == "cuda")


def test_torch_s_own_tracer_takes_it_whole_at_equal_output(dit: MDSGen, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = torch.compile
    monkeypatch.setattr("torch.compile", lambda call, **options: compiled(call, fullgraph=True, backend="eager"))
    runtime._compiled.cache_clear()
    plain, traced = (step(Runtime(CPU, torch.float32, way).run(dit), dit) for way in (False, True))
    torch.testing.assert_close(traced, plain, atol=1e-4, rtol=0)
    runtime._compiled.cache_clear()


def test_no_compiler_is_one_line(dit: MDSGen, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(call: Callable[..., Tensor], **options: object) -> Callable[..., Tensor]:
        def fail(*inputs: object) -> Tensor:
            raise torch._dynamo.exc.BackendCompilerFailed(lambda: None, RuntimeError("no g++"), None)

        return fail

    monkeypatch.setattr("torch.compile", broken)
    runtime._compiled.cache_clear()
    with pytest.raises(UsageError, match=r"--compile.*leave it out") as refusal:
        step(Runtime(CPU, torch.float32, True).run(dit), dit)
    assert "\n" not in str(refusal.value)
    runtime._compiled.cache_clear()
