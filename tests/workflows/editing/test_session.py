"""An editing session: only windows near a change are performed, the samples are those of a dub, edits survive."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.cues.sheet import Cue, read_cues
from foleycli.errors import InputError, OutputError, UsageError
from foleycli.models.remembering import RememberingModel
from foleycli.specs.settings import Generation, Mix, Model, Outputs, Settings
from foleycli.video.encode import write_video
from foleycli.workflows.dub import DubRequest, dub
from foleycli.workflows.editing.edits import edits_path, from_plain, load_edits, to_plain
from foleycli.workflows.editing.session import EditSession
from foleycli.workflows.rerun import rerun
from tests.cli.conftest import models
from tests.library.recordings import small_library, taps, write

__all__ = ["models"]  # a fixture

RATE = 48_000
SECONDS = 24
CUES = (
    *(Cue(float(at), 0.7, "impact_wood") for at in range(1, SECONDS, 3)),
    Cue(12.0, 0.5, "rain", stop=18.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A still film of four windows."""
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    write_video(path, [np.full((64, 96, 3), 90, np.uint8)] * (SECONDS * 5), 5)
    return path


@pytest.fixture
def settings(models: Path) -> Settings:
    return Settings(
        generation=Generation(steps=1),
        model=Model(name=str(models / "pocket"), device="cpu", offline=True, namer="off"),
    )


@pytest.fixture
def session(idle: EditSession) -> EditSession:
    """A session whose sheet was performed."""
    return done(idle, "begin")


@pytest.fixture
def idle(long: Path, settings: Settings, tmp_path: Path) -> EditSession:
    video = tmp_path / "clip.mp4"
    video.write_bytes(long.read_bytes())
    (tmp_path / "work").mkdir()
    return EditSession(video, tmp_path / "work", settings, CUES)


def done(session: EditSession, work: str, *given: object) -> EditSession:
    getattr(session, work)(*given)
    session.jobs.wait()
    assert session.jobs.error == ""
    return session


