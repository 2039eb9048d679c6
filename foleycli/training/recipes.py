"""Runs by name: what `foley train NAME` does. A recipe is a function of a workspace; its docstring says time and yield.

    sounds -> rehearsals -> vae -> latents -> performer --.
    vae -> texture (the same file)
    sounds -> vocoder ------------------------------------+-> bundle -> palette
    scenes -> spotter ------------------------------------'
    sounds -> echo-tokens -> echo
    videos -> mdsgen

Each step keeps what it makes in the workspace and goes on from there when it is run again.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import torch

from foleycli.bundles.format import read_bundle, spec_from_plain
from foleycli.cues.classes import SOUND_CLASSES
from foleycli.errors import InputError
from foleycli.models.loaded import LoadedModel
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.codecs.vocoder import IstftVocoder
from foleycli.networks.mdsgen.timbre import TIMBRE_SIZE
from foleycli.specs import CueSpec, DitSpec, SamplerSpec, SpotterSpec, VaeSpec, VocoderSpec
from foleycli.training.assemble import TRAINING_DATA, assemble
from foleycli.training.codec.codec import VaeRecipe, VocoderRecipe
from foleycli.training.codec.texture import TextureRecipe
from foleycli.training.data.attribution import attribution_list
from foleycli.training.data.cue_player import SoundBank
from foleycli.training.data.device_mixer import DeviceMixer
from foleycli.training.data.mixes import Mixer, WindowMixer
from foleycli.training.data.sounds import INDEX_NAME, SoundCache, build_sound_cache
from foleycli.training.loop import RunConfig, fit
from foleycli.training.mdsgen.ablations import ablated
from foleycli.training.mdsgen.features import LatentSet, build_rehearsals, encode_shards
from foleycli.training.mdsgen.from_videos import mdsgen
from foleycli.training.mdsgen.growing import GrowingLatents, start_workers
from foleycli.training.mdsgen.palette import build_palette, ring_on
from foleycli.training.mdsgen.palette_selection import (
    CANDIDATES,
    CLASSIFIER_RUN,
    ClassifierListener,
    Listener,
    TaggerListener,
    select_palette,
    selection_classifier,
)
from foleycli.training.mdsgen.performer import PerformerRecipe, train_performer
from foleycli.training.mdsgen.tagger import open_tagger
from foleycli.training.scale import scale_of
from foleycli.training.spotter.calibration import calibrate, peaks_of
from foleycli.training.spotter.spotter import SHARD_CLIPS, SceneClips, scene_clip, train_spotter, write_shard
from foleycli.training.visual_echoes.recipes import echo, echo_tokens
from foleycli.training.workspace import Workspace, trained_vae

CUES = CueSpec(SOUND_CLASSES, embedding=64, held_seconds=(0.1, 0.6), timbre=TIMBRE_SIZE)
TEST_SHARDS = 3
GRAIN = (0.34, 0.18)  # 0.7 of what the decoder's errors deviate by at the lowest bins (but the very lowest), highest
TEXTURE_WIDTH = 32
VAE = VaeSpec(widths=(40, 80, 200), decoder_blocks=(1, 2, 3), last_width=24, grain=GRAIN)
DIT = DitSpec(width=256, heads=4)
MOST_REHEARSALS = 160_000  # windows: 45 GB as shards; the latents of all fit into 20 GB of a card
CALIBRATION_SEED, CALIBRATION_SHARDS = 7_000_000, 4  # scenes that calibrate the spotter
POCKET_SAMPLER = SamplerSpec(steps=6, guidance=1.8, guidance_rescale=1.0, prediction="v")


def sounds(work: Workspace) -> SoundCache:
    """Decodes the sound folder to one array of 32 kHz, split by source recording: 1 minute for 5 hours of sound."""
    cache = work.folder / "sounds"
    if work.sounds is None and not (cache / INDEX_NAME).exists():
        raise InputError(f"{cache}: no sounds yet; name a folder with manifest.csv by --sounds")
    return build_sound_cache(work.sounds or cache, cache, work.count)


def attribution(work: Workspace) -> Path:
    """The authors of the sounds, as markdown."""
    if work.sounds is None:
        raise InputError("attribution: no manifest to read; name the folder with manifest.csv by --sounds")
    path = work.folder / "attribution.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(attribution_list(work.sounds / "manifest.csv"), encoding="utf-8")
    return path


def rehearsals(work: Workspace) -> None:
    """`--steps` shards (80) of 128 windows, mel and cue curves: 20 windows/s on a core."""
    cache = sounds(work)
    folder = work.folder / "rehearsals"
    build_rehearsals(SoundBank(cache, "test"), CUES, folder, shards=range(TEST_SHARDS))
    build_rehearsals(SoundBank(cache, "train"), CUES, folder, shards=range(work.steps or 80), progress=work.count)


def vae(work: Workspace) -> None:
    """The mel VAE on random mixes: 1850 steps of 8, 45 minutes on a core; its latents are scaled to unit variance."""
    scale = scale_of(work.device)
    recipe = VaeRecipe(batch_size=scale.vae)
    defaults = RunConfig(
        work.folder, 1850, learning_rate=scale.vae_rate, clip_norm=0.5, ema_decay=0.995, weight_decay=1e-3
    )
    torch.manual_seed(0)
    model, batches = MelVae(VAE), recipe.batch_at(mixer_of(work))
    ema = fit(
        model, batches, recipe.loss, config=work.run("vae", defaults),
        batch_size=recipe.batch_size, progress=work.progress, resume=work.resume,
    )  # fmt: skip
    model.load_state_dict(ema)
    with torch.no_grad():
        spread = torch.cat([model.encode(batches(step)[0]).flatten() for step in range(8)]).std().item()
    work.save("vae", ema, replace(VAE, latent_scale=round(VAE.latent_scale / spread, 4)))


def texture(work: Workspace) -> None:
    """The VAE's texture network, the rest of the VAE as it is: 4000 steps of 8, 0.7 s each on a core."""
    recipe, trained = TextureRecipe(batch_size=scale_of(work.device).texture), trained_vae(work)
    spec = replace(trained.spec, texture_width=TEXTURE_WIDTH)
    defaults = RunConfig(work.folder, 4000, learning_rate=2e-3, weight_decay=1e-3, ema_decay=0.998)
    torch.manual_seed(0)
    model = MelVae(spec)
    model.load_state_dict(trained.state_dict(), strict=False)  # with new texture weights where it has none yet
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith("texture."))
    ema = fit(
        model, recipe.batch_at(mixer_of(work)), recipe.loss, config=work.run("texture", defaults),
        batch_size=recipe.batch_size, progress=work.progress, resume=work.resume,
    )  # fmt: skip
    work.save("vae", ema, spec)


