"""The chassis says nothing of one service, but what it must know of the issuer."""

import ast

from tests.guards.conftest import NAMES, ROOT
from tests.guards.sources import production

CHASSIS = ROOT / "chassis" / "src" / "chassis"
# Every service needs the issuer: where it is, and its events of councils and refused credentials.
ALLOWED = {
    "auth.py": {"/identity/token"},
    "broker/accounts.py": {"townhall.*.identity.council.*", "townhall.*.identity.token.revoked"},
    "broker/topology.py": {"address"},  # AsyncAPI's word for a channel's subject
    "council_events.py": {
        "identity",
        "identity.council.created.v1",
        "identity.council.changed.v1",
        "identity.token.revoked.v1",
    },
    "messages/notify.py": {"email_address"},  # GOV.UK Notify's word
    "openapi_components.py": {"mapping"},  # OpenAPI's word for the types of a discriminator
    "outbound/connections.py": {"identity"},  # HTTP's word for no content coding
    "settings.py": {
        "http://127.0.0.1:8000/identity/",
        "http://127.0.0.1:8005/identity/.well-known/jwks.json",
    },
    "tables.py": {"identity.council", "identity.token"},
    "testing/clients.py": {"http://test.invalid/identity/"},
}
WORDS = (*NAMES, "townhall account")


def find_mentions(source):
    """List the strings that name a service; docstrings, descriptions and SQL's own words may."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        if " " not in node.value or "account" in node.value.lower()
        if any(word in node.value.lower() for word in WORDS)
    }


def test_the_chassis_names_no_service_but_the_issuer_where_it_must():
    mentions = {
        str(path.relative_to(CHASSIS)): find_mentions(path.read_text())
        for path in production()
        if path.is_relative_to(CHASSIS)
    }
    assert {name: strings for name, strings in mentions.items() if strings} == ALLOWED


def test_no_page_or_translation_of_the_chassis_speaks_of_accounts():
    texts = [*CHASSIS.rglob("*.html"), *CHASSIS.rglob("*.po")]
    assert texts
    assert [path.name for path in texts if "townhall account" in path.read_text().lower()] == []


def test_a_services_name_in_a_string_is_found():
    assert find_mentions('UNLIMITED = {"identity"}\nname = "Townhall account"') == {
        "identity",
        "Townhall account",
    }
    assert find_mentions('"""As identity does."""') == set()
