"""What a case takes of a form's facts: fields of the case type that no question fills in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.recipes.bundle import Bundle
from apps.recipes.decision import decide
from apps.recipes.expressions.values import Answers, Facts
from apps.recipes.walk import collect_values

_FIELDS = {
    "collection_day": "round.day",
    "zone": "zone.name",
    "co2": "vehicle.co2",
    "fuel": "vehicle.fuel",
}


def list_fact_fields(
    bundle: Bundle, answers: Answers, facts: Facts, now: datetime, person: Mapping[str, bool] | None = None
) -> dict[str, Any]:
    """List fields of a case by facts that are known: of a case type's fields, take those that it has.

    Where the recipe decides, they say what was confirmed, and whether a machine may say yes (``clear``).
    """
    values = collect_values(bundle, answers, facts, now, person)
    fields = {field: value for field, name in _FIELDS.items() if (value := values.get(name)) is not None}
    if bundle.grant:
        home = values.get("home.uprn")
        is_clear = decide(bundle, answers, facts, now, person) == "yes"
        fields["clear"] = "yes" if is_clear else "no"
        fields["home_proved"] = home is not None and home == values.get("address")
        fields["keeper_confirmed"] = values.get("keeper.answer") == "yes"
    return fields
