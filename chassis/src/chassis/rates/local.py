"""Limits counted in the memory of one process: cheap, and approximate over several replicas."""

from collections import OrderedDict
from collections.abc import Hashable

from chassis import clock
from chassis.rates.limits import MICROSECONDS, Limit
from chassis.rates.refusals import count_refusal, refuse

MAX_SUBJECTS = 50_000
"""As many as the gateway remembers: about 15 MB. A subject that is forgotten begins with its whole quota."""


class LocalLimiter:
    """Counts each subject under one limit.

    ``replicas``: how many processes divide the limit, so that together they allow its quota. One that gets
    more than its part of a subject's requests refuses sooner than the whole would.
    """

    def __init__(self, limit: Limit, *, replicas: int = 1, max_subjects: int = MAX_SUBJECTS) -> None:
        self.limit = limit
        self._step = limit.step * replicas
        self._span = max(1, limit.quota // replicas) * self._step
        self._room = self._span - self._step  # how far ahead of now a time may be that has room for one more
        self._max_subjects = max_subjects
        self._refilled_at: OrderedDict[Hashable, int] = OrderedDict()  # microseconds; least recent first

    def __len__(self) -> int:
        """Count the subjects remembered."""
        return len(self._refilled_at)

    def take(self, *subject: Hashable) -> None:
        """Count one for the subject. Raises Problem 429, which costs the subject nothing more."""
        now = int(clock.unix_time() * MICROSECONDS)
        refilled_at = self._refilled_at.pop(subject, 0)
        if refilled_at < now:
            refilled_at = now
        elif refilled_at > now + 2 * self._span:  # the clock was set back since: there is room for one
            refilled_at = now + self._room
        wait = refilled_at - now - self._room
        self._refilled_at[subject] = refilled_at if wait > 0 else refilled_at + self._step
        if len(self._refilled_at) > self._max_subjects:
            self._refilled_at.popitem(last=False)
        if wait > 0:
            count_refusal(self.limit)
            raise refuse(self.limit, wait / MICROSECONDS)
