"""What a service may ask for, beyond the shape of its request. Source: GOV.UK Pay's API, by its wire."""

from dataclasses import dataclass

from payments.gateway_accounts.rules import AccountSettings, Traits

_WEB = "web"
_AGREEMENT = "agreement"
_MOTO_API = "moto_api"
_SANDBOX = "sandbox"
_HTTPS = "https://"
_HTTP = "http://"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused: HTTP status, Pay's code, the field if it is one's, and what is wrong."""

    status: int
    code: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class RequestedPayment:
    """The members of a request that the rules look at."""

    amount: int
    return_url: str | None
    moto: bool
    authorisation_mode: str
    set_up_agreement: str | None
    agreement_id: str | None
    agreement_payment_type: str | None


def check(
    payment: RequestedPayment, settings: AccountSettings, mode: str, traits: Traits, *, has_moto_api: bool
) -> Refusal | None:
    """Return the first reason to refuse a payment.

    ``traits``: of the account's processor. ``has_moto_api``: whether this installation has it.
    """
    return (
        _check_moto(payment, settings, traits, has_moto_api=has_moto_api and mode == _SANDBOX)
        or _check_agreements_allowed(payment, settings)
        or _check_amount(payment.amount, settings, traits)
        or _check_return_url(payment, mode)
        or _check_agreement(payment)
    )


def _check_amount(amount: int, settings: AccountSettings, traits: Traits) -> Refusal | None:
    least = max(settings.minimum_amount, traits.minimum_amount)
    if amount < least and not (settings.allows_zero and amount == 0):
        message = f"Must be greater than or equal to {least}. Refer to the documentation"
        return Refusal(422, "P0102", "amount", message)
    return None


def _check_return_url(payment: RequestedPayment, mode: str) -> Refusal | None:
    url = payment.return_url
    if payment.authorisation_mode != _WEB:
        if url is not None:
            return Refusal(400, "P0104", "return_url", "Unexpected attribute: return_url")
        return None
    if url is None:
        return Refusal(400, "P0101", "return_url", "")
    if not url.startswith((_HTTPS, _HTTP)) or any(character.isspace() for character in url):
        return Refusal(422, "P0102", "return_url", "Must be a valid URL format")
    if mode == "live" and not url.startswith(_HTTPS):
        return Refusal(422, "P0920", "return_url", "Must begin with https:// on a live account")
    return None


def _check_moto(
    payment: RequestedPayment, settings: AccountSettings, traits: Traits, *, has_moto_api: bool
) -> Refusal | None:
    if payment.moto and not (settings.allows_moto and traits.allows_moto):
        return Refusal(422, "P0196", "", "MOTO payments are not enabled for this account")
    allows_moto_api = settings.allows_moto_api and traits.allows_moto and has_moto_api
    if payment.authorisation_mode == _MOTO_API and not allows_moto_api:
        message = "Using authorisation_mode of moto_api is not allowed for this account"
        return Refusal(422, "P0195", "", message)
    return None


def _check_agreements_allowed(payment: RequestedPayment, settings: AccountSettings) -> Refusal | None:
    if not settings.allows_agreements:
        message = "Recurring card payments are not enabled for this account"
        if payment.authorisation_mode == _AGREEMENT:
            return Refusal(422, "P0942", "authorisation_mode", message)
        if payment.set_up_agreement is not None:
            return Refusal(422, "P0942", "set_up_agreement", message)
    return None


def _check_agreement(payment: RequestedPayment) -> Refusal | None:
    if payment.agreement_payment_type is not None and not (
        payment.authorisation_mode == _AGREEMENT or payment.set_up_agreement is not None
    ):
        return Refusal(400, "P0104", "agreement_payment_type", "Unexpected attribute: agreement_payment_type")
    if payment.set_up_agreement is not None and (payment.authorisation_mode != _WEB or payment.moto):
        return Refusal(400, "P0104", "set_up_agreement", "Unexpected attribute: set_up_agreement")
    is_by_agreement = payment.authorisation_mode == _AGREEMENT
    if payment.agreement_id is not None and not is_by_agreement:
        return Refusal(400, "P0104", "agreement_id", "Unexpected attribute: agreement_id")
    if payment.agreement_id is None and is_by_agreement:
        return Refusal(400, "P0101", "agreement_id", "")
    if payment.moto and is_by_agreement:
        return Refusal(400, "P0104", "moto", "Unexpected attribute: moto")
    return None
