"""Delete blobs after the transaction that no longer wants them has committed."""

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from chassis import ids
from chassis.blobs.storage import BlobStorage, open_storage
from chassis.database import Session
from chassis.jobs.handlers import CallContext, CallData, Job, JobHandlers
from chassis.jobs.queue import NewJob, enqueue_all
from chassis.jobs.states import Priority

handlers = JobHandlers()


class DeleteBlob(CallData):
    """Delete a blob that no row names any more."""

    kind: ClassVar[str] = "blobs.delete"
    blob: ids.Id


def storage_of(context: CallContext) -> BlobStorage:
    """Get the blobs of this worker."""
    return context.share(open_storage)


async def delete_later(session: Session, blobs: Iterable[UUID], *, council: str) -> None:
    """Delete blobs when this transaction has committed."""
    jobs = [NewJob(DeleteBlob(blob=blob), council, priority=Priority.BULK) for blob in blobs]
    await enqueue_all(session, jobs)


@handlers.call(DeleteBlob)
async def delete(context: CallContext, job: Job[DeleteBlob]) -> None:
    """Delete the blob."""
    await storage_of(context).delete(job.data.blob)
