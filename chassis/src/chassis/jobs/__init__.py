"""Jobs: work after its cause has committed, now, later or by the clock; each takes effect once.

Enqueue with ``enqueue`` in the transaction of the cause. Handle with ``JobHandlers``; ``Service.jobs`` names
them, and ``Service.schedules`` what the clock enqueues. The service's worker runs them.
"""

from chassis.jobs.handlers import (
    CallContext,
    CallData,
    Finish,
    Job,
    JobData,
    JobHandlers,
    LongCallData,
    OperationData,
    RefusedError,
    RetryAfterError,
    UnreadableError,
)
from chassis.jobs.purges import Purge
from chassis.jobs.queue import NewJob, cancel, enqueue, enqueue_all
from chassis.jobs.recurrence import Daily, Every
from chassis.jobs.schedule import Missed, Schedule
from chassis.jobs.states import Priority

__all__ = [
    "CallContext",
    "CallData",
    "Daily",
    "Every",
    "Finish",
    "Job",
    "JobData",
    "JobHandlers",
    "LongCallData",
    "Missed",
    "NewJob",
    "OperationData",
    "Priority",
    "Purge",
    "RefusedError",
    "RetryAfterError",
    "Schedule",
    "UnreadableError",
    "cancel",
    "enqueue",
    "enqueue_all",
]
