"""The addresses of a postcode: searched at a page, and kept in the draft until one is chosen."""

from collections.abc import Mapping
from typing import Any

from apps.recipes.bundle import Question
from resident.drafts.actions import Draft
from resident.forms.actions.progress import Facts


async def search(draft: Draft, question: Question, text: str, facts: Facts) -> None:
    """Search the addresses of a postcode, and keep them in the draft; None of them says that we could not."""
    addresses = await facts.find_addresses(text)
    listed = None if addresses is None else [[address.uprn, address.label] for address in addresses]
    draft.searches[question.id] = {"text": text, "addresses": listed}


def list_addresses(draft: Draft, question: Question) -> list[tuple[str, str]]:
    """List what was last searched: UPRNs and labels."""
    listed = draft.searches.get(question.id, {}).get("addresses") or []
    return [(uprn, label) for uprn, label in listed]


def choose(draft: Draft, question: Question, uprn: str) -> Mapping[str, Any] | None:
    """Choose one of those that were listed: the label is ours, never the form's."""
    label = dict(list_addresses(draft, question)).get(uprn)
    return None if label is None else {"uprn": uprn, "label": label[:200]}


def choose_step(draft: Draft, question: Question) -> str:
    """Choose how an address is entered now: by searching, from the list of what was searched, or by hand."""
    answer = draft.answers.get(question.id)
    if isinstance(answer, dict) and "lines" in answer:
        return "hand"
    search = draft.searches.get(question.id)
    if search is None:
        return "search"
    return "hand" if search["addresses"] is None else "choose" if search["addresses"] else "search"
