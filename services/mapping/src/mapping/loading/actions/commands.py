"""The commands ``run mapping load-demonstration FOLDER`` and ``run mapping load-layer FILE ...``."""

import argparse
import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

from chassis.commands import CommandError, ExitCode, Reporter, make_reporter
from chassis.database import Database
from chassis.settings import Settings
from mapping.loading.actions.bulk import BulkOutcome, load_entries
from mapping.loading.rules.manifest import LayerEntry, ManifestError, read_manifest
from mapping.loading.store import current_features as store
from mapping.shared.councils import NATIONAL

_MANIFEST = "layers.json"


async def load_demonstration(settings: Settings, arguments: list[str]) -> int:
    """Load the layers that a folder describes in its layers.json.

    Files that are loaded already are passed over. National layers have the council ``*``.
    """
    parser = argparse.ArgumentParser(
        prog="run mapping load-demonstration", description=load_demonstration.__doc__
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--council", action="append", help="only of this council; repeat it for several")
    parser.add_argument("--again", action="store_true", help="even what is loaded already")
    options = parser.parse_args(arguments)
    entries = await asyncio.to_thread(_read_entries, options.folder / _MANIFEST)
    chosen = set(options.council or ())
    entries = [entry for entry in entries if not chosen or entry.council in chosen]
    return await _run(settings, options.folder, entries, again=options.again)


def _read_entries(path: Path) -> list[LayerEntry]:
    try:
        return read_manifest(json.loads(path.read_bytes()))
    except OSError as error:
        raise CommandError(ExitCode.USAGE, f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, ManifestError) as error:
        raise CommandError(ExitCode.REFUSED, f"{path}: {error}") from None


async def load_layer(settings: Settings, arguments: list[str]) -> int:
    """Load one file into a layer, and publish it. Rows that cannot be features are left out and counted.

    A layer that is not there is created with what you say of it. The council ``*`` makes a national layer.
    """
    parser = argparse.ArgumentParser(prog="run mapping load-layer", description=load_layer.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--council", required=True, help="slug such as citytown, or * for a national layer")
    parser.add_argument("--layer", required=True, help="its name in addresses, such as grit-bins")
    parser.add_argument("--title", required=True)
    parser.add_argument("--kind", required=True, help="zones, areas, assets, lines or places")
    parser.add_argument("--geometry-type", required=True, help="Point, LineString or Polygon")
    for name in ("key-property", "label-property", "code-property", "area-type", "vintage", "description"):
        parser.add_argument(f"--{name}", default="")
    for name in ("keeper", "licence", "licence-url", "attribution", "source-url"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--audience", default="public", help="public, staff or restricted")
    parser.add_argument("--again", action="store_true", help="even if this file was the last one loaded")
    options = parser.parse_args(arguments)
    values = {name: value for name, value in vars(options).items() if name not in ("file", "layer", "again")}
    values |= {"name": options.layer, "file": options.file.name}
    values["storage_srid"] = 84 if options.council == "*" else 27700
    try:
        entries = read_manifest({"layers": [values]})
    except ManifestError as error:
        raise CommandError(ExitCode.USAGE, str(error)) from None
    return await _run(settings, options.file.parent, entries, again=options.again)


async def _run(settings: Settings, folder: Path, entries: list[LayerEntry], *, again: bool) -> int:
    database = Database(settings, "mapping-load", rows_secured=True)
    try:
        with make_reporter() as report:
            await _check_councils(database, entries)
            missing = [entry.file for entry in entries if not (folder / entry.file).is_file()]
            if missing:
                raise CommandError(ExitCode.USAGE, f"There is no {', '.join(missing[:5])} in {folder}.")
            outcomes = await load_entries(database, folder, entries, report.progress, again=again)
            return _finish(report, outcomes)
    finally:
        await database.close()


async def _check_councils(database: Database, entries: list[LayerEntry]) -> None:
    async with database.reading() as session:
        for council in sorted({entry.council for entry in entries} - {NATIONAL}):
            if not await store.has_council(session, council):
                detail = f"Council {council!r} is not known here. Create it at identity; then wait a second."
                raise CommandError(ExitCode.USAGE, detail)


def _finish(report: Reporter, outcomes: list[BulkOutcome]) -> int:
    refused = [outcome for outcome in outcomes if outcome.state == "refused"]
    for outcome in outcomes:
        if outcome.refusal is not None or outcome.refused:
            report.print_result(**_describe(outcome))
    states = Counter(outcome.state for outcome in outcomes)
    facts = {"layers": len(outcomes), **states, "features": sum(outcome.features for outcome in outcomes)}
    facts["rows_refused"] = sum(outcome.refused for outcome in outcomes)
    code = ExitCode.REFUSED if refused else ExitCode.DONE
    return report.finish(
        code, "refused" if refused else "loaded", **{k: v for k, v in facts.items() if k != "refused"}
    )


def _describe(outcome: BulkOutcome) -> dict[str, Any]:
    described: dict[str, Any] = {"layer": outcome.entry.values["name"], "council": outcome.entry.council}
    if outcome.refusal is not None:
        return {**described, "code": outcome.refusal.code, "message": outcome.refusal.detail}
    rows = [f"row {row.row}: {row.problem[1]}" for row in outcome.problems if row.problem]
    return {**described, "rows_refused": outcome.refused, "rows": rows}
