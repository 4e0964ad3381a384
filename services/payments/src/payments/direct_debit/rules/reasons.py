"""Bacs reason codes, and what we do for each. Source: council finance, section 8.

A code is a report's: ARUDD (a collection came back unpaid), ADDACS (a bank changed an instruction), AUDDIS (a
bank refused one), DDICA (a payer claimed under the Direct Debit Guarantee).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from payments.direct_debit.rules.states import Hold

ARUDD, ADDACS, AUDDIS, DDICA = "ARUDD", "ADDACS", "AUDDIS", "DDICA"
_CODE = re.compile(r"(ARUDD|ADDACS|AUDDIS|DDICA)-([0-9A-Z])")


class MandateEffect(StrEnum):
    """What a code does to the mandate."""

    KEEP = "keep"
    END = "end"
    HOLD = "hold"
    REINSTATE = "reinstate"


class PendingEffect(StrEnum):
    """What a code does to the mandate's collections that are still to come."""

    NONE = "none"
    HOLD = "hold"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and its effects. A collection that ARUDD reports is unpaid, one that DDICA reports is claimed.

    ``can_present_again``: the only code for which the same collection may be presented once more.
    ``needs_staff``: somebody has to look at it. ``stops_letters``: nothing more is sent to the payer.
    """

    code: str
    meaning: str
    mandate: MandateEffect = MandateEffect.KEEP
    pending: PendingEffect = PendingEffect.NONE
    hold: Hold | None = None
    can_present_again: bool = False
    needs_staff: bool = False
    stops_letters: bool = False


_END: dict[str, object] = {"mandate": MandateEffect.END, "pending": PendingEffect.STOP}
_HOLD: dict[str, object] = {"mandate": MandateEffect.HOLD, "pending": PendingEffect.HOLD}
_NEW_DETAILS: dict[str, object] = {**_HOLD, "hold": Hold.NEW_DETAILS}
_AMEND: dict[str, object] = {**_HOLD, "hold": Hold.AMENDMENT}
_DISPUTED: dict[str, object] = {
    "mandate": MandateEffect.HOLD,
    "pending": PendingEffect.STOP,
    "hold": Hold.NOTICE_DISPUTED,
    "needs_staff": True,
}
_OUR_FAULT: dict[str, object] = {"needs_staff": True}
_CORRECT: dict[str, object] = {**_HOLD, "hold": Hold.CORRECTION, "needs_staff": True}
_REINSTATE: dict[str, object] = {"mandate": MandateEffect.REINSTATE}
_ALL = (ARUDD, ADDACS, AUDDIS)
_TABLE: tuple[tuple[tuple[str, ...], str, str, dict[str, object]], ...] = (
    ((ARUDD,), "0", "refer to payer", {"can_present_again": True}),
    ((ADDACS,), "0", "instruction cancelled, refer to payer", _END),
    (_ALL, "1", "instruction cancelled by payer", _END),
    (_ALL, "2", "payer deceased", {**_END, "stops_letters": True}),
    (_ALL, "B", "account closed", _END),
    (_ALL, "3", "account transferred", _NEW_DETAILS),
    ((ADDACS, AUDDIS), "C", "account moved to another branch", _AMEND),
    ((ADDACS,), "E", "instruction amended", _AMEND),
    ((ARUDD,), "4", "advance notice disputed", _DISPUTED),
    ((ADDACS,), "D", "advance notice disputed", _DISPUTED),
    ((ARUDD, AUDDIS), "5", "no account, or the wrong type of account", _END),
    ((ARUDD, AUDDIS), "6", "no instruction", _END),
    ((ARUDD,), "7", "amount differs", _OUR_FAULT),
    ((ARUDD,), "8", "amount not yet due", _OUR_FAULT),
    ((ARUDD,), "9", "presentation overdue", _OUR_FAULT),
    ((ARUDD,), "A", "service user differs", _OUR_FAULT),
    ((AUDDIS,), "F", "invalid account type", _END),
    ((AUDDIS,), "G", "bank does not accept Direct Debits on the account", _END),
    ((AUDDIS,), "H", "instruction has expired", _END),
    ((AUDDIS,), "K", "instruction cancelled by paying bank", _END),
    ((AUDDIS,), "N", "Direct Debits not allowed at the branch", _END),
    ((AUDDIS,), "I", "payer reference is not unique", _CORRECT),
    ((AUDDIS,), "L", "incorrect payer's account details", _CORRECT),
    ((AUDDIS,), "M", "transaction code or status incompatible", _CORRECT),
    ((AUDDIS,), "O", "invalid reference", _CORRECT),
    ((AUDDIS,), "P", "payer's name not present", _CORRECT),
    ((AUDDIS,), "Q", "service user's name blank", _CORRECT),
    ((ADDACS,), "R", "instruction reinstated", _REINSTATE),
    ((DDICA,), "1", "amount or date differs from the notice", {}),
    ((DDICA,), "2", "no notice received, or it is disputed", {}),
    ((DDICA,), "3", "instruction cancelled by paying bank", {}),
    ((DDICA,), "4", "instruction cancelled with the council", {}),
    ((DDICA,), "5", "no instruction suspended, or no authority", {}),
    ((DDICA,), "6", "signature is not genuine", {}),
    ((DDICA,), "7", "claim at the request of the council", {}),
    ((DDICA,), "8", "council's name is not recognised", {}),
)
REASONS: dict[str, Reason] = {
    f"{report}-{code}": Reason(f"{report}-{code}", meaning, **effects)  # type: ignore[arg-type]
    for reports, code, meaning, effects in _TABLE
    for report in reports
}


def find_reason(reason_code: str) -> Reason:
    """Find what a code means. One that is not known stops collecting until somebody has looked at it."""
    if reason := REASONS.get(reason_code):
        return reason
    report = read_report(reason_code)
    if report == DDICA:
        return Reason(reason_code, "claim for a reason not known here", needs_staff=True)
    return Reason(
        reason_code,
        "a reason not known here",
        MandateEffect.HOLD,
        PendingEffect.HOLD,
        Hold.UNKNOWN_REASON,
        needs_staff=True,
    )


def read_report(reason_code: str) -> str:
    """Read the report of a code; empty if it is not of a form that Bacs has."""
    match = _CODE.fullmatch(reason_code)
    return match[1] if match else ""
