"""Which calls are made again, how often and when."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import tenacity
from tenacity import RetryCallState
from tenacity.stop import stop_base

from chassis import clock
from chassis.outbound import metrics
from chassis.outbound.errors import OutboundError

if TYPE_CHECKING:
    from chassis.outbound.hosts import RetryBudget

_PASSING = frozenset({429, 502, 503, 504})  # statuses that say: not now
_MAX_RETRY_AFTER = 86_400.0
_MAX_DIGITS = 9
_back_off = tenacity.wait_random_exponential(multiplier=0.2, max=5)


def read_retry_after(text: str | None) -> float | None:
    """Read a Retry-After header, a number of seconds or a date, as seconds; None when it is neither."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text[:_MAX_DIGITS]), _MAX_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return min(max((date - clock.now()).total_seconds(), 0.0), _MAX_RETRY_AFTER)


def make_retrying(
    *, is_idempotent: bool, attempts: int, seconds: float, budget: "RetryBudget"
) -> tenacity.AsyncRetrying:
    """Make what calls again: the last response or error is the call's.

    It never sleeps past ``seconds``: a host that asks for a later retry is the caller's to call again.
    """
    stop = tenacity.stop_any(
        tenacity.stop_after_attempt(attempts if is_idempotent else 1),
        tenacity.stop_before_delay(seconds),
        _StopWithoutBudget(budget),  # last, so that a call that stops for another reason takes none
    )
    return tenacity.AsyncRetrying(
        retry=tenacity.retry_any(
            tenacity.retry_if_exception(_is_passing),
            tenacity.retry_if_result(lambda response: response.status in _PASSING),
        ),
        stop=stop,
        wait=_choose_wait,
        before_sleep=lambda _: metrics.RETRIES.inc(),
        retry_error_callback=_give_last_outcome,
    )


class _StopWithoutBudget(stop_base):
    def __init__(self, budget: "RetryBudget") -> None:
        self._budget = budget

    def __call__(self, retry_state: RetryCallState) -> bool:  # noqa: ARG002 - tenacity's interface
        return not self._budget.take_retry()


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, OutboundError) and error.is_temporary and error.blames_host


def _choose_wait(state: RetryCallState) -> float:
    outcome = state.outcome
    response = None if outcome is None or outcome.failed else outcome.result()
    return max(_back_off(state), (response.retry_after or 0.0) if response else 0.0)


def _give_last_outcome(state: RetryCallState) -> Any:
    if state.outcome is None:
        raise RuntimeError("a call ended without an outcome")
    return state.outcome.result()
