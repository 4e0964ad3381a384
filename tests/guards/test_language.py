"""Names and sentences: the field's words, and none that docs/glossary.md has retired."""

import json
import re
from pathlib import Path

import pytest

from tests.guards.names import names_by_path, names_of
from tests.guards.sources import ROOT, production, tracked

# Retired words as parts of names, each with what stands for it now; docs/glossary.md has the field's words.
RETIRED = {
    "errand": "interaction",
    "visitor": "client context",
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
# How a thing came, or that there is one: no part of a name that means what it is.
NOISE = {
    "asked", "begun", "began", "brought", "came", "found", "given", "gone", "heard", "held", "kept", "made",
    "meant", "said", "shown", "told", "wanted",
}  # fmt: skip
# As a whole name; with a noun beside it, such as ``sent_emails`` or ``find_taken``, each may say something.
NOISE_ALONE = {
    "both", "either", "every", "here", "known", "met", "named", "none", "one", "own", "seen", "sent",
    "several", "stored", "taken", "there", "what", "which", "who", "written",
}  # fmt: skip
VERBS = {"ask", "give", "put", "read", "say", "tell"}  # good names of functions, bad ones of values
# Terms of HTTP, OpenID Connect, SCIM and asyncio; the day of a consent, as its column is called.
NOT_NOISE = re.compile(r"not_found|given_names?|given_at|connection_made")
# Seeds of contract tests are named by sentences, as tests are; migrations that ran are not rewritten.
FREE_FOLDERS = {"seeds", "versions"}
# Names that stay, with the reason. The list only shrinks: a name that is gone must be taken off it.
COMPONENT = "a component of the published OpenAPI document"
REWRITE = "in a domain that is being rewritten: mend it there"
EXCEPTIONS = {
    "services/mapping/src/mapping/constraints/schemas.py found": "a field of the API: what a layer has there",
    "chassis/src/chassis/testing/__init__.py every": "reads as a sentence: eventually(check, every=0.1)",
    "tests/waiting.py every": "the same, without asyncio",
    "services/address/src/address/batches/schemas.py none": "a field of the API: batches by outcome",
    "services/address/src/address/settings.py batches_kept": "a public setting: ADDRESS_BATCHES_KEPT",
    "services/address/src/address/developments/schemas.py PlotGiven": COMPONENT,
    "services/address/src/address/streets/schemas.py NameGiven": COMPONENT,
    "services/identity/src/identity/clients/schemas/api_keys.py ApiKeyMade": COMPONENT,
    "services/identity/src/identity/clients/schemas/clients.py ClientMade": COMPONENT,
    "services/identity/src/identity/clients/schemas/services.py ServiceMade": COMPONENT,
    "services/identity/src/identity/clients/schemas/services.py SecretMade": COMPONENT,
    "services/identity/src/identity/mandates/schemas/mandates.py MandateMade": COMPONENT,
    "services/identity/src/identity/upstreams/schemas.py UpstreamKeyMade": COMPONENT,
    "services/identity/src/identity/mandates/actions/mandates.py what": REWRITE,
    "services/identity/src/identity/mandates/routes/mandates.py stored": REWRITE,
    "services/identity/src/identity/mandates/store/mandates.py count_given": REWRITE,
    "services/identity/src/identity/mandates/store/mandates.py count_held": REWRITE,
    "services/identity/src/identity/mandates/store/mandates.py _COUNT_GIVEN": REWRITE,
    "services/identity/src/identity/mandates/store/mandates.py _COUNT_HELD": REWRITE,
    "services/identity/src/identity/tokens/actions/claims.py found": REWRITE,
    "services/identity/src/identity/tokens/actions/introspection.py shown": REWRITE,
    "services/identity/src/identity/upstream_login/actions/logouts.py _KEPT_FOR": REWRITE,
    "services/identity/src/identity/upstream_login/actions/token_request.py what": REWRITE,
    "services/identity/src/identity/upstream_login/rules/login_state.py found": REWRITE,
    "services/identity/src/identity/upstream_login/store/login_states.py found": "its column",
    "services/identity/src/identity/upstreams/actions/providers.py read": REWRITE,
    "services/identity/src/identity/upstreams/actions/providers.py began": REWRITE,
}
RIDDLES = re.compile(r"\b(?:[Hh]e|[Hh]is|[Hh]im|[Hh]imself|[Ww]hoever comes|[Ww]ho comes)\b")
PARTICIPLE = re.compile(r"^[a-z_]*ing$")
# Words of the field that end alike and are nouns.
NOUNS = {
    "loading", "matching", "mapping", "testing", "numbering", "spelling", "provisioning", "housekeeping",
    "parking", "routing", "accounting", "posting", "setting", "staging", "planning",
}  # fmt: skip


def find_retired(names, retired):
    return [
        f"{name.line} {name.text}: {retired[word]}"
        for name in names
        for word in sorted(retired.keys() & set(name.words))
    ]


def find_noise(names):
    """List the names that say how a thing came. A test's name is a sentence, and free."""
    return [name for name in names if not name.text.startswith("test_") and is_noise(name)]


def is_noise(name):
    words = NOT_NOISE.sub("", "_".join(name.words)).split("_")
    return (
        not NOISE.isdisjoint(words)
        or name.text in NOISE_ALONE
        or (name.kind == "variable" and name.text in VERBS)
    )


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
    faults_by_path = {
        str(relative(path)): find_retired(names_by_path()[path], RETIRED) for path in production()
    }
    assert {path: faults for path, faults in faults_by_path.items() if faults} == {}


def test_names_say_what_a_thing_is():
    """Not how it came: a response, a row, a property; not what was asked, found or given."""
    noise = {
        f"{relative(path)} {name.text}": name.line
        for path, names in names_by_path().items()
        if FREE_FOLDERS.isdisjoint(path.parts)
        for name in find_noise(names)
    }
    assert {place: line for place, line in noise.items() if place not in EXCEPTIONS} == {}
    assert EXCEPTIONS.keys() - noise.keys() == set(), "what is mended is taken off the list"


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
    "source", ["def sweep_codes(): ...", "class TheErrand: ...", "def get(visitor): ..."]
)
def test_a_retired_word_is_found(source):
    assert find_retired(names_of(source), RETIRED)
    assert not find_retired(names_of("def purge_codes(request): ..."), RETIRED)


