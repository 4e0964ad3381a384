"""Who may sign in to a service of the sandbox, and who to a live one."""

from identity.shared.rules.email_addresses import NOBODYS_DOMAIN

LIVE = "live"
MAX_TESTERS = 100
"""Testers that one service may have."""
MAX_TEST_PEOPLE = 100
"""Test people that one council may have."""


def may_sign_in(mode: str, council: str, test_council: str | None, *, is_tester: bool) -> bool:
    """Tell whether somebody may sign in to a service of ``mode`` and ``council``.

    ``test_council``: whose test person they are, None for a person with an account of their own.
    ``is_tester``: they are a tester of the service. A live service signs in no test people, and one of the
    sandbox nobody else but its testers.
    """
    if mode == LIVE:
        return test_council is None
    return test_council == council or (test_council is None and is_tester)


def build_address(name: str) -> str:
    """Build the e-mail address of a test person, which reaches nobody."""
    return f"{name}@people.{NOBODYS_DOMAIN}"
