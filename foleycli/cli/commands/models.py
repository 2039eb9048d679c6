"""`foley models ...`: lists, shows, checks, fetches, imports and removes models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foleycli.cli.console import Console
from foleycli.cli.options import JsonOption, OfflineOption, OverwriteOption, QuietOption
from foleycli.text import size, table

if TYPE_CHECKING:
    from foleycli.bundles.remote import HubName, Listing

app = typer.Typer(help="Lists, shows, checks, fetches and imports models.", no_args_is_help=True, rich_markup_mode=None)
_HUB_NAME = "owner/name[@revision] on the Hugging Face Hub, or a listed part."
_CAVP = "cavp_epoch66.ckpt of Diff-Foley. Default: what 'foley models pull cavp' fetched."
_VAE = "Weights of AudioLDM's VAE. Default: what 'foley models pull audioldm-vae' fetched."
_VOCODER = "Weights of AudioLDM's vocoder. Default: what 'foley models pull audioldm-hifigan' fetched."
ToOption = Annotated[
    Path | None,
    typer.Option("--to", metavar="FOLDER", help="Folder to write to. Default: the Hub's cache.", file_okay=False),
]
AsOption = Annotated[str, typer.Option("--as", metavar="NAME", help="The name that -m will take.")]
NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="A name from 'foley models list', a folder, or hf://owner/name.")
]


@app.command("list")
def list_models(as_json: JsonOption = False) -> None:
    """Lists the models that foley knows by name, with their size and licence."""
    from foleycli.workflows.model_facts import known_models

    console, facts = Console(as_json=as_json), known_models()
    if as_json:
        console.data(facts)
        return
    rows = [("name", "where", "size", "licence", "commercial", "what")]
    for one in facts:
        shown = size(one["size_bytes"]) if one["size_bytes"] else "-"
        use = "yes" if one["commercial_use"] else "no"
        rows.append((one["name"], one["source"], shown, one["licence"], use, one["title"]))
    console.result(table(rows))


@app.command("show")
def show_model(name: NameArgument, as_json: JsonOption = False, offline: OfflineOption = False) -> None:
    """Shows the parts of a model, its parameters, settings, licence and training data."""
    from foleycli.workflows.model_facts import model_facts

    facts = model_facts(name, offline=offline)
    console = Console(as_json=as_json)
    if as_json:
        console.data(facts)
    else:
        console.result("\n".join(_lines(facts)))


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
    to: ToOption = None,
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
def import_model(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="mdsgen_audioldm.pt, or SpecVQGAN's archive.")],
    name: AsOption = "mdsgen-b-audioldm",
    cavp: Annotated[Path | None, typer.Option(metavar="FILE", help=_CAVP)] = None,
    vae: Annotated[Path | None, typer.Option(metavar="FILE", help=_VAE)] = None,
    vocoder: Annotated[Path | None, typer.Option(metavar="FILE", help=_VOCODER)] = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Turns the MDSGen authors' checkpoint into a model for -m. Every key and shape is checked; no code in it runs."""
    from foleycli.models.mdsgen.importing import OFFICIAL_SPECS, import_mdsgen, published_sources
    from foleycli.models.visual_echoes import importing as visual_echoes

    if name == visual_echoes.NAME:
        Console().result(str(visual_echoes.import_specvqgan(file, vocoder, overwrite=overwrite).folder))
        return
    given = {part: path for part, path in (("cavp", cavp), ("vae", vae), ("vocoder", vocoder)) if path is not None}
    bundle = import_mdsgen(file, name, given, overwrite=overwrite)
    console = Console()
    console.warn(f"{name}: licence {bundle.manifest.licence}; no commercial use")
    for part, published in published_sources(OFFICIAL_SPECS).items():
        if part not in bundle.manifest.parts:
            console.note(f"{part} is not in it: foley models pull {published}")
    console.result(str(bundle.folder))


@app.command("remove")
def remove_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An imported model, a listed part, or owner/name.")],
) -> None:
    """Deletes an imported or pulled model from this machine."""
    from foleycli.bundles.store import remove

    Console().result(f"removed {remove(name)}")


def _lines(facts: dict[str, Any], indent: str = "") -> list[str]:
    """Plain data as indented lines a person can read."""
    lines: list[str] = []
    for key, value in facts.items():
        label = f"{indent}{key.replace('_', ' ')}"
        if isinstance(value, dict):
            lines += [f"{label}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list | tuple):
            lines.append(f"{label}: {', '.join(str(item) for item in value)}")
        elif key == "size_bytes" and value is not None:
            lines.append(f"{indent}size: {size(value)}")
        elif isinstance(value, bool) or value is None:
            lines.append(f"{label}: {'yes' if value else 'unknown' if value is None else 'no'}")
        elif isinstance(value, int) and value >= 10_000:
            lines.append(f"{label}: {value:,}")
        else:
            lines.append(f"{label}: {value}")
    return lines
