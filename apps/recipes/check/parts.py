"""Facts, questions, stops and what comes later: that what they name exists, and that each question is
used."""

from collections.abc import Iterator
from typing import Any

from apps.recipes.bundle import CouncilSettings
from apps.recipes.check.names import PERSON, PLACEHOLDER, list_expressions, list_inputs
from apps.recipes.compile.texts import find_value, list_texts
from apps.recipes.expressions.compiler import list_names
from apps.recipes.expressions.names import strip_function
from apps.recipes.grammar.values import read_date, read_length, read_money
from apps.recipes.kinds.kinds import KINDS
from apps.recipes.kinds.offers import OFFERS
from apps.recipes.kinds.providers import PROVIDERS
from apps.recipes.load.faults import Fault, suggest
from apps.recipes.load.origins import MergedSource

_USED_BY_OFFICERS = {"name", "contact", "declaration"}


def check_parts(source: MergedSource, council: CouncilSettings | None) -> Iterator[Fault]:
    """Check what parts name, and that nothing is asked or looked up in vain."""
    content = source.content
    for fact in content.get("facts", {}):
        yield from _check_fact(source, fact)
    for question in content["ask"]:
        yield from _check_question(source, question)
    for stop, keys in content.get("stop", {}).items():
        if "offer" in keys and keys["offer"] not in OFFERS:
            way_out = suggest(keys["offer"], OFFERS, "way out")
            yield source.make_fault(("stop", stop, "offer"), "there is no such way out.", way_out)
        if not keys.keys() & {"offer", "go_on"}:
            yield source.make_fault(("stop", stop), "the stop has no way out.", "Add offer: or go_on:.")
    for action, keys in content.get("later", {}).items():
        yield from _check_later(source, action, keys)
    yield from _check_use(source)
    team = content.get("team")
    if council is not None and team is not None and team not in council.teams:
        yield source.make_fault(
            ("team",), "the council has no such team.", suggest(team, council.teams, "team")
        )


def _check_fact(source: MergedSource, fact: str) -> Iterator[Fault]:
    keys = source.content["facts"][fact]
    provider = PROVIDERS[keys["from"]]
    questions = source.content["ask"]
    inputs = list_inputs(source.content, fact)
    path = ("facts", fact, "of")
    for number, need in enumerate(inputs):
        kind = PERSON if need == PERSON else questions.get(need, {}).get("is")
        kinds = provider.needs[number] if number < len(provider.needs) else frozenset()
        if kind is None:
            yield source.make_fault(
                path, f"there is no question {need}.", suggest(need, questions, "question")
            )
        elif kind not in kinds:
            way_out = f"It needs: {', '.join('/'.join(sorted(kinds)) for kinds in provider.needs)}."
            yield source.make_fault(path, f"{keys['from']} is not looked up by {need}.", way_out)
    if len(inputs) < len(provider.needs):
        yield source.make_fault(path, f"{keys['from']} needs {len(provider.needs)} things.", "Name them all.")
    for key in keys.keys() - {"from", "of", "down"}:
        if key not in provider.keys:
            way_out = suggest(key, provider.keys, "key of this provider")
            yield source.make_fault(("facts", fact, key), "the provider takes no such key.", way_out)
    for key in sorted(provider.keys - keys.keys()):
        yield source.make_fault(("facts", fact), f"{keys['from']} needs `{key}:`.", f"Add `{key}:`.")


def _check_question(source: MergedSource, question: str) -> Iterator[Fault]:
    keys = source.content["ask"][question]
    kind = KINDS[keys["is"]]
    path = ("ask", question)
    yield from _check_bounds(source, question, keys)
    if kind.options:
        yield from _check_options(source, question, keys)
    elif "options" in keys:
        yield source.make_fault((*path, "options"), f"a {kind.id} has no options.", "Make it a choice.")
    fact, _, field = keys.get("known", "").partition(".")
    if (
        fact
        and field
        not in PROVIDERS[find_value(source.content, ("facts", fact, "from")) or "casework.slots"].fields
    ):
        yield source.make_fault((*path, "known"), "no fact has that field.", "Write fact.field.")


