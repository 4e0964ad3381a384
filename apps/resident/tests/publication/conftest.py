import pytest

from apps.resident.tests.publication.fake_casework import ROOT, FakeCasework
from resident.publication.actions import folder
from resident.publication.routes import recipes


@pytest.fixture(scope="module")
def settings(settings):
    councils = ROOT / "dev" / "data" / "council_settings.yaml"
    return settings.model_copy(update={"recipes": ROOT / "recipes", "councils": councils})


@pytest.fixture
def casework(monkeypatch):
    fake = FakeCasework()
    for module in (recipes, folder):
        monkeypatch.setattr(module, "open_publisher", lambda *_: fake.open())
    return fake


@pytest.fixture
def api(client, mint, casework):
    """Call ``api("POST", "garden-waste/publish", by="ann", ...)``: the answer of the API of recipes."""

    async def call(
        method,
        place,
        *,
        by="ann",
        scopes=("read", "write", "publish"),
        mode="live",
        council="citytown",
        **options,
    ):
        granted = [f"services:{scope}" for scope in scopes]
        token = mint(scopes=granted, councils=[council], sub=by, client_id=by, mode=mode)
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        path = f"/{council}/services/v1/recipes/{place}".removesuffix("/")
        return await client.request(method, path, headers=headers, **options)

    return call
