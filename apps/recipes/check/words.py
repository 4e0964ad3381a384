"""Words as GOV.UK writes them, and Welsh that is complete, of the English as it is now, with its
placeholders."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apps.recipes.bundle import CouncilSettings
from apps.recipes.check.names import PLACEHOLDER
from apps.recipes.compile.texts import Catalogue, find_value, hash_english, list_texts
from apps.recipes.load.faults import Fault, Path, suggest
from apps.recipes.load.origins import MergedSource
from apps.recipes.load.yaml_source import Source

MOST_WORDS = 25
_AVOIDED = {
    "please": "Leave it out.",
    "click here": "Say where the link leads.",
    "in order to": "Write to.",
    "terminate": "Write end.",
}
_CAPITALS = re.compile(r"\b[A-Z]{2,}\b(?:\s+\b[A-Z]{2,}\b)+")


def check_words(source: MergedSource) -> Iterator[Fault]:
    """Check the English: sentences of at most 25 words, plain ones, no capitals."""
    for _, path in list_texts(source.content):
        words = find_value(source.content, path)
        text = words["en"] if isinstance(words, dict) else str(words)
        yield from _check_text(source, path, text)


def _check_text(source: MergedSource, path: Path, text: str) -> Iterator[Fault]:
    for sentence in re.split(r"[.?!](?:\s|$)", text):
        if (count := len(sentence.split())) > MOST_WORDS:
            reason = f"a sentence has {count} words; at most {MOST_WORDS}."
            yield source.make_fault(path, reason, "Make two of it.")
    for phrase, way_out in _AVOIDED.items():
        if re.search(rf"\b{phrase}\b", text, re.IGNORECASE):
            yield source.make_fault(path, f"it says {phrase!r}.", way_out)
    if _CAPITALS.search(text):
        yield source.make_fault(path, "words stand in capitals.", "Write them small.")


def check_catalogue(source: MergedSource, catalogue: Source) -> Iterator[Fault]:
    """Check a recipe's catalogue: each text is there, once, made from the English that stands."""
    texts = dict(list_texts(source.content))
    content = catalogue.content if isinstance(catalogue.content, dict) else {}
    for path, entry in content.items():
        if path not in texts and path != "find":
            way_out = suggest(path, texts, "text")
            yield catalogue.make_fault((path,), "the recipe has no such text.", way_out)
        elif not (isinstance(entry, dict) and len(entry) == 1):
            yield catalogue.make_fault(
                (path,),
                "it must be {hash of the English: Welsh}.",
                "Write the hash that the English has now.",
            )
        elif path != "find":
            yield from _check_entry(catalogue, path, entry, str(find_value(source.content, texts[path])))
    for path, place in texts.items():
        if path not in content:
            digits = hash_english(str(find_value(source.content, place)))
            way_out = f"Add `{path}: {{{digits}: ...}}` to the catalogue."
            yield source.make_fault(place, "it has no Welsh.", way_out)


def _check_entry(catalogue: Source, path: str, entry: Mapping[str, Any], english: str) -> Iterator[Fault]:
    of, welsh = next(iter(entry.items()))
    if of != hash_english(english):
        way_out = f"Translate it again, then write {hash_english(english)}."
        yield catalogue.make_fault((path,), "the English has changed since.", way_out)
    elif sorted(PLACEHOLDER.findall(english)) != sorted(PLACEHOLDER.findall(str(welsh))):
        way_out = f"Use: {', '.join(PLACEHOLDER.findall(english)) or 'none'}."
        yield catalogue.make_fault((path,), "the Welsh has other ((placeholders)) than the English.", way_out)


def check_languages(source: MergedSource, catalogue: Catalogue, council: CouncilSettings) -> Iterator[Fault]:
    """Check that a council that publishes in Welsh gives it with each text that it changes."""
    if "cy" not in council.languages:
        return
    for path, place in list_texts(source.content):
        words = find_value(source.content, place)
        if isinstance(words, dict):
            if not words.get("cy"):
                yield source.make_fault(place, "it has no Welsh.", "Add `cy:`.")
            continue
        entry = catalogue.get(path)
        if entry is None or entry.of != hash_english(words):
            yield source.make_fault(place, "changed English drops its Welsh.", "Write {en: ..., cy: ...}.")
