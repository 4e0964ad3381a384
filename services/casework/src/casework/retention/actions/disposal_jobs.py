"""The jobs of a disposal. Each enqueues the next in its own transaction: a worker that dies loses nothing."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from chassis import ids
from chassis.jobs import CallData, JobData, LongCallData


class BuildList(JobData):
    """Put a batch of what is due on a list, and go on behind it."""

    kind: ClassVar[str] = "casework.build_disposal_list"
    list: ids.Id
    after_day: date | None = None
    after_id: UUID | None = None


class CopyCases(LongCallData):
    """Copy what is to be archived of a signed list."""

    kind: ClassVar[str] = "casework.copy_cases"
    list: ids.Id


class DisposeCases(JobData):
    """Dispose of a batch of a signed list."""

    kind: ClassVar[str] = "casework.dispose_cases"
    list: ids.Id


class CertifyDisposal(CallData):
    """Issue the certificate of a list that is disposed of."""

    kind: ClassVar[str] = "casework.certify_disposal"
    list: ids.Id
