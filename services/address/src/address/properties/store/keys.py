"""Number the records of a gazetteer: keys of addresses, organisations and successors."""

from dataclasses import dataclass

from sqlalchemy import text

from address.shared import codelists, codes
from chassis.database import Session

_KEYS = text("""UPDATE gazetteer SET keys_given = keys_given + :count WHERE council = :council
    RETURNING custodian, country, keys_given""")
_GSS = text("SELECT gss FROM council WHERE slug = :council")
_GAZETTEER = text("""
    INSERT INTO gazetteer (council, custodian, custodian_name, country, epoch, last_update, keys_given)
    VALUES (:council, CAST(:custodian AS smallint), :custodian_name, :country, 0, current_date, :count)
    ON CONFLICT (council) DO UPDATE SET keys_given = gazetteer.keys_given + :count
    RETURNING custodian, country, keys_given""")


@dataclass(frozen=True, slots=True)
class RecordKeys:
    """A block of numbers for keys of new records: ``first`` and those after it."""

    custodian: int | None
    country: str | None
    first: int

    def key(self, kind: str, nth: int) -> str:
        """Format the nth key: ``0114L000000017``. ``kind``: L an LPI, O an organisation, S a successor."""
        return f"{self.custodian or 0:04}{kind}{self.first + nth:09}"


async def next_keys(session: Session, council: str, count: int) -> RecordKeys:
    """Take the next ``count`` keys of the council's gazetteer, creating the gazetteer if there is none."""
    row = await session.first(_KEYS, {"council": council, "count": count})
    if row is None:
        gss = await session.scalar(_GSS, {"council": council})
        custodian = codelists.custodians().get(gss)
        gazetteer = {
            "council": council,
            "count": count,
            "country": codes.country_of(gss),
            "custodian": custodian and custodian.code,
            "custodian_name": custodian and custodian.name,
        }
        row = await session.first(_GAZETTEER, gazetteer)
    assert row is not None  # noqa: S101 - an insert that returns always answers a row
    return RecordKeys(row.custodian, row.country, row.keys_given - count + 1)
