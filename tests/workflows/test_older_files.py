"""Sidecars and journals that foley wrote before its settings were typed are still read."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

import pytest

from foleycli.errors import InputError
from foleycli.specs.settings import Generation, Mix, Model, Settings
from foleycli.workflows.batch.job import DubJob
from foleycli.workflows.batch.journal import Journal
from foleycli.workflows.sidecar import Retake, read_sidecar, to_json

FIXTURES = Path(__file__).parents[1] / "fixtures"
SIDECAR = FIXTURES / "dub_of_1.0.foley.json"


def test_an_older_sidecar_is_read_whole() -> None:
    sidecar = read_sidecar(SIDECAR)
    mix = Mix(original="mix", loudness_lufs=-20.0, fade_in=Fraction(1, 2), level="off", room_tone_lufs=None)
    assert sidecar.settings == Settings(generation=Generation(), model=Model(name="pocket"), mix=mix)
    assert (sidecar.video, sidecar.output) == ("/videos/cut.mp4", "cutmix.mp4")
    assert [round(float(stop)) for _, stop in sidecar.windows] == [5, 10]
    assert [cue.sound for cue in sidecar.cues] == ["impact_wood", "rain", "impact_metal", "footsteps"]
    assert sidecar.retakes == (Retake(Fraction(2), Fraction(4), 9),)


def test_an_older_sidecar_is_written_as_it_was() -> None:
    old, new = json.loads(SIDECAR.read_text()), json.loads(to_json(read_sidecar(SIDECAR)))
    assert new["settings"].pop("mix") == {**old["settings"].pop("mix"), "level": "off"}
    assert {key: new["settings"].get(key) for key in old["settings"]} == old["settings"]
    assert {key: new[key] for key in old if key != "settings"} == {key: old[key] for key in old if key != "settings"}


def test_an_older_journal_knows_what_is_done(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in (FIXTURES / "journal_of_1.0.jsonl").read_text().splitlines()]
    jobs = []
    for entry in lines:
        source, target = tmp_path / Path(entry["input"]).name, tmp_path / "out" / entry["output"]
        target.parent.mkdir(exist_ok=True)
        source.touch()
        target.touch()
        found = os.stat(source)
        entry |= {"input": str(source), "stamp": [found.st_size, found.st_mtime_ns]}
        jobs.append(DubJob(source, target))
    folder = tmp_path / "out" / ".foley-batch"
    folder.mkdir()
    (folder / "journal.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in lines))
    with Journal(tmp_path / "out", lines[0]["settings"]) as journal:
        assert journal.waiting(jobs) == ()
        notes = journal.notes(jobs[0])
        assert notes is not None and len(notes.cues) == 3
    with Journal(tmp_path / "out", "other settings") as journal:
        assert set(journal.waiting(jobs)) == set(jobs)


@pytest.mark.parametrize("key", ["compiled", "apart", "precision"])
def test_a_setting_that_an_older_file_lacks_has_its_default(tmp_path: Path, key: str) -> None:
    plain = json.loads(SIDECAR.read_text())
    del plain["settings"][key]
    path = tmp_path / "out.foley.json"
    path.write_text(json.dumps(plain))
    assert read_sidecar(path).settings == read_sidecar(SIDECAR).settings


@pytest.mark.parametrize(
    "odd", [{"windows": [[0, float("inf")]]}, {"retakes": [{"start": 0, "stop": 1, "seed": float("inf")}]}]
)
def test_infinity_in_a_sidecar_is_refused_in_one_line(tmp_path: Path, odd: dict[str, object]) -> None:
    path = tmp_path / "out.foley.json"
    path.write_text(json.dumps(json.loads(SIDECAR.read_text()) | odd))
    with pytest.raises(InputError, match=r"^\S+: not a sidecar of foley \([^\n]*\); 'foley dub"):
        read_sidecar(path)
