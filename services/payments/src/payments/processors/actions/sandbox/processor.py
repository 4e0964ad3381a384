"""The sandbox's processor: the simulator, asked over HTTP as a real one is."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.outbound import Outbound, OutboundError, Reach, Request, Response
from payments.processors.actions.sandbox import settlements
from payments.processors.actions.sandbox.notifications import read_notification
from payments.processors.rules import (
    MAX_LINES,
    Authorisation,
    AuthorisationRequest,
    Capture,
    Card,
    Dispute,
    DisputeState,
    Notification,
    Outcome,
    ProcessorError,
    RefundOutcome,
    RefundResult,
    RefusedByProcessorError,
    SettlementLine,
    SettlementPage,
)

_MAX_BYTES = 65_536
_TOO_MANY = 429
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_AUTHORISATIONS = "/v1/authorisations"
# A later payment by the agreement will be declined again. Source: MappedAuthorisationRejectedReason of Pay's
# connector, whose generic decline may be tried again.
_FINAL_DECLINES = {"authentication_required", "expired_card", "card_not_accepted"}
_CAPTURED = "captured"
_ENDED = {"cancelled", "expired"}  # an authorisation that holds nothing any more


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Result(_Model):
    id: str = Field(max_length=255)
    status: str = Field(max_length=40)


class _Method(_Model):
    brand: str = Field(max_length=40)
    type: str | None = Field(default=None, max_length=20)
    first_digits: str = Field(pattern=r"^[0-9]{6}$")
    last_digits: str = Field(pattern=r"^[0-9]{4}$")


class _Challenge(_Model):
    url: str = Field(max_length=2_000)


class _AuthorisationResult(_Result):
    code: str | None = Field(default=None, max_length=60)
    method: _Method | None = None
    three_d_secure: _Challenge | None = None


class _CaptureResult(_Result):
    captured_at: datetime | None
    fee: int | None = Field(default=None, ge=0, le=10_000_000)


class _RefundResult(_Result):
    reference: str = Field(default="", max_length=255)


class _DisputeResult(_Result):
    authorisation: str = Field(max_length=255)
    amount: int = Field(ge=1, le=100_000_000)
    fee: int = Field(ge=0, le=10_000_000)
    reason: str = Field(max_length=60)
    opened_at: datetime


_Kind = TypeVar("_Kind", bound=_Model)
_State = TypeVar("_State", bound=StrEnum)


class SandboxProcessor:
    """The simulator at a URL."""

    def __init__(self, outbound: Outbound, base: str) -> None:
        self._outbound = outbound
        self._base = base.rstrip("/")

    async def authorise(self, key: str, request: AuthorisationRequest) -> Authorisation:
        """Hold money on a test card."""
        body: dict[str, Any] = {
            "amount": request.amount,
            "currency": "GBP",
            "reference": request.reference,
            "moto": request.is_moto,
        }
        optional = {
            "method": request.card,
            "return_url": request.return_url,
            "agreement": request.agreement,
        }
        body |= {name: value for name, value in optional.items() if value is not None}
        response = await self._post(_AUTHORISATIONS, request.merchant, key, body)
        return _to_authorisation(_read(_AuthorisationResult, response))

    async def get_authorisation(self, merchant: str, provider_id: str) -> Authorisation:
        """Get an authorisation as it is now."""
        response = await self._send("GET", _path(provider_id), merchant, {}, None)
        return _to_authorisation(_read(_AuthorisationResult, response))

    async def capture(self, key: str, merchant: str, provider_id: str, amount: int) -> Capture:
        """Take money that was held."""
        response = await self._post(_path(provider_id, "/capture"), merchant, key, {"amount": amount})
        result = _read(_CaptureResult, response)
        if result.captured_at is None:  # a repeated request gets the first answer: see what it is by now
            path = f"/v1/captures/{quote(result.id, safe='')}"
            result = _read(_CaptureResult, await self._send("GET", path, merchant, {}, None))
        return Capture(result.captured_at, result.fee)

    async def cancel(self, key: str, merchant: str, provider_id: str) -> None:
        """Let go of money that was held."""
        await self._post(f"{_path(provider_id)}/cancel", merchant, key, {})

    async def refund(
        self, key: str, merchant: str, provider_id: str, amount: int, reference: str
    ) -> RefundResult:
        """Give money back to the card it came from."""
        body = {"amount": amount, "reference": reference}
        return _to_refund(await self._post(_path(provider_id, "/refunds"), merchant, key, body))

    async def get_refund(self, merchant: str, provider_id: str) -> RefundResult:
        """Get a refund as it is now."""
        path = f"/v1/refunds/{quote(provider_id, safe='')}"
        return _to_refund(await self._send("GET", path, merchant, {}, None))

    async def get_dispute(self, merchant: str, provider_id: str) -> Dispute:
        """Get a dispute as it is now."""
        path = f"/v1/disputes/{quote(provider_id, safe='')}"
        result = _read(_DisputeResult, await self._send("GET", path, merchant, {}, None))
        state = _read_state(DisputeState, result)
        return Dispute(
            result.id,
            result.authorisation,
            state,
            result.amount,
            result.fee,
            result.reason,
            result.opened_at,
        )

    async def check_credentials(self, secret_key: str) -> str:  # noqa: ARG002
        """Refuse: an account of the sandbox has no key of its own."""
        raise RefusedByProcessorError("the sandbox takes no credentials")

    async def register_webhook(self, key: str, merchant: str, url: str, secret: str) -> None:
        """Have the simulator send an account's notifications to a URL."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        body = json.dumps({"url": url, "secret": secret}).encode()
        await self._send("PUT", "/control/webhook", merchant, headers, body)

    def read_notification(self, body: bytes, headers: Mapping[str, str], secret: str) -> Notification | None:
        """Check and read a notification of the simulator."""
        return read_notification(body, headers, secret)

    async def list_settlements(self, merchant: str, after: str | None) -> SettlementPage:
        """List the simulator's payouts after one of them."""
        return settlements.read_payouts(await self._list(merchant, "payouts", {"after": after}))

    async def list_settlement_lines(self, merchant: str, provider_id: str) -> Sequence[SettlementLine]:
        """List the balance transactions of a payout, page by page."""
        lines: list[SettlementLine] = []
        after: str | None = None
        while True:
            query = {"payout": provider_id, "after": after}
            page, after = settlements.read_lines(await self._list(merchant, "balance_transactions", query))
            lines += page
            if after is None:
                return lines
            if len(lines) > MAX_LINES:
                raise ProcessorError(f"a payout has more than {MAX_LINES} lines")

    async def _list(self, merchant: str, collection: str, query: Mapping[str, str | None]) -> bytes:
        parameters = {name: value for name, value in query.items() if value is not None}
        path = f"/v1/{collection}?{urlencode({'limit': settlements.PAGE, **parameters})}"
        return (await self._send("GET", path, merchant, {}, None)).body

    async def _post(self, path: str, merchant: str, key: str, body: Mapping[str, Any]) -> Response:
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return await self._send("POST", path, merchant, headers, json.dumps(body).encode())

    async def _send(
        self, method: str, path: str, merchant: str, headers: Mapping[str, str], body: bytes | None
    ) -> Response:
        credentials = {"Authorization": f"Bearer sim_{merchant}", "Accept": "application/json"}
        request = Request(
            method,
            f"{self._base}{path}",
            _MAX_BYTES,
            {**credentials, **headers},
            body,
            reach=Reach.ANYWHERE,
            allow_http=True,
        )
        try:
            response = await self._outbound.send(request)
        except OutboundError as error:
            raise ProcessorError(f"the processor {error.explain()}") from error
        if response.status == _TOO_MANY or response.status >= _SERVER_ERROR:
            raise ProcessorError(f"the processor answered {response.status}")
        if response.status >= _CLIENT_ERROR:
            raise RefusedByProcessorError(f"the processor answered {response.status}")
        return response


