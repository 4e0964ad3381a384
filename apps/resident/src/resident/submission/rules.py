"""What a finished form becomes: a case, its words, and what a payment's state means to the person."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from babel.dates import format_date

from apps.recipes.bundle import Bundle, Question
from chassis import ids

LEADS_TO_PAY = ("https:",)
"""Where a form may lead that ends in paying: a card processor's own page, which payments redirects to."""
REFRESHES = (3, 6, 12)
"""Seconds until a page that waits looks again. After the last one it says what happens without it."""
_TOKEN = re.compile(f"([{ids.ALPHABET}]{{{ids.LENGTH}}})([{ids.ALPHABET}]{{{ids.LENGTH}}})")
_PLACEHOLDER = re.compile(r"\(\(([a-z_.]+)\)\)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


class Step(StrEnum):
    """Where a submission is."""

    OPENING = "opening"  # casework is to open the case
    REFUSED = "refused"  # casework opened none, and says why
    PAYING = "paying"  # the case waits for its money
    DONE = "done"


class Money(StrEnum):
    """What has become of a payment, as the person is told."""

    UNPAID = "unpaid"
    CHECKING = "checking"
    PAID = "paid"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ERROR = "error"


_PAYERS_TURN = frozenset({"created", "started", "submitted"})  # submitted: they have yet to confirm
FAILED = frozenset({Money.DECLINED, Money.EXPIRED, Money.CANCELLED, Money.ERROR})
"""No money was taken: another attempt may follow."""
_FAILURES = {
    "P0010": Money.DECLINED,
    "P0020": Money.EXPIRED,
    "P0030": Money.CANCELLED,
    "P0040": Money.CANCELLED,
}


def read_money(state: Mapping[str, Any]) -> Money:
    """Read the ``state`` of a payment (GOV.UK Pay's: status, finished, code)."""
    if not state.get("finished"):
        return Money.UNPAID if state.get("status") in _PAYERS_TURN else Money.CHECKING
    return (
        Money.PAID if state.get("status") == "success" else _FAILURES.get(str(state.get("code")), Money.ERROR)
    )


def make_token(key: bytes, submission: UUID) -> str:
    """Make what a submission's page is addressed by: its id, and a proof that we gave it out."""
    proof = hmac.digest(key, submission.bytes, hashlib.sha256)[:16]
    # The 128 bits of the proof are written as those of an id are.
    return ids.show(submission) + ids.show(UUID(bytes=proof))


def read_token(key: bytes, token: str) -> UUID:
    """Read a submission's id from its token. Raises ValueError for one that we did not give out."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise ValueError("no token")
    submission = ids.read(match[1])
    if not hmac.compare_digest(make_token(key, submission), token):
        raise ValueError("no token of ours")
    return submission


def make_case(
    bundle: Bundle, answers: Mapping[str, Any], path: Sequence[str], submission: UUID, language: str
) -> dict[str, Any]:
    """Make the case to open (casework's ``NewCase``) of the answers on the path."""
    case: dict[str, Any] = {
        "case_type": bundle.case.partition("@")[0],
        "submission": ids.show(submission),
        "fields": {},
    }
    for name in path:
        question, answer = bundle.by_question[name], answers.get(name)
        if answer is not None:
            _TAKE.get(question.kind, _take_field)(case, question, answer)
    if "contact" in case:
        case["contact"]["language"] = language
    return case


def _take_field(case: dict[str, Any], question: Question, answer: Any) -> None:
    case["fields"][question.id] = answer


def _take_address(case: dict[str, Any], question: Question, answer: Mapping[str, Any]) -> None:
    if "uprn" in answer:
        case["uprn"] = int(answer["uprn"])
        case["fields"]["uprn"] = answer["uprn"]
    else:
        case["fields"][question.id] = ", ".join([*answer["lines"], answer["postcode"]])


def _take_place(case: dict[str, Any], question: Question, answer: Mapping[str, Any]) -> None:
    if "lat" in answer:
        case["location"] = {"lat": answer["lat"], "long": answer["long"]}
    if "description" in answer:
        case["fields"][question.id] = answer["description"]


def _take_contact(case: dict[str, Any], question: Question, answer: Mapping[str, Any]) -> None:  # noqa: ARG001
    contact = {name: answer[name] for name in ("email", "phone") if answer.get(name)}
    if "phone" in contact:
        contact["phone"] = write_e164(contact["phone"])
    if contact:
        case["contact"] = contact


_TAKE: Mapping[str, Callable[[dict[str, Any], Question, Any], None]] = {
    "address": _take_address,
    "place": _take_place,
    "contact": _take_contact,
}


def write_e164(phone: str) -> str:
    """Write a number as casework takes it: ``07700 900123`` is ``+447700900123``."""
    digits = re.sub(r"[^0-9+]", "", phone)
    return f"+44{digits[1:]}" if digits.startswith("0") else digits


def fill_words(text: str, values: Mapping[str, Any], language: str) -> str:
    """Fill ((placeholders)); a sentence with one that is not known is left out. Days are written in words."""
    sentences = [
        _PLACEHOLDER.sub(lambda match: write_value(values[match[1]], language), sentence)
        for sentence in _SENTENCE.split(text)
        if all(values.get(name) not in (None, "") for name in _PLACEHOLDER.findall(sentence))
    ]
    return " ".join(sentences)


def fill_known(text: str, values: Mapping[str, Any], language: str) -> str:
    """Fill the ((placeholders)) that are known, and leave the others to ``fill_words``."""
    return _PLACEHOLDER.sub(
        lambda match: write_value(values[match[1]], language) if match[1] in values else match[0], text
    )


def write_value(value: Any, language: str) -> str:
    """Write a value as people read it: ``2026-05-14`` is 14 May 2026."""
    text = str(value)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return format_date(date.fromisoformat(text), "d MMMM y", locale=language)
    return text


def write_pounds(pence: int) -> str:
    """Write an amount: 10400 is £104, 10450 is £104.50."""
    pounds, rest = divmod(pence, 100)
    return f"£{pounds:,}.{rest:02}" if rest else f"£{pounds:,}"
