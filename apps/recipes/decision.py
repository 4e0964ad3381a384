"""The decision of a recipe: a clear yes, or an officer's. A machine never says no."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from apps.recipes.bundle import Bundle
from apps.recipes.expressions.rules import rules_of
from apps.recipes.expressions.values import Answers, Facts
from apps.recipes.walk import collect_values, walk


def decide(
    bundle: Bundle, answers: Answers, facts: Facts, now: datetime, person: Mapping[str, bool] | None = None
) -> Literal["yes", "officer", ""]:
    """Decide at check answers; empty where the recipe decides nothing.

    An officer decides too where the person disputes a stop, a stop could not be judged, or a fact with
    ``down: officer`` is out.
    """
    if not bundle.grant:
        return ""
    state = walk(bundle, answers, facts, now, person)
    by_officer = {fact.id for fact in bundle.facts if fact.down == "officer"}
    if state.outcome != "check" or state.disputed or state.open or by_officer & set(state.down):
        return "officer"
    values = collect_values(bundle, answers, facts, now, person)
    return "yes" if rules_of(bundle).truth(bundle.grant).evaluate(values) is True else "officer"
