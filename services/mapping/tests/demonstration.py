"""The whole demonstration, published in a test's database by its own loader, and the councils that see it."""

from dev.demo_maps import list_entries, load_layers
from services.mapping.tests.features.standard import Ogc

ENTRIES = {f"{entry['council']}/{entry['name']}": entry for entry in list_entries()}
COUNCILS = ("citytown", "hillshire")


async def publish_demonstration(database, client, entries=None):
    """Publish layers of the demonstration, all if none are named; the service knows them then."""
    await load_layers(database, list(ENTRIES.values()) if entries is None else entries)
    await client._transport.app.state.snapshots.refresh()


def find_reader(layer):
    """Find a council that sees a layer: its own, citytown for a national one."""
    council = ENTRIES[layer]["council"]
    return "citytown" if council == "*" else council


def open_maps(client, council):
    """Open the OGC APIs of a council."""
    return Ogc(client, f"/{council}/mapping/ogc")