@pytest.mark.parametrize(
    "source",
    [
        "found = 1", "def get():\n    found, total = [], 1", "def get(given): ...", "def get(*, held=0): ...",
        "def made(): ...", "async def rows_shown(): ...", "def get(**told): ...", "key = lambda one: one.id",
        "names = [one.name for one in rows]", "for every in rows: ...", "read = client.get(url)",
        "with start() as begun: ...", "try: ...\nexcept Error as met: ...", "class RowGiven: ...",
        "if (taken := get()): ...", "match row:\n    case {'id': what}: ...", "import rows as others_found",
        "self.asked = []",
    ],
)  # fmt: skip
def test_a_name_that_says_how_a_thing_came_is_found(source):
    assert find_noise(names_of(source))


def test_names_of_the_field_are_no_noise():
    source = """
def not_found(noun): ...
def read(path, given_names): ...
def test_what_is_asked_is_found(): ...
def find_taken(rows, first, second, other): ...
done, pending = wait(tasks)
"""
    assert find_noise(names_of(source)) == []


@pytest.mark.parametrize("text", ["He is told.", "the person himself", "for whoever comes", "his account"])
def test_a_riddle_is_found(text):
    assert find_riddles(text)
    assert not find_riddles("They open their account; the history, the theme and this.")


def test_a_participle_is_found():
    assert find_participles([Path("actions/redeeming.py"), Path("rules/matching.py")]) == [
        "actions/redeeming.py"
    ]
