"""Facts of the person who is signed in, by their own token."""

from typing import Any

from apps.recipes.walk import Lookup
from resident.facts.actions.sources import FactSources
from resident.facts.schemas import Fields
from townhall_client.api.identity.api.sign_in import read_userinfo


async def find_proved_address(sources: FactSources, _: Lookup) -> Fields | None:
    """Find the address that identity proved of the person, with its UPRN; None if nobody is signed in.

    It is in the claims of a service that may ask for ``address``; the first is the current one.
    """
    if sources.person is None:
        return None
    claims = await sources.person.send(read_userinfo())
    addresses = claims.httpsvocab_account_gov_ukv1address or []
    current: dict[str, Any] = addresses[0].additional_properties if addresses else {}
    if not current.get("uprn"):
        return {}
    return {"uprn": str(current["uprn"])}
