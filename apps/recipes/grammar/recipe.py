"""The keys of a recipe and of a council's file."""

import re
from collections.abc import Iterator
from typing import Any

from apps.recipes.grammar.shapes import Choice, Document, Each, Group, Items, Scalar, Shape, Words
from apps.recipes.grammar.values import read_date, read_length, read_money
from apps.recipes.kinds.kinds import KINDS
from apps.recipes.kinds.providers import PROVIDERS
from apps.recipes.load.faults import Fault, Path

RESERVED = frozenset(
    {"check", "pay", "done", "today", "person", "set", "none", "reference", "council", "links", "due"}
)


def _pattern(noun: str, pattern: str) -> Scalar:
    compiled = re.compile(pattern)
    return Scalar(noun, lambda value: isinstance(value, str) and bool(compiled.fullmatch(value)))


ID = Scalar(
    f"a name of small letters, digits and _, and not {', '.join(sorted(RESERVED))}",
    lambda value: (
        isinstance(value, str)
        and bool(re.fullmatch(r"[a-z][a-z0-9_]{0,39}", value))
        and value not in RESERVED
    ),
)
_EVENT = _pattern("the name of an event", r"[a-z][a-z0-9_]{0,39}")
_NAME = _pattern("a name", r"[a-z][a-z0-9_.-]{0,60}")
_FUND = _pattern("a name, or the code of a fund such as GW", r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}")
_PARENT = _pattern(
    "a recipe with its major version, such as uk/garden-waste@1", r"uk/[a-z][a-z0-9-]{1,39}@[0-9]{1,3}"
)
_EXPRESSION = _pattern("an expression", r".{1,200}")
_TEXT = _pattern("words", r"[^\n]{1,300}")
_WHOLE = Scalar("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool))
_TRUTH = Scalar("true or false", lambda value: isinstance(value, bool))
_MONEY = Scalar("an amount such as £50.00", lambda value: read_money(value) is not None)
_DAY = Scalar("a day such as 2026-04-01", lambda value: read_date(value) is not None)
_PATH = _pattern("the path of a text, such as ask.bins", r"[a-z][a-z0-9_.]{0,120}")
_SETTING = Scalar(
    "a length such as 2 working days, an amount such as £10.00, a whole number, or from 1 April",
    lambda value: (
        (isinstance(value, int) and not isinstance(value, bool))
        or read_money(value) is not None
        or read_length(value) is not None
        or bool(re.fullmatch(r"from [0-9]{1,2} [A-Z][a-z]+|by nation", str(value)))
    ),
)
_BOUND = Scalar("a number, an amount, a day, a length or a name", lambda value: isinstance(value, int | str))
WORDS = Words()


class Price:
    """One sum, sums by day, or sums by band, of which the bands may stand by day."""

    def check(self, document: Document, path: Path, value: Any) -> Iterator[Fault]:
        """List what is wrong with a price."""
        if not isinstance(value, dict):
            yield from _MONEY.check(document, path, value)
            return
        by_day = [key for key in value if read_date(key)]
        if by_day and len(by_day) < len(value):
            yield document.source.make_fault(
                path, "days and bands stand side by side.", "Write bands under days."
            )
            return
        for key, member in value.items():
            place = (*path, key)
            if by_day and isinstance(member, dict):
                yield from self.check_bands(document, place, member)
            elif by_day:
                yield from _MONEY.check(document, place, member)
        if not by_day:
            yield from self.check_bands(document, path, value)

    def check_bands(self, document: Document, path: Path, bands: dict[str, Any]) -> Iterator[Fault]:
        """List what is wrong with bands: numbers from which each holds, and ``unknown``."""
        for key, member in bands.items():
            if key != "unknown" and not re.fullmatch(r"[0-9]{1,6}", key):
                reason = "a band is the number from which it holds, or unknown; a price by day has days."
                yield document.source.make_fault(
                    (*path, key), reason, "Write 0, 76 or unknown, or 2026-04-01."
                )
            yield from _MONEY.check(document, (*path, key), member)


FACT = Group(
    {
        "from": Choice(tuple(PROVIDERS)),
        "of": Items(_NAME),
        "down": Choice(("stop", "ask", "unknown", "officer")),
    },
    frozenset({"from", "of", "down"}),
    extra=_BOUND,
)
QUESTION = Group(
    {
        "is": Choice(tuple(KINDS)),
        "ask": WORDS,
        "hint": WORDS,
        "why": WORDS,
        "when": _EXPRESSION,
        "optional": _TRUTH,
        "known": _NAME,
        "options": Each(WORDS, _pattern("a name of small letters, digits and _", r"[a-z][a-z0-9_]{0,39}")),
        "restricted": ID,
        "after": ID,
        **{bound: _BOUND for kind in KINDS.values() for bound in kind.bounds},
    },
    frozenset({"is", "ask"}),
)
STOP = Group(
    {"when": _EXPRESSION, "say": WORDS, "offer": _EVENT, "go_on": WORDS, "law": _TRUTH},
    frozenset({"when", "say"}),
)
LINE = Group(
    {"for": WORDS, "price": Price(), "times": _EXPRESSION, "by": _NAME, "when": _EXPRESSION, "vat": _EVENT},
    frozenset({"for", "price"}),
)
FEE = Group(
    {"fund": _FUND, "when": Choice(("now", "approved", "hold")), "lines": Each(LINE, ID)},
    frozenset({"fund", "when", "lines"}),
)
LATER = Group(
    {
        "ask": Items(ID),
        "from": _TEXT,
        "fee": Choice(("again", "difference")),
        "refund": Choice(("all", "whole months left")),
        "less": _TEXT,
        "within": _TEXT,
    }
)
PRIVACY = Group(
    {
        "basis": Choice(("public task", "contract", "legal obligation", "consent", "legitimate interests")),
        "law": _TEXT,
        "keep": Each(_TEXT, ID),
    },
    frozenset({"basis", "law"}),
)
_COMMON: dict[str, Shape] = {
    "name": WORDS,
    "find": Items(_TEXT),
    "set": Each(_SETTING, ID),
    "sign_in": Choice(("no", "offer", "required", "proved")),
    "delegates": _NAME,
    "facts": Each(FACT, ID),
    "ask": Each(QUESTION, ID),
    "stop": Each(STOP, ID),
    "decide": Group({"yes": _EXPRESSION, "else": Choice(("officer",))}, frozenset({"yes", "else"})),
    "fee": FEE,
    "then": Each(Group({"do": _EVENT, "tell": WORDS}), _EVENT),
    "later": Each(LATER, _EVENT),
    "done": WORDS,
    "privacy": PRIVACY,
}
RECIPE = Group(
    {
        "recipe": _pattern("uk/ and the service, such as uk/garden-waste", r"uk/[a-z][a-z0-9-]{1,39}"),
        "version": _pattern('a version such as "1.0", in quotes', r"[0-9]{1,3}\.[0-9]{1,3}"),
        "case": _pattern(
            "a case type with its major version, such as garden-waste@1", r"[a-z][a-z0-9-]{1,49}@[0-9]{1,3}"
        ),
        **_COMMON,
    },
    frozenset(
        {"recipe", "version", "name", "find", "case", "sign_in", "delegates", "ask", "done", "privacy"}
    ),
)
CHILD = Group(
    {
        "extends": _PARENT,
        "recipe": _TEXT,
        "version": _TEXT,
        "case": _TEXT,
        "team": _NAME,
        "words": Each(WORDS, _PATH),
        "decided": Group(
            {"by": _TEXT, "on": _DAY, "about": Choice(("fee",))}, frozenset({"by", "on", "about"})
        ),
        **_COMMON,
    },
    frozenset({"extends"}),
)
