"""Copy the records of a supply into their staging tables, while the next ones are read."""

import asyncio
import io
from typing import Any

from address.gazetteer_files.actions import volumes
from address.gazetteer_files.actions.volumes import Supply
from address.gazetteer_files.rules.layouts import METADATA, Layout
from address.gazetteer_files.rules.records import RecordBlock
from address.loading.actions.outcome import MAX_REJECTS, LoadOutcome, Progress
from address.loading.store import staged_supply
from chassis.database import Session

_LINES_PER_COPY = 30_000  # lines of one COPY


async def stage(session: Session, supply: Supply, outcome: LoadOutcome, progress: Progress) -> int:
    """Fill the staging tables. Faulty records go to the outcome's rejects. Return the number of lines read.
    Raise CorruptFileError."""
    for statement in staged_supply.CREATE:
        await session.execute(statement)
    return await _Stager(session, supply, outcome, progress).run()


class _Stager:
    """Copies records into their tables while the next ones are read."""

    def __init__(self, session: Session, supply: Supply, outcome: LoadOutcome, progress: Progress) -> None:
        self._session = session
        self._supply = supply
        self._outcome = outcome
        self._progress = progress
        self._waiting: dict[str, list[str]] = {kind: [] for kind in supply.header.layout.records}
        self._copy: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Stage the whole supply. Return the number of lines read."""
        connection = await self._session.connection.get_raw_connection()
        self._driver: Any = connection.driver_connection
        blocks = volumes.read_supply(self._supply)
        count = 0
        try:
            while (block := await asyncio.to_thread(next, blocks, None)) is not None:
                count += block.lines
                self._note(block)
                for kind, rows in block.rows.items():
                    self._waiting[kind] += rows
                    if len(self._waiting[kind]) >= _LINES_PER_COPY:
                        await self._send(kind)
                self._progress("reading", count)
            for kind in self._waiting:
                await self._send(kind)
        finally:
            if self._copy is not None:
                await self._copy
        return count

    def _note(self, block: RecordBlock) -> None:
        room = MAX_REJECTS - len(self._outcome.rejects)
        self._outcome.rejects += block.rejects[: max(0, room)]
        left_out = self._outcome.notes.setdefault("read_over", {})
        for kind, rows in block.read_over.items():
            left_out[kind] = left_out.get(kind, 0) + rows
        for _, values in block.special:
            if values[0].strip() == METADATA:
                left_out[METADATA] = left_out.get(METADATA, 0) + 1

    async def _send(self, kind: str) -> None:
        rows, self._waiting[kind] = self._waiting[kind], []
        if self._copy is not None:
            await self._copy
        self._copy = None
        if rows and not self._outcome.rejects:
            self._copy = asyncio.create_task(self._copied(self._supply.header.layout, kind, rows))

    async def _copied(self, layout: Layout, kind: str, rows: list[str]) -> None:
        await self._driver.copy_to_table(
            staged_supply.TABLES[kind],
            source=io.BytesIO("".join(rows).encode()),
            columns=staged_supply.copy_columns(layout, kind),
            format="csv",
            force_null=staged_supply.nullable_columns(layout, kind),
        )
