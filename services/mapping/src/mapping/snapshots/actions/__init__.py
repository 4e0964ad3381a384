"""Snapshots kept current, and given to those who ask."""

from typing import Annotated

from fastapi import Depends, Request

from mapping.snapshots.actions.registry import Snapshots, TooLargeError, of_worker

__all__ = ["Snapshots", "TheSnapshots", "TooLargeError", "of_worker"]


async def _get_snapshots(request: Request) -> Snapshots:
    snapshots: Snapshots = request.app.state.snapshots
    return snapshots


TheSnapshots = Annotated[Snapshots, Depends(_get_snapshots)]
"""A parameter of routes: the process's layers in memory."""