def heard(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(str(path), dtype="int32")
    assert rate == RATE
    return np.asarray(samples)


def sound(session: EditSession) -> np.ndarray:
    assert session.track is not None
    return heard(session.track.performed.track)


def windows(session: EditSession) -> int:
    assert session._pipeline is not None
    model = session._pipeline.model
    assert isinstance(model, RememberingModel)
    return model.performed


def moved(session: EditSession, number: int, **values: object) -> None:
    cues = list(session.edits.cues)
    cues[number] = replace(cues[number], **values)  # type: ignore[arg-type]
    session.put(replace(session.edits, cues=tuple(cues)))


def test_only_windows_near_a_change_are_performed_and_the_samples_are_those_of_a_dub(
    session: EditSession, settings: Settings, tmp_path: Path
) -> None:
    first, count = sound(session), windows(session)
    assert count == 4
    moved(session, 0, time=1.1, sound="glass")
    done(session, "perform")
    assert windows(session) - count == 2  # its window, and the next, which goes on from how that one ends
    changed = sound(session)
    outputs = Outputs(target=tmp_path / "whole.flac", overwrite=True)
    whole = replace(settings, mix=Mix(level="off", room_tone_lufs=None))
    session.put(replace(session.edits, mix=whole.mix))
    done(session, "export", "mine.flac")
    dub(DubRequest(video=session.video, settings=whole, outputs=outputs, cues=session.edits.cues))
    assert np.array_equal(heard(tmp_path / "mine.flac"), heard(tmp_path / "whole.flac"))
    moved(session, 0, time=1.0, sound="impact_wood")
    session.put(replace(session.edits, mix=Mix()))
    done(session, "perform")
    assert np.array_equal(sound(session), first)
    assert not np.array_equal(changed, first)
    assert windows(session) - count == 2  # undone, nothing is performed


def test_locks_confidence_and_muted_cues_that_were_muted_perform_nothing(session: EditSession) -> None:
    count = windows(session)
    moved(session, 3, lock=True, confidence=0.2, named_by="asked")
    done(session, "perform")
    assert windows(session) == count
    moved(session, 3, mute=True)
    done(session, "perform")
    assert windows(session) > count


def test_the_edits_survive_and_are_a_cue_sheet(idle: EditSession, settings: Settings, tmp_path: Path) -> None:
    moved(idle, 0, sound="glass", named_by="asked", suggestions=("impact_metal",))
    (tmp_path / "again").mkdir()
    again = EditSession(idle.video, tmp_path / "again", settings)
    assert again.edits == idle.edits
    assert again.edits.cues[0].named_by == "asked"
    assert again.spotted
    assert read_cues(edits_path(idle.video).read_text()) == idle.edits.cues
    other = EditSession(idle.video, tmp_path / "again", settings, CUES[:1])  # a sheet that is named wins
    assert other.edits.cues == CUES[:1]


def test_a_take_replaces_its_part_alone_and_stays(session: EditSession) -> None:
    before, count = sound(session), windows(session)
    done(session, "perform_takes", Fraction(16), Fraction(20), 1)
    assert windows(session) - count <= 3  # of four: those of the part, and the one before it
    takes = session.takes
    assert [one.take.seed for one in takes if one.take] == [1]
    session.use_take(takes[0].number)
    after = sound(session)
    inside = slice(16 * RATE, 20 * RATE)
    assert np.array_equal(np.delete(after, np.r_[inside]), np.delete(before, np.r_[inside]))
    assert not np.array_equal(after[inside], before[inside])
    count = windows(session)
    done(session, "perform")
    assert np.array_equal(sound(session), after)
    assert windows(session) == count
    with pytest.raises(UsageError, match=r"again|not kept"):
        session.use_take(takes[0].number)


def test_the_export_is_what_was_heard_and_can_be_made_again(session: EditSession, tmp_path: Path) -> None:
    done(session, "perform_takes", Fraction(3), Fraction(6), 1)
    session.use_take(session.takes[0].number)
    done(session, "export", "out.wav")
    assert session.wrote == "out.wav"
    again = rerun(tmp_path / "out.foley.json", tmp_path / "again.wav")
    assert again.identical
    assert np.array_equal(heard(tmp_path / "out.wav"), heard(tmp_path / "again.wav"))
    with pytest.raises(OutputError, match="exists"):
        session.export("out.wav")


@pytest.mark.parametrize("name", ["", ".hidden.mp4", "../out.mp4", "/tmp/out.mp4", "a\\b.mp4", "clip.mp4", "out.exe"])
def test_an_export_that_leads_elsewhere_is_refused(idle: EditSession, name: str) -> None:
    with pytest.raises((UsageError, OutputError)):
        idle.export(name, overwrite=True)
    assert idle.jobs.running is None


@pytest.mark.parametrize("suffix", ["csv", "json", "txt"])
def test_a_sheet_is_saved_in_every_format(idle: EditSession, suffix: str) -> None:
    assert idle.save(f"sheet.{suffix}").stat().st_size > 100
    with pytest.raises(OutputError, match="exists"):
        idle.save(f"sheet.{suffix}")
    idle.save(f"sheet.{suffix}", overwrite=True)


def test_edits_are_the_same_after_a_way_through_json(idle: EditSession) -> None:
    mix = Mix(original="duck", loudness_lufs=-16.0, level="off", room_tone_lufs=None, fade_in=Fraction(1, 2))
    edits = replace(idle.edits, mix=mix, seed=4)
    assert from_plain(to_plain(edits)) == edits


def test_saved_edits_that_make_no_sense_are_one_line(long: Path, tmp_path: Path) -> None:
    video = tmp_path / "clip.mp4"
    video.write_bytes(long.read_bytes())
    assert load_edits(video) is None
    for text in (
        "{",
        '{"cues": 3}',
        '{"cues": [{"time": -1}]}',
        "\udcff".encode("utf-8", "surrogateescape").decode("latin1"),
    ):
        edits_path(video).write_text(text)
        with pytest.raises(UsageError, match=r"foley-edit\.json"):
            load_edits(video)


def test_a_job_can_be_stopped_and_another_waits(session: EditSession) -> None:
    session.put(replace(session.edits, seed=9))
    session.perform()
    with pytest.raises(UsageError, match="still running"):
        session.perform()
    session.jobs.stop()
    session.jobs.wait()
    assert session.jobs.error in ("Perform was stopped", "")
    done(session, "perform")


def test_recordings_of_a_library_are_played_as_in_a_dub(
    idle: EditSession, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_library(tmp_path / "own")
    monkeypatch.chdir(tmp_path)
    mix = Mix(level="off", room_tone_lufs=None)
    with_own = replace(settings, generation=replace(settings.generation, library="own"), mix=mix)
    (tmp_path / "work2").mkdir()
    session = done(EditSession(idle.video, tmp_path / "work2", with_own, CUES), "begin")
    moved(session, 0, time=1.2)
    done(session, "perform")
    assert windows(session) == 0  # wood and rain are in the library: the model has nothing to do
    moved(session, 1, sound="glass")
    done(session, "perform")
    assert windows(session) > 0
    done(session, "export", "mine.flac")
    dub(DubRequest(video=session.video, settings=with_own, outputs=Outputs(target=tmp_path / "whole.flac"),
                   cues=session.edits.cues))  # fmt: skip
    assert np.array_equal(heard(tmp_path / "mine.flac"), heard(tmp_path / "whole.flac"))
    done(session, "perform_takes", Fraction(12), Fraction(14), 1)
    session.use_take(session.takes[0].number)
    done(session, "export", "taken.flac")
    monkeypatch.chdir(tmp_path.parent)
    write(tmp_path / "own" / "wood" / "more_1.wav", taps([0.1, 0.6, 1.1, 1.6], 2.0, seed=8))
    assert rerun(tmp_path / "taken.foley.json", tmp_path / "again.flac").identical


def test_a_library_that_is_not_there_and_likes_of_a_model_that_cannot_are_said(
    idle: EditSession, settings: Settings, tmp_path: Path
) -> None:
    none = replace(settings, generation=replace(settings.generation, library=str(tmp_path / "none")))
    with pytest.raises(InputError, match="no such folder"):
        EditSession(idle.video, tmp_path, none, CUES)
    gong = write(tmp_path / "gong.wav", taps([0.1, 0.6], 1.1))
    likes = replace(settings, generation=replace(settings.generation, likes=(f"wood={gong}",)))
    session = EditSession(idle.video, tmp_path / "work", likes, CUES)
    session.begin()
    session.jobs.wait()
    assert "can't imitate recordings: no --like" in session.jobs.error


def test_options_that_saved_edits_replace_are_named(idle: EditSession, settings: Settings, tmp_path: Path) -> None:
    idle.put(replace(idle.edits, mix=Mix(gain_db=-3, fade_in=Fraction("0.1"))))

    def notes(seed: int = 0, cues: tuple[Cue, ...] | None = None, **mix: object) -> tuple[str, ...]:
        asked = replace(settings, mix=Mix(**mix), generation=replace(settings.generation, seed=seed))  # type: ignore[arg-type]
        return EditSession(idle.video, tmp_path / "work", asked, cues).notes

    assert notes() == () == notes(gain_db=-3.0, fade_in=Fraction("0.1"))
    (note,) = notes(7, gain_db=-6, loudness_lufs=-16.0, level="off")
    assert note == (
        f"--gain, --loudness, --seed: not used, mix and seed are those saved in {edits_path(idle.video)}; "
        "to start afresh, move it away"
    )
    assert notes(7, CUES, gain_db=-6) == ()  # a sheet that is named starts afresh
