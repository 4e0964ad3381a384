"""E-mails to people about their accounts."""

from chassis.database import Session
from identity.messages import actions as messages


async def send_sign_in_code(session: Session, to: str, language: str, code: str) -> None:
    """Send the code to sign in with."""
    await messages.send_email(session, "sign-in-code", to, language, code=code)


async def send_no_account(session: Session, to: str, language: str, issuer: str) -> None:
    """Tell an address without an account that somebody tried to sign in with it."""
    await messages.send_email(session, "no-account", to, language, link=f"{issuer}register")


async def send_register_code(session: Session, to: str, language: str, code: str) -> None:
    """Send the code to open an account with."""
    await messages.send_email(session, "register-code", to, language, code=code)


async def send_has_account(session: Session, to: str, language: str, issuer: str) -> None:
    """Tell an address with an account that somebody tried to open one with it."""
    await messages.send_email(session, "has-account", to, language, link=f"{issuer}sign-in")


async def send_new_address_code(session: Session, to: str, language: str, code: str) -> None:
    """Send the code that confirms the new address of an account."""
    await messages.send_email(session, "email-code", to, language, code=code)


async def send_old_address_code(session: Session, to: str, language: str, code: str) -> None:
    """Send the code that confirms, at the old address, the change to a new one."""
    await messages.send_email(session, "email-before-code", to, language, code=code)


async def send_address_taken(session: Session, to: str, language: str) -> None:
    """Tell an address with an account that somebody wanted it for another account."""
    await messages.send_email(session, "email-taken", to, language)


async def send_change(session: Session, to: str, language: str, change: str) -> None:
    """Tell the person of a ``change`` in how their account is reached or opened."""
    await messages.send_email(session, f"changed-{change.replace(' ', '-')}", to, language)


async def send_new_device(session: Session, to: str, language: str, device: str) -> None:
    """Tell the person that they signed in on a new device."""
    await messages.send_email(session, "new-device", to, language, device=device or "?")


async def send_closed(session: Session, to: str, language: str) -> None:
    """Tell the person that their account is closed."""
    await messages.send_email(session, "closed", to, language)
