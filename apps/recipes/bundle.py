"""The bundle: a service of a council, compiled. Frozen, as JSON both ways, named by what it holds.

The same recipe, differences, Welsh and council settings give the same bytes, and so the same ``identifier``.
Drafts and cases keep the bundle they began with; nothing in a bundle changes afterwards.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from apps.recipes.codec import decode, encode

Down = Literal["stop", "ask", "unknown", "officer"]
SignIn = Literal["no", "offer", "required", "proved"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words in English and in Welsh; ``cy`` is empty where there is none. Holds ((placeholders))."""

    en: str
    cy: str = ""

    def show(self, language: str) -> str:
        """Return the words in a language, or in English if there are none in it."""
        return (self.cy or self.en) if language == "cy" else self.en


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice: what is kept, and its label."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Question:
    """One page.

    ``kind`` is a key of ``kinds.KINDS``; bounds are of that kind, by the recipe's words for them.
    """

    id: str
    kind: str
    label: Text
    hint: Text | None
    why: Text | None
    when: str
    optional: bool
    confirm: str  # a name of a fact: shown to confirm, and not entered again
    options: tuple[Option, ...]
    options_from: str
    restricted: str
    local: bool  # a council's own question: stored under `council.` in the case
    bounds: dict[str, int | str]


@dataclass(frozen=True, slots=True)
class Fact:
    """A look-up by a provider, run once when all of ``of`` is known.

    ``settings`` are the provider's own keys.
    """

    id: str
    provider: str
    of: tuple[str, ...]
    down: Down
    settings: dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Stop:
    """A page that explains why not, with a way out (``offer``), and ``go_on`` where we may be wrong."""

    id: str
    when: str
    words: Text
    offer: str
    go_on: Text | None
    law: bool


@dataclass(frozen=True, slots=True)
class Band:
    """From this number on, in pence."""

    least: int
    pence: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices from a day on (empty: always): one sum, or bands with one for what is not known. In pence."""

    starts: str
    pence: int | None
    bands: tuple[Band, ...]
    unknown: int | None


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A line of the payment: what it is for, its tariffs by day, ``times`` and ``when`` as expressions."""

    id: str
    name: Text
    tariffs: tuple[Tariff, ...]
    by: str
    times: str
    when: str
    vat: str


@dataclass(frozen=True, slots=True)
class Fee:
    """What is paid, into which fund, and whether now, when approved, or held until decided."""

    fund: str
    when: Literal["now", "approved", "hold"]
    lines: tuple[FeeLine, ...]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows an event: an action of the case type, and what the person is told."""

    event: str
    do: str
    message: Text | None


@dataclass(frozen=True, slots=True)
class LaterAction:
    """What a person may do with a case afterwards. Values are as the recipe has them."""

    id: str
    questions: tuple[str, ...]
    starts: str
    fee: str
    refund: str
    less: str
    within: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter of the case type as the recipe sets it: its text, and its number without the unit."""

    text: str
    number: int | None
    unit: str


@dataclass(frozen=True, slots=True)
class Privacy:
    """The basis in data protection law, the law we act under, and what is kept for less than the case."""

    basis: str
    law: str
    keep: dict[str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """Who set the fee, on which day."""

    by: str
    on: str
    about: str


@dataclass(frozen=True, slots=True)
class CouncilSettings:
    """A council's settings for all of its services; ``links`` are ways out by name."""

    slug: str
    name: Text
    nation: Literal["england", "wales", "scotland", "northern_ireland"]
    languages: tuple[str, ...]
    phone: str
    email: str
    hours: Text
    links: dict[str, str]
    teams: tuple[str, ...]


@dataclass(frozen=True)
class Bundle:
    """A service of a council: all that the runner shows and all that capabilities are sent."""

    service: str
    version: str
    council: CouncilSettings
    name: Text
    find: tuple[str, ...]
    find_welsh: tuple[str, ...]
    case: str
    settings: dict[str, Setting]
    sign_in: SignIn
    delegates: str
    facts: tuple[Fact, ...]
    questions: tuple[Question, ...]
    stops: tuple[Stop, ...]
    grant: str  # expression: the decision is yes without an officer; empty where nothing is decided
    fee: Fee | None
    reactions: tuple[Reaction, ...]
    later: tuple[LaterAction, ...]
    done: Text
    privacy: Privacy
    team: str
    decided: Decision | None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(dump_bundle(self).encode()).hexdigest()

    @cached_property
    def identifier(self) -> str:
        """``garden-waste@1.3+citytown.8c41d0f2``: service, version, council, and the digest's beginning."""
        return f"{self.service}@{self.version}+{self.council.slug}.{self.digest[:8]}"

    @cached_property
    def by_question(self) -> dict[str, Question]:
        """Return the questions by id, in order."""
        return {question.id: question for question in self.questions}

    @cached_property
    def by_stop(self) -> dict[str, Stop]:
        """Return the stops by id, in order."""
        return {stop.id: stop for stop in self.stops}


def dump_bundle(bundle: Bundle) -> str:
    """Write a bundle as canonical JSON: no spaces, fields in order of declaration, maps in the recipe's."""
    return json.dumps(encode(bundle), ensure_ascii=False, separators=(",", ":"))


def load_bundle(text: str) -> Bundle:
    """Read a bundle that ``dump_bundle`` wrote. Raises TypeError or KeyError for any other text."""
    return decode(Bundle, json.loads(text))
