"""The Welsh words of a case type: a catalogue beside it, one line a text, keyed by the text's path."""

import re
from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from casework.documents.rules.case_types import CaseTypeDocument
from casework.documents.rules.values import TextPair
from casework.model.rules.case_type import RESIDENT
from casework.shared.faults import Fault, Path, format_path, suggest
from casework.shared.words import Words
from casework.shared.yaml_source import Source

PLACEHOLDER = re.compile(r"\(\(([^()]*)\)\)")
_WELSH_NATIONS = {"england", "wales"}  # where our types are read in both languages


def list_texts(model: BaseModel, path: Path = ()) -> Iterator[tuple[Path, TextPair]]:
    """List every text of a document with its path."""
    for name, information in type(model).model_fields.items():
        yield from _list_in(getattr(model, name), (*path, information.alias or name))


def _list_in(value: object, path: Path) -> Iterator[tuple[Path, TextPair]]:
    if isinstance(value, TextPair):
        yield path, value
    elif isinstance(value, BaseModel):
        yield from list_texts(value, path)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _list_in(each, (*path, key))


def add_welsh(document: CaseTypeDocument, source: Source, catalogue: Source | None) -> list[Fault]:
    """Put the catalogue's words into the document; return what is stale, missing or said twice."""
    texts = {format_path(path): (path, text) for path, text in list_texts(document)}
    faults = [] if catalogue is None else list(_fill(texts, catalogue))
    if _WELSH_NATIONS & set(document.nations):
        for path in _list_read_by_residents(document, texts):
            if not texts[path][1].cy:
                way_out = f"Add `{path}:` to the catalogue beside the file."
                faults.append(
                    source.make_fault(texts[path][0], "residents read it, and it has no Welsh.", way_out)
                )
    for path, (place, text) in texts.items():
        if text.cy and sorted(PLACEHOLDER.findall(text.en)) != sorted(PLACEHOLDER.findall(text.cy)):
            message = "the Welsh has other ((placeholders)) than the English."
            faults.append((catalogue or source).make_fault((path,) if catalogue else place, message))
    return faults


def _fill(texts: dict[str, tuple[Path, TextPair]], catalogue: Source) -> Iterator[Fault]:
    if not isinstance(catalogue.content, dict):
        yield catalogue.make_fault((), "a catalogue is a map of paths to texts.")
        return
    for path, welsh in catalogue.content.items():
        if path not in texts:
            yield catalogue.make_fault(
                (path,), "the case type has no such text.", suggest(path, texts, "text")
            )
        elif not isinstance(welsh, str) or not welsh:
            yield catalogue.make_fault((path,), "it is no text.", "Put it in quotation marks.")
        elif texts[path][1].cy:
            message = "the case type itself has Welsh for it."
            yield catalogue.make_fault((path,), message, "Keep one of them.")
        else:
            texts[path][1].cy = welsh


def _list_read_by_residents(document: CaseTypeDocument, paths: Iterable[str]) -> Iterator[str]:
    actions = {action for action, each in document.actions.items() if RESIDENT in each.by}
    names = {field for action in actions for field in document.actions[action].asks}
    fields = {name for name in names if name in document.fields and not document.fields[name].staff}
    messages = {message for message, each in document.notifications.items() if each.to == RESIDENT}
    readable = {"fields": fields, "actions": actions, "notifications": messages}
    for path in paths:
        section, _, rest = path.partition(".")
        name = rest.partition(".")[0]
        if (
            section in {"name", "results", "open311"}
            or (section == "states" and path.endswith(".public"))
            or name in readable.get(section, ())
        ):
            yield path


def to_words(text: TextPair) -> Words:
    """Compile a text."""
    return Words(text.en, text.cy or "")
