"""Guests: who has no account looks a case up by its reference and something only they know.

A wrong reference and a wrong proof are one answer, at one cost. Attempts are counted before anything is read:
for the network they come from, and for the reference they name, whether there is such a case or not.
"""

from casework.cases.actions.subjects import get_version
from casework.residents import store
from casework.residents.actions.views import describe_status
from casework.residents.rules import proofs
from casework.residents.schemas import CaseLookup, CaseStatus
from casework.settings import Settings
from casework.shared.references import LENGTH, read_reference
from chassis import encryption
from chassis.database import Database
from chassis.problems import Problem
from chassis.rates import LocalLimiter, SharedLimiter

_NO_REFERENCE = "0" * LENGTH  # no case has it: 0 is no character of references


class ResidentLimits:
    """Counts look-ups of guests over all replicas, and messages of people in memory. Raises Problem 429."""

    def __init__(self, settings: Settings) -> None:
        key = encryption.parse_key(settings.sealing_key.get_secret_value(), "CASEWORK_SEALING_KEY")
        self._lookups = SharedLimiter(encryption.derive_key(key, "casework lookups"))
        self._from_network = settings.limit_lookups_from_network
        self._of_case = settings.limit_lookups_of_case
        self._messages = LocalLimiter(settings.limit_messages_of_person)

    async def take_lookup(self, database: Database, network: str, reference: str) -> None:
        """Count a look-up, right or wrong. References are unique in the region, so no council is named."""
        await self._lookups.require(database, (self._from_network, network), (self._of_case, reference))

    def take_message(self, council: str, subject: str) -> None:
        """Count a message of a person, or of who acts for them."""
        self._messages.take(council, subject)


async def look_up_case(
    database: Database, limits: ResidentLimits, council: str, network: str, body: CaseLookup, language: str
) -> CaseStatus:
    """Say where a case stands to who knows its reference and a proof. Raises Problem 404 or 429."""
    exact = read_reference(body.reference)
    await limits.take_lookup(database, network, exact or body.reference)
    reference = exact or _NO_REFERENCE
    async with database.reading(council) as session:
        row = await store.look_up(session, council, reference)
        candidates = (
            proofs.list_proofs(None, None, proofs.DECOY)
            if row is None
            else proofs.list_proofs(row.email, row.phone, row.changes)
        )
        if not proofs.is_proven(body.proof, candidates) or row is None:
            detail = "We cannot find a case with this reference and proof. Check both."
            raise Problem(404, "unknown-case", detail)
        version = await get_version(session, council, row.type_version)
        return describe_status(row, version.bound, language)
