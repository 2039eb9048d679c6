"""Sounds in plain words: what people call each sound class, and the class of a word or a phrase.

exact        'gunshot', 'door slam'                 a name or a word of the table, singular or plural
contained    'footsteps on wet gravel'              the longest words of the table in it, before a preposition first
unknown      'thundery'                             refused, with the classes whose words and descriptions come nearest
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from foleycli.cues.audioset import RIGHT_NAMES
from foleycli.cues.classes import SOUND_CLASSES, SPAN_CLASSES
from foleycli.errors import UsageError

Form = Callable[[str], str]
TABLE = "sounds.toml"
EXAMPLES = 4  # words of each class in a list
ARTICLES = frozenset(("a", "an", "the", "some", "any", "of", "sound", "noise", "effect", "sfx", "fx"))
PREPOSITIONS = frozenset(
    ("on", "in", "at", "with", "against", "from", "into", "onto", "over", "through", "under", "near", "behind", "and",
     "by", "along", "down", "up", "out", "to", "inside", "outside", "while", "during", "after", "before")
)  # fmt: skip
IRREGULAR = {
    "geese": "goose", "mice": "mouse", "feet": "foot", "teeth": "tooth", "wolves": "wolf", "leaves": "leaf",
    "knives": "knife", "hooves": "hoof", "calves": "calf", "axes": "axe", "buses": "bus", "men": "man",
    "women": "woman", "children": "child", "people": "person", "shelves": "shelf", "oxen": "ox",
}  # fmt: skip
KNOWN_SHARE = 0.5  # of the words of a phrase that the table must know: a remark at a marker is not an order
# Weights of a word in the order of suggestions, by where the table has it.
ALONE, IN_PHRASE, IN_DESCRIPTION, BY_SPELLING = 2.0, 1.0, 0.5, 0.3
ALIKE = 0.74  # ratio of difflib from which a word counts as misspelt


@dataclass(frozen=True)
class SoundWords:
    """One sound class as people read it: `name` and `about` are shown, `words` are understood as well."""

    sound: str
    name: str
    about: str
    words: tuple[str, ...]

    @property
    def lasts(self) -> bool:
        """Whether it lasts, as rain does; else it is a hit, one short sound per event."""
        return self.sound in SPAN_CLASSES

    @property
    def kind(self) -> str:
        """In a word, for people."""
        return "lasting" if self.lasts else "hit"

    def row(self) -> tuple[str, ...]:
        """As a row of a table: name, kind, class, description with examples."""
        return self.name, self.kind, self.sound, f"{self.about} ({', '.join(self.words[:EXAMPLES])})"

    def text(self) -> str:
        """As text of three lines."""
        return f"{self.name} ({self.sound}): {self.kind}\n{self.about}\nAlso: {', '.join(self.words)}"

    def plain(self) -> dict[str, object]:
        """As JSON values."""
        kind = "span" if self.lasts else "hit"
        return {"sound": self.sound, "kind": kind, "name": self.name, "about": self.about, "words": list(self.words)}


@cache
def sound_words() -> dict[str, SoundWords]:
    """The table, by sound class."""
    table = tomllib.loads(files("foleycli.cues").joinpath(TABLE).read_text(encoding="utf-8"))
    return {
        sound: SoundWords(sound, row["name"], row["about"], words=tuple(" ".join(row["words"].split()).split(", ")))
        for sound, row in table.items()
    }


def readable(sound: str) -> str:
    """The name of a sound class as people read it: 'metal impact' for impact_metal."""
    known = sound_words().get(sound)
    return known.name if known is not None else sound.replace("_", " ")


def sound_of(name: str, where: str = "--sound") -> str:
    """The sound class of a name, a word or a phrase; "" of nothing.

    Raises UsageError for a word that stands for several classes, and for an unknown one with what comes nearest.
    """
    phrase = _plain(name)
    if not name.strip() or phrase.replace(" ", "_") in SOUND_CLASSES:
        return phrase.replace(" ", "_")
    found = _named(phrase) or _phrases(_singular, "").get(_in_form(phrase, _singular, "")) or _contained(phrase)
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(repr(readable(sound)) for sound in found)
        raise UsageError(f"{where}: {name!r} may be {names}; name the one you mean")
    near = ", ".join(repr(readable(sound)) for sound in nearest_sounds(name))
    hint = f"; perhaps {near} ('foley sounds' lists all)" if near else "; 'foley sounds' lists those there are"
    raise UsageError(f"{where}: no sound called {name!r}{hint}")


def nearest_sounds(name: str, count: int = 3) -> list[str]:
    """Sound classes whose words and descriptions share most with `name`, misspelt or not; best first."""
    scores: dict[str, float] = {}
    for word in {_stem(word) for word in _plain(name).split()} - {_stem(word) for word in PREPOSITIONS | ARTICLES}:
        index = _index()
        if word in index:
            alike = {word: 1.0}
        else:
            near = difflib.get_close_matches(word, index, n=5, cutoff=ALIKE)
            alike = {one: BY_SPELLING * difflib.SequenceMatcher(None, word, one).ratio() ** 4 for one in near}
            alike |= {one: BY_SPELLING for one in index if _begins_alike(one, word)}
        best: dict[str, float] = {}
        for one, likeness in alike.items():
            for sound, weight in index[one].items():
                best[sound] = max(best.get(sound, 0.0), likeness * weight)
        scores = {sound: scores.get(sound, 0.0) + best.get(sound, 0.0) for sound in scores | best}
    return sorted(scores, key=lambda sound: -scores[sound])[:count]


@cache
def _phrases(form: Form, blank: str = " ") -> dict[str, tuple[str, ...]]:
    """Every word and name of the table in this form of its words -> the classes that it stands for."""
    found: dict[str, tuple[str, ...]] = {}
    for sound, row in sound_words().items():
        for phrase in row.words:
            key = _in_form(_plain(phrase), form, blank)
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), sound)))
    return found | {_in_form(_plain(row.name), form, blank): (sound,) for sound, row in sound_words().items()}


def _named(phrase: str) -> tuple[str, ...]:
    """The classes of a phrase as it is spelt, or else in the singular, or else by the stems of its words."""
    forms: tuple[Form, ...] = (str, _singular, _stem)
    return next((found for form in forms if (found := _phrases(form).get(_in_form(phrase, form)))), ())


def _in_form(phrase: str, form: Form, blank: str = " ") -> str:
    """A phrase with each word in this form; without blanks 'firetruck' is 'fire truck'."""
    return blank.join(form(word) for word in phrase.split() if word not in ARTICLES)


def _contained(phrase: str) -> tuple[str, ...]:
    """The classes of the longest words of the table in a phrase; of equals the last before the first preposition."""
    words = [word for word in phrase.split() if word not in ARTICLES]
    telling = [word for word in words if word not in PREPOSITIONS]
    if sum(_stem(word) in _index() for word in telling) < KNOWN_SHARE * len(telling):
        return ()
    best: tuple[int, int, int] | None = None
    found: tuple[str, ...] = ()
    for start, length, piece in _spans(words):
        sounds = _named(" ".join(words[start : start + length]))
        rank = (length, -piece, start)
        if sounds and (best is None or rank > best):
            best, found = rank, sounds
    return found


def _spans(words: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Start, length and number of prepositions before it, of every run of words."""
    for start in range(len(words)):
        piece = sum(word in PREPOSITIONS for word in words[:start])
        yield from ((start, length, piece) for length in range(1, len(words) - start + 1))


