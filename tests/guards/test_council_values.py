"""Nothing is derived from a council, but for what is on the list, and no statement changes one."""

from tests.guards.council_values import find_derived
from tests.guards.sources import ROOT, production

# Where a value may have a council in it: file, what it is, and the start of its text, each with its reason.
ENVELOPE = "an event names the council it happened at; the aggregate and its sequence identify the row"
BROKER = "a council's own consumer at the broker reads what is published under its slug, and is set up anew"
ALLOWED = {
    ("chassis/src/chassis/broker/topology.py", "text", "f'council_{self.council}"): BROKER,
    ("chassis/src/chassis/broker/topology.py", "text", "f'{SUBJECT_PREFIX}.{self.council}.>'"): BROKER,
    ("chassis/src/chassis/events.py", "text", 'f"{SUBJECT_PREFIX}.{council}'): ENVELOPE,
    ("chassis/src/chassis/events.py", "text", 'f"{SUBJECT_PREFIX}.{self.council}'): ENVELOPE,
    ("chassis/src/chassis/outbox.py", "SQL", "concat('_.', council"): ENVELOPE,
    ("chassis/src/chassis/outbox.py", "SQL", "concat('event of ', council"): "it names an event in an error",
    (
        "services/mapping/src/mapping/tiles/routes/access.py",
        "text",
        "f\"{('https' if scheme",
    ): "an address that the request named; a successor's has its own",
    (
        "chassis/src/chassis/council_events.py",
        "event",
        "CouncilState.slug",
    ): "the council itself is the aggregate",
    (
        "services/identity/src/identity/events.py",
        "event",
        "Council.slug",
    ): "the council itself is the aggregate",
    ("services/identity/src/identity/councils/routes.py", "cursor", "lambda row: (row.slug,)"): (
        "the list is of councils, in order of slug, which never changes"
    ),
    ("chassis/src/chassis/idempotency.py", "derivation", "_fingerprint(f'/{self._council}"): (
        "fingerprints of older versions, which last a day"
    ),
    ("services/identity/src/identity/clients/actions/api_keys.py", "derivation", "_sign_api_key("): (
        "an API key says which council it is for; the directory of predecessors will say what that means"
    ),
    ("services/identity/src/identity/clients/routes/api_keys.py", "derivation", "api_keys.sign_again("): (
        "the same key again, for a repeated request"
    ),
    (
        "services/identity/src/identity/clients/actions/authentication.py",
        "text",
        "f'{client.record.council} is",
    ): ("an error says which council is suspended"),
    (
        "services/identity/src/identity/upstreams/actions/upstreams.py",
        "text",
        "f'{settings.issuer}upstream",
    ): ("the slug that the provider has on file, kept in a column of its own"),
}
FOLDERS = ("services", "chassis", "gateway")

PLANTED = """
sub = hmac.digest(key, council.encode(), "sha256")
sealed = cipher.encrypt(nonce, secret, f"{upstream.council} {kid}".encode())
sid = subjects.derive_sid(issuer, grant.council, session)
name = hash_name(key, "sub", slug=row.slug)
reference = f"{council}-{number}"
folder = f"blobs/{self.council}/{name}"
page = paging.page(rows, show, lambda row: (row.council, row.id))
GROUP = text("SELECT md5(concat_ws('|', council, uprn)) FROM place")
class Opened(EventData):
    council: str
MOVE = text("UPDATE history SET actor = :a, council = :to WHERE council = :council")
MOVE = update(history).values(council=bindparam("to"))
"""
HARMLESS = """
sub = subjects.derive_sid(issuer, grant.sector, session)
where = f"/{council}/address/v1/addresses/{uprn}"
router = APIRouter(prefix=f"{{council}}/{BASE}")
raise LookupError(f"There is no council of the name {council} here.")
page = paging.page(rows, show, lambda row: (row.id,))
SET = text("UPDATE blpu SET version = version + 1 WHERE council = :council AND uprn = :uprn")
"""


def list_derived():
    """List the derived values of the services, the chassis and the gateway: (file, what, text)."""
    for path in production():
        relative = path.relative_to(ROOT)
        if relative.parts[0] in FOLDERS and "src" in relative.parts and "migrations" not in relative.parts:
            for kind, value in find_derived(path.read_text()):
                yield str(relative), kind, value


def test_no_value_derives_from_a_council():
    unknown = [entry for entry in list_derived() if not any(allows(key, entry) for key in ALLOWED)]
    assert unknown == []


def test_the_list_only_shrinks():
    entries = list(list_derived())
    assert [key for key in ALLOWED if not any(allows(key, entry) for entry in entries)] == []


def allows(key, entry):
    file, kind, start = key
    return (file, kind) == entry[:2] and entry[2].startswith(start)


def test_a_value_that_derives_from_a_council_is_found():
    kinds = [kind for kind, _ in find_derived(PLANTED)]
    assert sorted(kinds) == ["SQL", "cursor", *["derivation"] * 4, "event", *["rekeying"] * 2, *["text"] * 3]
    assert list(find_derived(HARMLESS)) == []
