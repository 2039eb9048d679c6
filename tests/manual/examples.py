"""Lines to try, per command: shown in docs/cli.md, and each one run by a test."""

from __future__ import annotations

# These take minutes, run until they are ended, or need what only you have: the test only reads their options.
LONG = ("edit", "train", "evaluate", "models import", "models remove")
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "dub": (
        ("foley dub clip.mp4", "a copy with sound, clip.foley.mp4, beside it"),
        ("foley dub clip.mp4 -o out.mkv --seed 7 --sound 'chopping wood'", "another seed; hits of chopping wood"),
        ("foley dub clip.mp4 -o takes.wav --takes 2", "two variants, the sound alone"),
        ("foley dub clip.mp4 -o best.mp4 --takes 3 --keep best", "the best of three by timing, level and noise"),
        ("foley dub clip.mp4 -o mix.wav --stems stems --fade-out 0.5", "hits and lasting sounds apart, too"),
        ("foley dub clip.mp4 -o mine.mp4 --cues cues.csv", "from an edited cue sheet"),
        (
            "foley dub clip.mp4 -o cut.wav --timeline cut.fcpxml",
            "with a timeline for Final Cut or Resolve, a clip for each cue",
        ),
        ("foley dub clip.mp4 -o train.wav --only-cues --span train 0 1.5", "one lasting sound, nothing else"),
        ("foley dub clip.mp4 -o dubbed.wav --sidecar", "also writes dubbed.foley.json, for rerun and retake"),
        ("foley dub - -o - < clip.mp4 > out.wav", "in a pipe"),
        ("foley dub photo.jpg -o photo.mp4 --seconds 2", "a still picture becomes a video with a sound"),
        ("foley dub clip.mp4 --dry-run", "the plan: windows, outputs, time, disk"),
    ),
    "batch": (
        ("foley batch . --out-dir out", "every video in this folder and below, once"),
        ("foley batch '*.mp4' -o out --name '{stem}.wav' --json", "the sound alone; a JSON line for each event"),
        ("foley batch . -o out --report report.html", "with a page to look at and listen to"),
        ("foley batch . -o out --executor ray --dry-run", "the plan of a run on a Ray cluster"),
        ("foley batch . -o out --dry-run", "the plan: which video becomes which file"),
    ),
    "rerun": (("foley rerun dubbed.foley.json -o again.wav", "the same samples again"),),
    "retake": (
        ("foley retake dubbed.wav --from 0.5 --to 1.2 --seed 7", "this part with another seed; the rest stays"),
    ),
    "spot": (
        ("foley spot clip.mp4", "the cue sheet on stdout"),
        ("foley spot clip.mp4 -o cues.txt", "as labels for Audacity"),
        ("foley spot clip.mp4 -o cues.edl", "as markers for DaVinci Resolve"),
        ("foley spot clip.mp4 -o cues.csv -f --keep-locked cues.csv", "spot again, keep the locked cues"),
    ),
    "edit": (
        ("foley edit clip.mp4", "see, hear and edit the cues in the browser; docs/edit.md"),
        (
            "foley edit clip.mp4 --cues cues.csv --no-browser --port 8000",
            "start from a sheet; you open the printed address",
        ),
    ),
    "imagine": (
        ("foley imagine photo.jpg -o photo.wav", "a sound for a picture"),
        ("foley imagine photo.jpg -o takes.wav --takes 2 --guidance 3", "two variants that follow the picture closely"),
        ("foley imagine --sound bark.wav -o bark.png", "a picture for a sound"),
        ("foley imagine --both -o pairs --count 4", "four pictures with sounds from nothing, and a contact sheet"),
        ("foley imagine - -o - < photo.jpg > photo.wav", "in a pipe"),
    ),
    "probe": (
        ("foley probe clip.mp4", "streams, times, frame rate"),
        ("foley probe clip.mp4 --plot strip.png", "pictures, motion and hits, drawn on one time axis"),
    ),
    "sounds": (
        ("foley sounds", "what --sound takes: names, hit or lasting, classes, descriptions"),
        ("foley sounds gunshot", "one of them, with all words that stand for it"),
        ("foley sounds impact_metal -o sample.wav", "4 s of it; --play to hear it at once"),
    ),
    "models list": (("foley models list", "names, sizes, licences"),),
    "models show": (("foley models show pocket", "parts, parameters, settings, training data"),),
    "models path": (("foley models path pocket", "its folder"),),
    "models verify": (("foley models verify pocket", "compares every file with its sha256"),),
    "models pull": (("foley models pull pocket", "built in: nothing to fetch; owner/name is fetched"),),
    "models import": (("foley models import mdsgen_audioldm.pt --as mdsgen-b-audioldm", "MDSGen's published weights"),),
    "models remove": (("foley models remove cavp", "frees 1.4 GB of disk"),),
    "scenes list": (("foley scenes list", "the kinds of scene"),),
    "scenes render": (
        ("foley scenes render drum -o drum.mp4 --seconds 2 --height 96 --cues truth.csv", "a scene, its true events"),
    ),
    "scenes sheet": (("foley scenes sheet -o sheet.png --kind ball --kind knock", "a row of pictures per kind"),),
    "train": (
        ("foley train scenes --work runs", "one step of docs/training.md: rendered scenes as motion grids"),
        ("foley train spotter --work runs --minutes 30", "another step, for half an hour; run it again to continue"),
        ("foley train mdsgen --videos clips --ablation short", "the paper's model from your own videos with sound"),
    ),
    "evaluate": (
        ("foley evaluate pocket --data scenes --count 4", "the model on held-out rendered scenes"),
        ("foley evaluate pocket --tagger yamnet.tflite", "how an independent tagger names each sound"),
    ),
    "config show": (("foley config show", "what is set in foley.toml and FOLEY_ variables, and where"),),
    "demo": (("foley demo --out-dir demo", "a rendered clip, dubbed"),),
    "doctor": (("foley doctor", "versions, ffmpeg, device, model"),),
}
