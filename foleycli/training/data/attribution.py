"""The list of everyone whose recordings a model was trained on, from the manifest that lies beside the sounds."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

HEADER = """# Attribution

The built-in model learned its sounds from these recordings, and from nothing else that was recorded. The recordings
are not in this package; weights are. CC-BY asks that their authors are named: here they are, by licence. To rebuild the
set, put the files in a folder with a `manifest.csv` of the columns file, sound_class, label, licence, author,
attribution, seconds, source, and run `foley train sounds --sounds DIR`.
"""


def attribution_list(manifest: Path) -> str:
    """Markdown: per licence, a line per attribution with the number of clips cut from it, sorted."""
    clips: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with manifest.open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            who = " ".join((row["attribution"] or f"{row['label']} by {row['author']} ({row['source']})").split())
            clips[row["licence"]][who] += 1
    sections = []
    for licence in sorted(clips):
        total = sum(clips[licence].values())
        lines = [
            f"- {who}" + (f" ({count} clips)" if count > 1 else "") for who, count in sorted(clips[licence].items())
        ]
        sections.append(f"## {licence}: {total} clips\n\n" + "\n".join(lines) + "\n")
    return "\n".join([HEADER, *sections])