def vocoder(work: Workspace) -> None:
    """The iSTFT vocoder on random mixes, half of the mels through the VAE: 2000 steps of 8, 0.6 s each on a core."""
    recipe, spec = VocoderRecipe(batch_size=scale_of(work.device).vocoder), VocoderSpec(filtered_noise=True)
    defaults = RunConfig(work.folder, 2000, learning_rate=1e-3, weight_decay=1e-3, ema_decay=0.998)
    torch.manual_seed(0)
    batches = recipe.batch_at(mixer_of(work), vae=trained_vae(work).to(work.device))
    ema = fit(
        IstftVocoder(spec), batches, recipe.loss, config=work.run("vocoder", defaults),
        batch_size=recipe.batch_size, progress=work.progress, resume=work.resume,
    )  # fmt: skip
    work.save("vocoder", ema, spec)


def codec(work: Workspace) -> None:
    """VAE, texture network and vocoder one after another; of `--minutes` they have 0.4, 0.35 and 0.25."""
    for recipe, share in ((vae, 0.4), (texture, 0.35), (vocoder, 0.25)):
        recipe(replace(work, seconds=None if work.seconds is None else share * work.seconds))


def mixer_of(work: Workspace) -> Mixer:
    """What the codec learns from: windows mixed on the device of the training."""
    cache = sounds(work)
    return WindowMixer(cache, "train") if work.device == "cpu" else DeviceMixer(cache, "train", work.device)


def latents(work: Workspace) -> None:
    """Rehearsals through the trained VAE, scaled to unit variance: 20 windows/s on a core."""
    encode_shards(trained_vae(work), work.folder / "rehearsals", work.folder / "latents")


def performer(work: Workspace) -> None:
    """MDSGen with frame-aligned conditioning on the latents: 5000 steps of 32, 90 minutes on a core with bf16.

    With `--workers` rehearsals are made while it trains, and it learns from those that are there. An ablation does
    it in `ablations/NAME`, a workspace of its own with the other parts linked in.
    """
    scale = scale_of(work.device)
    recipe = PerformerRecipe(
        DIT, CUES, POCKET_SAMPLER, batch_size=scale.performer, steps=work.steps or 5000,
        masked_every=scale.masked_every, learning_rate=scale.performer_rate,
    )  # fmt: skip
    own = work
    if work.ablation:
        recipe, own = ablated(recipe, work.ablation), work.aside(work.ablation)
        own.sampler_path.write_text(json.dumps(asdict(recipe.sampler)) + "\n")
    with growing_latents(work) as growing:
        parts = train_performer(
            recipe, growing or LatentSet(work.folder / "latents"), own.folder / "runs" / "performer",
            seconds=work.seconds, device=work.device, precision=work.precision, by_time=work.by_time,
            resume=work.resume, progress=work.progress,
        )  # fmt: skip
    parts["cues"]["palette"] = build_palette(SoundBank(sounds(work), "train"), CUES)
    own.save("dit", parts["dit"], recipe.dit)
    own.save("cues", parts["cues"], recipe.cues)


