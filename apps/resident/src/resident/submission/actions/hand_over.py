"""A finished form becomes a case: recorded first, then opened here, or by the worker after a crash."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from fastapi import HTTPException

from apps.recipes.bundle import Bundle
from apps.recipes.compile.cases import list_fact_fields
from chassis import clock, encryption, ids, recovery
from chassis.database import Session
from chassis.jobs import CallContext, Every, Finish, Job, JobHandlers, OperationData, Purge
from resident.publication.actions import CaseTypeVersion, find_case_type
from resident.shared.platform import Platform
from resident.submission import rules, store
from resident.submission.actions.keys import make_path, seal_key
from resident.submission.actions.payment import pay
from resident.submission.rules import Step
from townhall_client import Problem, TownhallError
from townhall_client.api.casework.api.cases import open_case
from townhall_client.api.casework.models.case import Case
from townhall_client.api.casework.models.new_case import NewCase

LIFE = timedelta(hours=24)
_UNPROCESSABLE = frozenset({400, 409, 422})  # casework says no, and would again
handlers = JobHandlers()
PURGES = (Purge("resident.purge_submissions", Every(3600), store.delete_expired),)
_log = logging.getLogger(__name__)


class OpenCase(OperationData):
    """Open the case of a submission."""

    kind: ClassVar[str] = "resident.open_case"
    submission: ids.Id


@dataclass(frozen=True, slots=True)
class FinishedForm:
    """A form without an open question. ``values``: by name, for the words of the last page. ``facts`` go
    into the case where its type has a field for them.

    ``price_checked``: pence, on the page of answers; another price is shown before anybody pays.
    """

    id: UUID
    service: str
    bundle: Bundle
    path: tuple[str, ...]
    answers: Mapping[str, Any]
    values: Mapping[str, Any]
    price_checked: int
    language: str
    facts: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)  # as ``walk`` takes them


async def hand_over(
    context: CallContext,
    council: str,
    form: FinishedForm,
    close_draft: Callable[[Session], Awaitable[None]] | None = None,
) -> str:
    """Hand a form over, once; return where the person goes on: to pay, or to the submission's page.

    ``close_draft`` runs in the transaction that records the submission. A second click, or another tab, finds
    what the first recorded, and goes to its page. Hold no session open.
    """
    async with context.database.writing(council) as session:
        version = await find_case_type(session, council, form.bundle)
        is_new = await store.add(session, council, form.id, _record(context, form, version))
        if is_new:
            data = OpenCase(operation=ids.show(form.id), submission=form.id)
            operation = await recovery.begin(session, data, council=council)
            if close_draft is not None:
                await close_draft(session)
    if is_new:
        await _try_now(context, operation)
        return await _lead_on(context, council, form)
    return make_path(context.settings, council, form.service, form.id)


async def _lead_on(context: CallContext, council: str, form: FinishedForm) -> str:
    """Lead to pay, if the case costs what the person has seen; else to the submission's own page."""
    own_page = make_path(context.settings, council, form.service, form.id)
    async with context.database.reading(council) as session:
        row = await store.find(session, council, form.id)
    if row is None or row.step != Step.PAYING or row.payment["amount"] != row.price_checked:
        return own_page
    try:
        return await pay(context, context.share(Platform).get(council), council, row)
    except TownhallError as error:
        _log.warning("a payment is created later", extra={"reason": str(error)})
        return own_page


async def _try_now(context: CallContext, operation: recovery.Operation) -> None:
    """Open the case here and now. What fails is the worker's, and the person's page says so."""
    try:
        await recovery.run(context, handlers, operation)
    except (TownhallError, HTTPException, recovery.OverdueError) as error:
        _log.warning("a case is opened later", extra={"reason": type(error).__name__})


def _record(context: CallContext, form: FinishedForm, version: CaseTypeVersion | None) -> dict[str, Any]:
    case = rules.make_case(form.bundle, form.answers, form.path, form.id, form.language)
    case["fields"] |= list_fact_fields(form.bundle, form.answers, form.facts, clock.now())
    if version is not None:
        case["case_type_version"] = version.number
        case["fields"] = {name: each for name, each in case["fields"].items() if name in version.fields}
    sealed = encryption.seal(seal_key(context.settings), json.dumps(case).encode(), form.id.bytes)
    return {
        "service": form.service,
        "case_type": case["case_type"],
        "title": form.bundle.name.show(form.language),
        "language": form.language,
        "step": Step.OPENING,
        "sealed": sealed,
        "by_email": "email" in case.get("contact", {}),
        "price_checked": form.price_checked,
        "done": _fill(form),
        "attempt": 1,
        "created_at": clock.now(),
    }


def _fill(form: FinishedForm) -> str:
    """Fill the last page's words with what the form knows; the case's own values follow when it is open."""
    text = form.bundle.done.show(form.language)
    values = {name: value for name, value in form.values.items() if value not in (None, "")}
    return rules.fill_known(text, values, form.language)


@handlers.call(OpenCase, tries=30, limit=20.0)
async def open_submitted_case(context: CallContext, job: Job[OpenCase]) -> Finish | None:
    """Open the case. Casework knows the submission, so that a second call finds the first one's case."""
    submission_id = job.data.submission
    async with context.database.reading(job.council) as session:
        row = await store.find(session, job.council, submission_id)
    if row is None or row.sealed is None:
        return None
    case = json.loads(encryption.unseal(seal_key(context.settings), row.sealed, submission_id.bytes))
    townhall = context.share(Platform).get(job.council)
    call = open_case(body=NewCase.from_dict(case)).once(ids.show(submission_id))
    try:
        opened = await townhall.send(call.with_headers(Accept_Language=row.language))
    except Problem as problem:
        if problem.status not in _UNPROCESSABLE:
            raise
        return _refuse(job.council, submission_id, row.language, problem)
    return _finish(job.council, submission_id, opened)


def _finish(council: str, submission_id: UUID, case: Case) -> Finish:
    async def write(session: Session) -> None:
        row = await store.lock(session, council, submission_id)
        if row is None or row.step != Step.OPENING:
            return
        payment = case.payment.to_dict() if case.payment else None
        dues = {f"due.{clock_.clock}": clock_.due_on for clock_ in case.clocks}
        values = {
            "step": Step.PAYING if payment else Step.DONE,
            "reference": case.reference,
            "payment": payment,
            "done": rules.fill_words(row.done, {**dues, "reference": case.reference}, row.language),
            "expires_at": clock.now() + LIFE,
        }
        await store.set_opened(session, council, submission_id, values)

    return write


def _refuse(council: str, submission_id: UUID, language: str, problem: Problem) -> Finish:
    """Keep casework's own reasons. They are words of the case type and hold nothing of the person."""
    reasons = [reason.get(language) or reason.get("en", "") for reason in problem.extra.get("reasons", ())]

    async def write(session: Session) -> None:
        row = await store.lock(session, council, submission_id)
        if row is not None and row.step == Step.OPENING:
            _log.warning("casework opens no case", extra={"code": problem.code, "status": problem.status})
            values = {"refusal": " ".join(filter(None, reasons)), "expires_at": clock.now() + LIFE}
            await store.set_refused(session, council, submission_id, values)

    return write