def _to_refund(response: Response) -> RefundResult:
    result = _read(_RefundResult, response)
    return RefundResult(result.id, _read_state(RefundOutcome, result), result.reference)


def _read_state(states: type[_State], result: _Result) -> _State:
    try:
        return states(result.status)
    except ValueError:
        raise ProcessorError("the processor answered with an unknown state") from None


def _path(provider_id: str, action: str = "") -> str:
    return f"{_AUTHORISATIONS}/{quote(provider_id, safe='')}{action}"


def _to_authorisation(result: _AuthorisationResult) -> Authorisation:
    challenge = result.three_d_secure.url if result.three_d_secure else None
    can_retry = result.code not in _FINAL_DECLINES
    outcome = _to_outcome(result.status)
    return Authorisation(result.id, outcome, _to_card(result.method), challenge, can_retry)


def _to_outcome(status: str) -> Outcome:
    if status == _CAPTURED:  # it was authorised before, and the caller decides by its own state
        return Outcome.AUTHORISED
    try:
        return Outcome.ERROR if status in _ENDED else Outcome(status)
    except ValueError:
        raise ProcessorError("the processor answered with an unknown state") from None


def _to_card(method: _Method | None) -> Card | None:
    if method is None:
        return None
    return Card(method.brand, method.type, method.first_digits, method.last_digits)


def _read(model: type[_Kind], response: Response) -> _Kind:
    try:
        return model.model_validate_json(response.body)
    except ValidationError as error:
        raise ProcessorError("the processor's answer cannot be read") from error
