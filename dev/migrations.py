"""``python -m dev.migrations NAME...``: every service's tables in one process, which starts but once.

Reads each service's ``<NAME>_MIGRATION_URL``, as ``python -m chassis migrate NAME`` does.
"""

import asyncio
import os
import sys

from chassis import migrations


async def migrate(names: list[str]) -> None:
    """Bring each service's database to this version's tables."""
    for name in names:
        print(f"{name} ...", flush=True)
        await migrations.migrate(name, os.environ[f"{name.upper()}_MIGRATION_URL"])


if __name__ == "__main__":
    asyncio.run(migrate(sys.argv[1:]))
