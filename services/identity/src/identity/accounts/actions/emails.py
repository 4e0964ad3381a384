"""Letters to people about their accounts: which goes when, with what."""

from chassis.database import Session
from identity.messages.actions import queue


async def sign_in_code(session: Session, to: str, language: str, code: str) -> None:
    await queue.send_email(session, "sign-in-code", to, language, code=code)


async def no_account(session: Session, to: str, language: str, issuer: str) -> None:
    """Somebody wanted to sign in with an address that has no account."""
    await queue.send_email(session, "no-account", to, language, link=f"{issuer}register")


async def register_code(session: Session, to: str, language: str, code: str) -> None:
    await queue.send_email(session, "register-code", to, language, code=code)


async def has_account(session: Session, to: str, language: str, issuer: str) -> None:
    """Somebody wanted to open an account with an address that has one."""
    await queue.send_email(session, "has-account", to, language, link=f"{issuer}sign-in")


async def email_code(session: Session, to: str, language: str, code: str) -> None:
    await queue.send_email(session, "email-code", to, language, code=code)


async def email_before_code(session: Session, to: str, language: str, code: str) -> None:
    """Somebody wants another address for the account that this one reaches."""
    await queue.send_email(session, "email-before-code", to, language, code=code)


async def email_taken(session: Session, to: str, language: str) -> None:
    """Somebody wanted this address for another account."""
    await queue.send_email(session, "email-taken", to, language)


async def changed(session: Session, to: str, language: str, what: str) -> None:
    """How an account is reached or opened has changed. ``what`` is a key of its own letter."""
    await queue.send_email(session, f"changed-{what.replace(' ', '-')}", to, language)


async def new_device(session: Session, to: str, language: str, device: str) -> None:
    await queue.send_email(session, "new-device", to, language, device=device or "?")


async def closed(session: Session, to: str, language: str) -> None:
    await queue.send_email(session, "closed", to, language)