@cache
def _index() -> dict[str, dict[str, float]]:
    """Stem of every word of the table and its descriptions -> the classes it stands at, and how much that tells."""
    index: dict[str, dict[str, float]] = {}
    for sound, row in sound_words().items():
        words = [_plain(phrase) for phrase in (sound, row.name, *row.words)]
        told = {
            IN_DESCRIPTION: [_plain(phrase) for phrase in (row.about, *RIGHT_NAMES.get(sound, ()))],
            IN_PHRASE: words,
            ALONE: [phrase for phrase in words if " " not in phrase],
        }
        for weight, phrases in told.items():
            for stem in {_stem(word) for phrase in phrases for word in phrase.split()}:
                index.setdefault(stem, {})[sound] = weight
    return {stem: classes for stem, classes in index.items() if stem not in PREPOSITIONS | ARTICLES}


def _begins_alike(known: str, word: str) -> bool:
    short, long = sorted((known, word), key=len)
    return len(short) >= 4 and long.startswith(short)


def _plain(text: str) -> str:
    """Lower case words with one blank between them."""
    return " ".join(re.findall(r"[^\W_]+", text.lower().replace("'s", "")))


def _singular(word: str) -> str:
    word = IRREGULAR.get(word, word)
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(ss|x|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word


@cache
def _stem(word: str) -> str:
    """A word without its ending: clapping, claps and clapped are clap."""
    word = _singular(word)
    cut = re.fullmatch(r"(.*[aeiouy].*?)(ing|ed)", word)
    if cut and len(cut[1]) >= 3:
        word = re.sub(r"([bdgkmnprtv])\1$", r"\1", cut[1])
    return word.removesuffix("e") if len(word) > 3 else word
