"""``python -m dev.migrations NAME...``: migrates several services in one process, to start Python once.

Reads each service's ``<NAME>_MIGRATION_URL``, as ``python -m chassis migrate NAME`` does.
"""

import asyncio
import os
import sys

from chassis import migrations


async def migrate(names: list[str]) -> None:
    """Migrate the database of each service to this version."""
    for name in names:
        print(f"{name} ...", flush=True)
        await migrations.migrate(name, os.environ[f"{name.upper()}_MIGRATION_URL"])


if __name__ == "__main__":
    asyncio.run(migrate(sys.argv[1:]))
