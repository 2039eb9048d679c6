"""`foley models ...`: lists, shows, checks, fetches, imports and removes models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foleycli.cli.console import Console
from foleycli.cli.options import JsonOption, OfflineOption, OverwriteOption, QuietOption
from foleycli.text import outline, size, table

if TYPE_CHECKING:
    from foleycli.bundles.remote import HubName, Listing

app = typer.Typer(help="Lists, shows, checks, fetches and imports models.", no_args_is_help=True, rich_markup_mode=None)
_HUB_NAME = "owner/name[@revision] on the Hugging Face Hub, or a name from 'foley models list'."
_TO = "Folder to write to. Default: the Hub's cache."
_NAME = "A name from 'foley models list', a folder, or hf://owner/name."
_AS = "The name that -m will take; specvqgan for SpecVQGAN's archive."
_CAVP = "cavp_epoch66.ckpt of Diff-Foley. Default: what 'foley models pull cavp' fetched."
_VAE = "Weights of AudioLDM's VAE. Default: what 'foley models pull audioldm-vae' fetched."
_VOCODER = "AudioLDM's vocoder, or best_netG.pt of SpecVQGAN; else what 'foley models pull audioldm-hifigan' fetched."

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help=_NAME)]


@app.command("list")
def list_models(as_json: JsonOption = False) -> None:
    """Lists the models that foley knows by name, with their size and licence."""
    from foleycli.workflows.model_facts import known_models, model_rows

    facts = known_models()
    Console(as_json=as_json).either(facts, table(model_rows(facts)))


@app.command("show")
def show_model(name: NameArgument, as_json: JsonOption = False, offline: OfflineOption = False) -> None:
    """Shows the parts of a model, its parameters, settings, licence and training data."""
    from foleycli.workflows.model_facts import model_facts

    facts = model_facts(name, offline=offline)
    Console(as_json=as_json).either(facts, "\n".join(outline(facts)))


@app.command("path")
def model_path(name: NameArgument, offline: OfflineOption = False) -> None:
    """Prints the folder of a model."""
    from foleycli.workflows.model_facts import find_bundle

    Console().result(str(find_bundle(name, offline=offline).folder.resolve()))


@app.command("verify")
def verify_model(name: NameArgument, offline: OfflineOption = False) -> None:
    """Compares the sha256 of every file of a model with its manifest."""
    from foleycli.workflows.model_facts import find_bundle

    bundle = find_bundle(name, offline=offline)
    bundle.verify()
    files = len(bundle.manifest.files)
    Console().result(f"{bundle.manifest.name}: {files} files, {size(bundle.size_bytes)}, all as published")


@app.command("pull")
def pull_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help=_HUB_NAME)],
    to: Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help=_TO, file_okay=False)] = None,
    offline: OfflineOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fetches a model from the Hugging Face Hub, checks every file, prints its folder. Continues a stopped fetch."""
    from foleycli.bundles.store import pull

    console = Console(quiet=quiet)

    def announce(hub: HubName, listing: Listing) -> None:
        console.note(f"{hub} at {listing.commit[:12]}: {size(listing.size_bytes)}, licence {listing.licence}")
        if listing.commercial_use is False:
            console.warn(f"{hub}: licence {listing.licence}, no commercial use of it or of what it makes")

    with console.progress() as progress:
        folder = pull(name, to=to, offline=offline, progress=progress, announce=announce)
    console.result(str(folder.resolve()))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="mdsgen_audioldm.pt, or SpecVQGAN's archive.")],
    name: Annotated[str, typer.Option("--as", metavar="NAME", help=_AS)] = "mdsgen-b-audioldm",
    cavp: Annotated[Path | None, typer.Option(metavar="FILE", help=_CAVP)] = None,
    vae: Annotated[Path | None, typer.Option(metavar="FILE", help=_VAE)] = None,
    vocoder: Annotated[Path | None, typer.Option(metavar="FILE", help=_VOCODER)] = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Turns the MDSGen authors' checkpoint into a model for -m. Every key and shape is checked; no code in it runs."""
    from foleycli.workflows.importing import import_model

    console = Console()
    made = import_model(file, name, parts={"cavp": cavp, "vae": vae, "vocoder": vocoder}, overwrite=overwrite)
    if not made.commercial_use:
        console.warn(f"{name}: licence {made.licence}; no commercial use")
    for part, published in made.missing.items():
        console.note(f"{part} is not in it: foley models pull {published}")
    console.result(str(made.folder))


@app.command("remove")
def remove_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An imported model, a listed part, or owner/name.")],
) -> None:
    """Deletes an imported or pulled model from this machine."""
    from foleycli.bundles.store import remove

    Console().result(f"removed {remove(name)}")
