"""Messages of cases: to the person by e-mail or SMS, in their language; to a role by e-mail, or as a note.

They are queued with the decision that sends them, so that each is sent once, and none of what was undone.
"""

import textwrap
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from casework.cases.actions.subjects import Subject
from casework.cases.store import contacts, notes
from casework.cases.store import roles as holders
from casework.cases.store.contacts import save_contact
from casework.model.rules.acts import Decision, Message
from casework.model.rules.case_type import RESIDENT
from casework.shared.references import format_reference
from casework.shared.words import Words
from casework.word_index.actions import index_note
from chassis.database import Session
from chassis.messages import Channel, Email, Messages, NewMessage, Sms, is_recipient

__all__ = ["messages", "queue_letter", "queue_messages", "save_contact"]
messages = Messages("casework")
_TEMPLATE = "case-update"
_LIFE = timedelta(days=7)
_LINE = 400  # characters, of the 500 that a value's line may have
_MOST_STAFF = 20
_TEST = Words("This is a test.", "Prawf yw hwn.")


async def add_note(
    session: Session,
    council: str,
    case_id: UUID,
    author: Mapping[str, str],
    text: str,
    direction: str | None = None,
    *,
    for_person: bool = False,
) -> UUID:
    """Write a note, and the words by which staff find it; with a direction, correspondence in or out.

    ``for_person``: whom the case is about reads it as theirs.
    """
    note_id = await notes.add_note(session, council, case_id, author, text, direction, for_person=for_person)
    await index_note(session, council, case_id, text)
    return note_id


async def queue_messages(session: Session, subject: Subject, decision: Decision) -> None:
    """Queue what a decision sends. A person without an address gets nothing."""
    is_unread = subject.contact is None and subject.person is None
    if all(message.to == RESIDENT and is_unread for message in decision.messages):
        return
    council = await contacts.get_council_name(session, subject.council)
    for message in decision.messages:
        if message.to != RESIDENT:
            await _write_to_role(session, subject, message, council)
            continue
        for new in _write_to_person(subject, message, council):
            await messages.queue(session, new, council=subject.council)
        if not is_unread:
            await _keep_for_person(session, subject, message, council)


async def note_not_done(session: Session, subject: Subject, decision: Decision) -> None:
    """Leave a note where money came and its action could not be done: staff say what becomes of it."""
    if decision.not_done:
        paid = decision.state.paid - subject.state.paid
        reasons = (f"- {reason.words.en} ({reason.rule})" for reason in decision.not_done)
        first = f"A payment of £{paid / 100:.2f} was recorded, but what it was for could not be done:"
        text = "\n".join([first, *reasons])
        await add_note(session, subject.council, subject.id, {"sub": "casework"}, text)


async def queue_letter(session: Session, subject: Subject, title: str, text: str) -> bool:
    """Queue what staff write to the person; False if it is not known how to reach them."""
    council = await contacts.get_council_name(session, subject.council)
    message = Message("", RESIDENT, Words(title, title), Words(text, text))
    queued = _write_to_person(subject, message, council)
    for new in queued:
        await messages.queue(session, new, council=subject.council)
    return bool(queued)


def _write_to_person(subject: Subject, message: Message, council: str) -> list[NewMessage]:
    contact = subject.contact
    if contact is None:
        return []
    if contact.email and is_recipient(Channel.EMAIL, contact.email):
        return [_make_email(subject, message, council, contact.email, contact.language)]
    if contact.phone and is_recipient(Channel.SMS, contact.phone):
        values = _make_values(subject, message, council, contact.language)
        del values["subject"]
        return [Sms(_TEMPLATE, contact.phone, contact.language, values, _LIFE)]
    return []


async def _keep_for_person(session: Session, subject: Subject, message: Message, council: str) -> None:
    """Keep what was written to the person with the case: they read it there too, and so do staff."""
    language = "en" if subject.contact is None else subject.contact.language
    values = _make_values(subject, message, council, language)
    text = "\n".join([str(values["subject"]), "", *values["body"]])
    author = {"sub": "casework"}
    await notes.add_note(session, subject.council, subject.id, author, text, "out", for_person=True)


async def _write_to_role(session: Session, subject: Subject, message: Message, council: str) -> None:
    """Write to those who hold a role; if no address is known, leave a note at the case."""
    emails = await holders.list_emails(session, subject.council, message.to, _MOST_STAFF)
    for email in emails:
        new = _make_email(subject, message, council, email, "en")
        await messages.queue(session, new, council=subject.council)
    if not emails:
        values = _make_values(subject, message, council, "en")
        text = "\n".join([f"{message.to}: {values['subject']}", *values["body"]])
        await add_note(session, subject.council, subject.id, {"sub": "casework"}, text)


def _make_email(subject: Subject, message: Message, council: str, to: str, language: str) -> Email:
    return Email(_TEMPLATE, to, language, _make_values(subject, message, council, language), _LIFE)


def _make_values(
    subject: Subject, message: Message, council: str, language: str
) -> dict[str, str | list[str]]:
    """Fill a message's words. Where there is no Welsh, the English is sent."""

    def fill(words: Words) -> str:
        text = (words.cy if language == "cy" else "") or words.en
        text = text.replace("((reference))", format_reference(subject.reference))
        return text.replace("((council))", council)

    paragraphs = fill(message.body).splitlines()
    body = [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, _LINE) or [""]]
    tests = [fill(_TEST)] if subject.mode == "sandbox" else []
    return {"subject": fill(message.subject), "body": body, "notes": tests}