@contextmanager
def growing_latents(work: Workspace) -> Iterator[GrowingLatents | None]:
    """Latents of rehearsals that `work.workers` processes make meanwhile; None without any."""
    if not work.workers:
        yield None
        return
    sounds(work)
    folder = work.folder / "rehearsals"
    workers = start_workers(work.folder / "sounds", CUES, folder, workers=work.workers, most=MOST_REHEARSALS)
    try:
        latents = GrowingLatents(folder, trained_vae(work), CUES, most=MOST_REHEARSALS, device=work.device)
        while not latents.windows:
            if not any(worker.is_alive() for worker in workers):
                raise InputError(f"{folder}: no rehearsals could be made; run 'foley train rehearsals' to see why")
            time.sleep(0.2)
            latents.take()
        yield latents
    finally:
        for worker in workers:
            worker.terminate()


def scenes(work: Workspace) -> None:
    """`--steps` shards (104) of 256 rendered clips of 3.84 s as motion grids: 12 to 25 clips a second on a core."""
    shards = work.steps or 104
    for shard in range(shards):
        write_shard(work.folder / "scenes", shard * SHARD_CLIPS, scene_clip, spec=SpotterSpec(classes=SOUND_CLASSES))
        work.count(shard + 1, shards)


def spotter(work: Workspace) -> None:
    """The spotter on rendered scenes: 14,000 steps of 16 clips, two hours on a core with bf16; calibrated."""
    spec = SpotterSpec(
        stem_width=64, width=96, dilations=(1, 2, 4, 8, 8, 2, 1, 2, 4, 8),
        classes=SOUND_CLASSES, lag_seconds=0.045, threshold=0.6,
    )  # fmt: skip
    config = work.run("spotter", RunConfig(work.folder, 14_000, learning_rate=2e-3, weight_decay=0.01, ema_decay=0.997))
    model = train_spotter(spec, [work.folder / "scenes"], config, progress=work.progress)
    held_out = work.folder / "scenes_held_out"
    work.save("spotter", model.state_dict(), spec)
    for shard in range(CALIBRATION_SHARDS):
        write_shard(held_out, CALIBRATION_SEED + shard * SHARD_CLIPS, scene_clip, spec=spec)
    line = calibrate(peaks_of(model.cpu(), SceneClips([held_out])))
    work.save("spotter", model.state_dict(), replace(spec, calibration=line))


def bundle(work: Workspace) -> Path:
    """The trained parts as a model folder, ready for `foley dub -m`."""
    card = f"# A foley model\n\nTrained with foleycli's recipes.\n\n{TRAINING_DATA}\n"
    path, sampler = work.sampler_path, POCKET_SAMPLER
    if path.exists():
        sampler = spec_from_plain(SamplerSpec, json.loads(path.read_text()), str(path))
    return assemble(work.folder / "weights", work.folder / "model", sampler, card=card, name=work.folder.name).folder


def palette(work: Workspace) -> Path:
    """Up to 60 recordings of each class tried on the bundle's performer, a quarter kept: 80 minutes on a core."""
    if not work.resume:  # scores and ears are of a performer and sounds that may have changed
        for part in ("ears", "palette"):
            shutil.rmtree(work.folder / "runs" / part, ignore_errors=True)
    bank, loaded = SoundBank(sounds(work), "train"), LoadedModel(read_bundle(bundle(work)))
    listener: Listener
    if work.tagger is not None:
        listener = TaggerListener(open_tagger(work.tagger))
    else:
        shards = sorted((work.folder / "rehearsals").glob("train_*.npz"))
        listener = ClassifierListener(selection_classifier(bank, shards, work.run("ears", CLASSIFIER_RUN)))
    tried = build_palette(bank, replace(CUES, palette=(CANDIDATES, CUES.palette[1])))
    state = torch.load(work.weights("cues"), weights_only=True)
    selected = select_palette(loaded, tried, listener, folder=work.folder / "runs" / "palette", count=work.count)
    state["palette"] = ring_on(selected, CUES.classes, bank)
    work.save("cues", state, CUES)
    return bundle(work)


RECIPES: dict[str, Callable[[Workspace], object]] = {
    "sounds": sounds,
    "attribution": attribution,
    "rehearsals": rehearsals,
    "vae": vae,
    "texture": texture,
    "codec": codec,
    "latents": latents,
    "performer": performer,
    "vocoder": vocoder,
    "scenes": scenes,
    "spotter": spotter,
    "bundle": bundle,
    "palette": palette,
    "echo-tokens": echo_tokens,
    "echo": echo,
    "mdsgen": mdsgen,
}
