"""Compiled versions, kept in memory: what was published never changes, so a version is compiled once."""

import asyncio
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.case_types.rules.bound_types import bind
from casework.language.rules.compilation import compile_case_type
from casework.model.rules.case_type import BoundType, CaseType

_compile = lru_cache(maxsize=256)(compile_case_type)
_MOST_BOUND = 512
_bound: dict[tuple[str, UUID], BoundType] = {}


async def compile_version(code: str, source: str, welsh: str) -> CaseType:
    """Compile a version's texts off the event loop. Raises CaseTypeError."""
    return await asyncio.to_thread(_compile, f"{code}.yaml", source, welsh or None, f"{code}.cy.yaml")


def find_bound(council: str, version: UUID) -> BoundType | None:
    """Find a version among those in memory."""
    return _bound.get((council, version))


async def load_bound(council: str, row: Row[Any], nation: str) -> BoundType:
    """Load a version that was published, bound to its council. What stands longest makes room."""
    case_type = await compile_version(row.code, row.source, row.welsh)
    bound = bind(case_type, nation, row.parameters, row.prices)
    if len(_bound) >= _MOST_BOUND:
        _bound.pop(next(iter(_bound)), None)
    _bound[council, row.id] = bound
    return bound
