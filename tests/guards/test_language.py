"""Names and sentences: the field's words, and none that docs/glossary.md has retired."""

import ast
import json
import re
from pathlib import Path

import pytest

from tests.guards.sources import ROOT, production, tracked

# Retired words as parts of names, each with what stands for it now; docs/glossary.md has the field's words.
RETIRED = {
    "errand": "interaction",
    "visitor": "client context",
    "asked": "request, query, or the thing itself",
    "told": "the thing itself",
    "came": "callback, result",
    "said": "the thing itself",
    "joiners": "provisioning",
    "movers": "access changes",
    "carrier": "transport",
    "sweep": "purge",
    "tidy": "purge",
    "teller": "reporter",
    "trouble": "UserError",
    "polite": "stop signal",
    "leftovers": "orphans",
}
RIDDLES = re.compile(r"\b(?:[Hh]e|[Hh]is|[Hh]im|[Hh]imself|[Ww]hoever comes|[Ww]ho comes)\b")
PARTICIPLE = re.compile(r"^[a-z_]*ing$")
# Words of the field that end alike and are nouns.
NOUNS = {
    "loading", "matching", "mapping", "testing", "numbering", "spelling", "provisioning", "housekeeping",
    "routing", "accounting", "posting", "setting", "staging",
}  # fmt: skip


def names_of(source):
    """List the names a module defines: modules' own, parameters and locals."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id


def words_of(name):
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return set(spaced.strip("_").split("_"))


def find_retired(source, retired):
    return [
        f"{line} {name}: {retired[word]}"
        for line, name in names_of(source)
        for word in sorted(words_of(name) & retired.keys())
    ]


def find_riddles(text):
    return [
        f"{number} {line.strip()}" for number, line in enumerate(text.splitlines(), 1) if RIDDLES.search(line)
    ]


def find_participles(paths):
    return [
        str(path)
        for path in paths
        if PARTICIPLE.match(path.stem.rpartition("_")[2]) and path.stem.rpartition("_")[2] not in NOUNS
    ]


def strings_in(value):
    if isinstance(value, dict):
        for name, member in value.items():
            yield from ([member] if name in {"description", "summary"} and isinstance(member, str) else [])
            yield from strings_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings_in(member)


def relative(path):
    return path.relative_to(ROOT)


def test_no_name_has_a_retired_word():
    faults_by_path = {str(relative(path)): find_retired(path.read_text(), RETIRED) for path in production()}
    assert {path: faults for path, faults in faults_by_path.items() if faults} == {}


def test_modules_are_nouns():
    assert find_participles(map(relative, production())) == []


def test_nobody_is_called_he():
    """In sources, tests, pages and documents alike."""
    files = [path for path in tracked("*.py", "*.md", "*.html", "*.txt") if path != Path(__file__)]
    faults_by_path = {
        str(relative(path)): find_riddles(path.read_text()) for path in files if "cy." not in path.name
    }
    assert {path: faults for path, faults in faults_by_path.items() if faults} == {}


@pytest.mark.parametrize("path", tracked("contracts/*.json"), ids=lambda path: str(relative(path)))
def test_contracts_speak_plainly(path):
    if "released" in path.parts:
        return
    texts = list(strings_in(json.loads(path.read_text())))
    assert [fault for text in texts for fault in find_riddles(text)] == []
    words = {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}
    assert words & {"errand", "joiners", "outbox", "whoever"} == set()


@pytest.mark.parametrize(
    "source",
    ["def sweep_codes(): ...", "class TheErrand: ...", "def get(asked): ...", "def get():\n    told = 1"],
)
def test_a_retired_word_is_found(source):
    assert find_retired(source, RETIRED)
    assert not find_retired("def purge_codes(request): ...", RETIRED)


@pytest.mark.parametrize("text", ["He is told.", "the person himself", "for whoever comes", "his account"])
def test_a_riddle_is_found(text):
    assert find_riddles(text)
    assert not find_riddles("They open their account; the history, the theme and this.")


def test_a_participle_is_found():
    assert find_participles([Path("actions/redeeming.py"), Path("rules/matching.py")]) == [
        "actions/redeeming.py"
    ]
