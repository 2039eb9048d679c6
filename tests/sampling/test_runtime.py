"""The ways to run the transformer change its speed, not what it computes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from foleycli.errors import UsageError
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.sampling import runtime as engine
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


def step(run: engine.Run, dit: MDSGen) -> Tensor:
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


@pytest.mark.parametrize(("device", "mode"), [("cpu", None), ("cuda", "reduce-overhead")])
def test_compiled_once_whole_and_captured_on_a_card(
    dit: MDSGen, device: str, mode: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []
    last: list[Tensor] = []

    def fake(call: Callable[..., Tensor], **options: object) -> Callable[..., Tensor]:
        def replay(*inputs: object) -> Tensor:  # a captured graph writes over its last output
            out = call(*inputs)
            last.append(last[0].copy_(out) if last else out.clone())
            return last[-1]

        asked.append(options)
        return replay if mode else call

    monkeypatch.setattr("torch.compile", fake)
    engine._compiled.cache_clear()
    run = engine._compiled(dit, device)
    one = step(run, dit)
    assert engine._compiled(dit, device) is run
    assert asked == [{"fullgraph": True, "dynamic": False, "mode": mode}]
    kept = one.clone()
    with torch.inference_mode():
        run(torch.zeros(2, 8, 16, 64), torch.zeros(2), dit.condition(None))
    assert torch.equal(one, kept)
    assert torch.equal(one, step(Runtime(CPU, torch.float32).run(dit), dit))
    engine._compiled.cache_clear()


def test_torch_s_own_tracer_takes_it_whole_at_equal_output(dit: MDSGen, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = torch.compile
    monkeypatch.setattr("torch.compile", lambda call, **options: compiled(call, fullgraph=True, backend="eager"))
    engine._compiled.cache_clear()
    plain, traced = (step(Runtime(CPU, torch.float32, way).run(dit), dit) for way in (False, True))
    torch.testing.assert_close(traced, plain, atol=1e-4, rtol=0)
    engine._compiled.cache_clear()


def test_no_compiler_is_one_line(dit: MDSGen, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(call: Callable[..., Tensor], **options: object) -> Callable[..., Tensor]:
        def fail(*inputs: object) -> Tensor:
            raise torch._dynamo.exc.BackendCompilerFailed(lambda: None, RuntimeError("no g++"), None)

        return fail

    monkeypatch.setattr("torch.compile", broken)
    engine._compiled.cache_clear()
    with pytest.raises(UsageError, match=r"--compile.*leave it out") as refusal:
        step(Runtime(CPU, torch.float32, True).run(dit), dit)
    assert "\n" not in str(refusal.value)
    engine._compiled.cache_clear()
