"""The webhooks of notes: a kind of its own, and one in the manner of an outside contract."""

import hashlib
import hmac

from chassis.webhooks import Kind, Webhooks

_SCOPES = {"scoped-client": ["account 1"]}


def write_outside_body(message):
    return {
        "webhook_message_id": message.id,
        "event_type": message.event_type,
        "resource_id": message.resource,
        "resource": message.data,
    }


def sign_outside(body, secrets):
    return {"Outside-Signature": hmac.new(secrets[0].encode(), body, hashlib.sha256).hexdigest()}


async def list_scopes(session, council, caller):
    return _SCOPES.get(caller.client_id)


NOTES = Kind("notes", ["notes.written", "notes.removed"])
OUTSIDE = Kind(
    "outside", ["note_written"], write_body=write_outside_body, make_headers=sign_outside, waits=(60, 300)
)
webhooks = Webhooks([NOTES, OUTSIDE], permission="notes:webhooks", list_scopes=list_scopes)
