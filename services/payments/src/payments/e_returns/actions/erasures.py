"""Erase what is personal of e-returns when its time is over."""

from datetime import date
from uuid import UUID

from chassis.database import Session
from payments.e_returns import store


async def erase_words(session: Session, council: str, last_day: date, most: int) -> list[UUID]:
    """Erase answers, and payers of cheques that were never posted, of a batch up to a day; return which."""
    return await store.erase_words(session, council, last_day, most)


async def erase_names(session: Session, council: str, last_day: date, most: int) -> list[UUID]:
    """Erase the names of staff and the narratives of a batch of e-returns up to a day; return which."""
    return await store.erase_names(session, council, last_day, most)
