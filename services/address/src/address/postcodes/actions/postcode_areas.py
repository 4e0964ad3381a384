"""The areas of postcodes: a copy of what mapping's events say, an outcode at a time."""

import json

import asyncpg

from address.events import OutcodeLocated
from address.postcodes.actions import postcodes
from address.postcodes.schemas import PostcodeAreas
from address.postcodes.store import postcode_areas as store
from chassis import ids
from chassis.database import Session
from chassis.events import Received
from chassis.problems import not_found


async def set_areas(session: Session, event: Received[OutcodeLocated]) -> None:
    """Set the areas of an outcode's postcodes; a lower sequence than the copy's changes nothing."""
    data, outcode = event.data, ids.read(event.subject)
    values = {
        "outcode": data.outcode,
        "sequence": event.sequence,
        "searched": data.searched,
        "as_of": data.as_of,
    }
    if not await store.set_outcode(session, event.council, outcode, values, is_snapshot=event.snapshot):
        return
    areas = {
        f"{data.outcode} {incode}": {
            data.areas[place].kind: [data.areas[place].code, data.areas[place].name] for place in places
        }
        for incode, places in sorted(data.postcodes.items())
    }
    await store.delete_others(session, event.council, outcode, list(areas))
    await store.set_postcodes(session, event.council, outcode, areas)


async def find_areas(pool: asyncpg.Pool, council: str, postcode: str) -> PostcodeAreas:
    """Find the areas of a postcode, with the versions of the layers. Raises Problem 404."""
    row = await store.get_areas(pool, council, postcode)
    if row is not None:
        areas = [
            {"kind": kind, "code": code, "name": name}
            for kind, (code, name) in sorted(json.loads(row["areas"]).items())
        ]
        searched = json.loads(row["searched"])
        return PostcodeAreas.model_validate(
            {"postcode": postcode, "areas": areas, "generation": searched, "as_of": row["as_of"]}
        )
    if await postcodes.find_postcodes(pool, council, [postcode]) == [None]:
        raise not_found(f"postcode {postcode}")
    return PostcodeAreas(postcode=postcode, areas=[], generation={}, as_of=None)
