"""Files that people send: streamed to a directory or to S3, bounded, told by their content, scanned.

A blob is bytes under an id that nobody chose. Who may see it, and whether it was scanned, stands in a row of
the service that owns it: the row is written first, so that a crash leaves a row to clear away, never bytes
that nobody knows of.
"""

from chassis.blobs.content import Content, UnknownContentError
from chassis.blobs.images import BrokenImageError, reencode
from chassis.blobs.receipt import BlobTooLargeError, Receipt, receive
from chassis.blobs.scanners import Scanner, ScannerError, Verdict, make_scanner
from chassis.blobs.storage import BlobSettings, BlobStorage, MissingBlobError, open_storage

__all__ = [
    "BlobSettings",
    "BlobStorage",
    "BlobTooLargeError",
    "BrokenImageError",
    "Content",
    "MissingBlobError",
    "Receipt",
    "Scanner",
    "ScannerError",
    "UnknownContentError",
    "Verdict",
    "make_scanner",
    "open_storage",
    "receive",
    "reencode",
]
