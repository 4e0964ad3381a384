"""The folder is followed: what is live is what its files say, within seconds of a change."""

import asyncio
import json
import shutil
import time

import pytest

from apps.resident.tests.publication.fake_casework import ROOT
from resident.publication.actions import find_case_type, get_live
from resident.publication.actions.folder import FolderFollower
from resident.publication.actions.reads import find_live_bundle, get_live_row, read_bundle

WITHIN = 5.0  # seconds


@pytest.fixture
def laptop(settings, tmp_path):
    recipes, clients = tmp_path / "recipes", tmp_path / "clients.json"
    shutil.copytree(ROOT / "recipes", recipes)
    shutil.rmtree(recipes / "hillshire")
    clients.write_text(
        json.dumps({"citytown": {"publisher": {"client_id": "p", "secret": "s"}}, "hillshire": {}})
    )
    return settings.model_copy(update={"recipes": recipes, "clients": clients})


async def wait_for(database, service, condition):
    start = time.monotonic()
    while time.monotonic() - start < WITHIN:
        async with database.reading("citytown") as session:
            bundle = await find_live_bundle(session, "citytown", service)
        if bundle is not None and condition(bundle):
            return time.monotonic() - start
        await asyncio.sleep(0.05)
    raise AssertionError(f"{service} is not live after {WITHIN} s")


async def test_a_changed_file_is_live_within_seconds_and_a_wrong_one_changes_nothing(
    client, casework, database, laptop, record_property
):
    following = asyncio.create_task(FolderFollower(database, laptop).run())
    try:
        for service in ("missed-bin", "garden-waste", "parking-permit"):
            await wait_for(database, service, lambda _: True)
        file = laptop.recipes / "citytown" / "garden-waste.yaml"
        file.write_text(file.read_text().replace("£45.00", "£x"))
        await asyncio.sleep(1.5)
        async with database.reading("citytown") as session:
            row = await get_live_row(session, "citytown", "garden-waste")
            version = await find_case_type(session, "citytown", read_bundle(row.content))
        assert row.version == 1
        assert "bins" in version.fields
        assert version.number.startswith("1.1.")
        file.write_text(file.read_text().replace("£x", "£46.00"))
        seconds = await wait_for(
            database, "garden-waste", lambda bundle: bundle.fee.lines[1].tariffs[0].pence == 4600
        )
        record_property("seconds", round(seconds, 2))
    finally:
        following.cancel()
    async with database.reading("citytown") as session:
        assert (await get_live(session, "citytown", "missed-bin")).team == "waste-north"


async def test_without_credentials_nothing_is_published_yet(database, casework, laptop):
    laptop.clients.unlink()
    assert await FolderFollower(database, laptop).publish_all() is False
    assert casework.versions == {}