def _check_bounds(source: MergedSource, question: str, keys: dict[str, Any]) -> Iterator[Fault]:
    kind = KINDS[keys["is"]]
    path = ("ask", question)
    bounds = {bound for other in KINDS.values() for bound in other.bounds}
    for key in sorted(keys.keys() & bounds - kind.bounds.keys()):
        if not (key == "from" and (kind.options or kind.id == "slot")):
            way_out = f"It may have: {', '.join(kind.bounds) or 'no bounds'}."
            yield source.make_fault((*path, key), f"a {kind.id} has no `{key}:`.", way_out)
    for key in sorted(keys.keys() & kind.bounds.keys()):
        if not _fits(kind.bounds[key], keys[key]):
            yield source.make_fault((*path, key), f"it must be a {kind.bounds[key]}.", "See docs/recipes.md.")
    if keys["is"] == "address" and "inside" not in keys:
        yield source.make_fault(
            path, "it does not say which addresses.", "Add `inside: council`, or `inside: uk`."
        )
    least, most = keys.get("min"), keys.get("max")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield source.make_fault((*path, "max"), "it is below min.", "Turn them round.")


def _check_options(source: MergedSource, question: str, keys: dict[str, Any]) -> Iterator[Fault]:
    path = ("ask", question)
    if ("options" in keys) == ("from" in keys):
        yield source.make_fault(path, "a choice has options, or takes them from a fact.", "Give one of both.")
    if "from" in keys:
        provider = find_value(source.content, ("facts", str(keys["from"]), "from"))
        if provider is None or not PROVIDERS[provider].options:
            facts = source.content.get("facts", {})
            with_options = [name for name, fact in facts.items() if PROVIDERS[fact["from"]].options]
            way_out = suggest(str(keys["from"]), with_options, "fact with options")
            yield source.make_fault((*path, "from"), "no fact of that name gives options.", way_out)


def _fits(kind: str, value: Any) -> bool:
    match kind:
        case "whole":
            return isinstance(value, int) and not isinstance(value, bool)
        case "money":
            return read_money(value) is not None
        case "day":
            length = read_length(value)
            return (
                value == "today"
                or read_date(value) is not None
                or (length is not None and length[1] == "days")
            )
        case _:
            return isinstance(value, str)


def _check_later(source: MergedSource, action: str, keys: dict[str, Any]) -> Iterator[Fault]:
    for question in [keys["ask"]] if isinstance(keys.get("ask"), str) else keys.get("ask", []):
        if question not in source.content["ask"]:
            way_out = suggest(question, source.content["ask"], "question")
            yield source.make_fault(("later", action, "ask"), f"there is no question {question}.", way_out)
    settings = source.content.get("set", {})
    for key in ("from", "within", "less"):
        head, _, name = str(keys.get(key, "")).partition(".")
        if head == "set" and name not in settings:
            way_out = suggest(name, settings, "parameter")
            yield source.make_fault(("later", action, key), "the recipe sets no such parameter.", way_out)


def _list_used(content: dict[str, Any]) -> set[str]:
    """List the questions and facts that something reads."""
    names = {
        name for _, text, _ in list_expressions(content) for name in map(strip_function, list_names(text))
    }
    for _, path in list_texts(content):
        names |= set(PLACEHOLDER.findall(str(find_value(content, path))))
    names |= {need for fact in content.get("facts", {}) for need in list_inputs(content, fact)}
    for keys in content["ask"].values():
        names |= {str(keys.get("known", "")), str(keys.get("from", ""))}
    return {name.partition(".")[0] for name in names}


def _check_use(source: MergedSource) -> Iterator[Fault]:
    content = source.content
    used = _list_used(content)
    for question, keys in content["ask"].items():
        if question not in used and "why" not in keys and keys["is"] not in _USED_BY_OFFICERS:
            way_out = "Say with `why:` what it is for, or take it out."
            yield source.make_fault(("ask", question), "nothing uses the answer.", way_out)
    for fact in content.get("facts", {}):
        if fact not in used:
            yield source.make_fault(("facts", fact), "nothing uses the fact.", "Take it out.")
    retention = content.get("privacy", {}).get("keep", {})
    for name in retention:
        if name not in content["ask"]:
            way_out = suggest(name, content["ask"], "question")
            yield source.make_fault(("privacy", "keep", name), "there is no such question.", way_out)
