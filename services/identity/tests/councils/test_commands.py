import json

import pytest

from identity.councils.actions import commands
from identity.shared.oauth import scopes

GRANT = {"grant_type": "client_credentials"}


async def run(capsys, command, settings, *arguments):
    assert await command(settings, list(arguments)) == 0
    return json.loads(capsys.readouterr().out)


async def ask(client, credentials):
    return await client.post(
        "/identity/token", data=GRANT, auth=(credentials["client_id"], credentials["client_secret"])
    )


async def test_the_operator_holds_every_scope_in_every_council(client, settings, capsys):
    credentials = await run(capsys, commands.create_operator, settings)
    assert set(credentials) == {"client_id", "client_secret"}
    answer = await ask(client, credentials)
    assert set(answer.json()["scope"].split()) == set(scopes.CATALOGUE)
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    response = await client.post(
        "/identity/v1/councils", json={"slug": "begun", "name": "Begun", "gss": "E06000301"}, headers=bearer
    )
    assert response.status_code == 201
    key = {"name": "First", "mode": "sandbox", "scopes": ["address:read", "address:load"]}
    assert (await client.post("/begun/identity/v1/api-keys", json=key, headers=bearer)).status_code == 201


async def test_the_operators_secret_is_changed_by_repeating_the_command(client, settings, capsys):
    first = await run(capsys, commands.create_operator, settings)
    second = await run(capsys, commands.create_operator, settings)
    assert first["client_id"] == second["client_id"]
    assert first["client_secret"] != second["client_secret"]
    assert (await ask(client, first)).status_code == 401
    assert (await ask(client, second)).status_code == 200


async def test_a_client_of_the_region_is_created_with_the_requested_scopes(client, settings, capsys):
    credentials = await run(
        capsys, commands.create_client, settings, "--name", "gateway", "--scopes", "identity:gateway"
    )
    bearer = {"Authorization": f"Bearer {(await ask(client, credentials)).json()['access_token']}"}
    assert (await client.get("/identity/v1/gateway", headers=bearer)).status_code == 200
    assert (await client.get("/identity/v1/councils", headers=bearer)).status_code == 403


async def test_a_client_with_an_unknown_scope_is_not_created(settings, capsys):
    with pytest.raises(SystemExit):
        await commands.create_client(settings, ["--name", "x", "--scopes", "identity:fly"])
    assert "identity:fly" in capsys.readouterr().err


async def test_keys_are_rotated_by_command(client, settings, capsys):
    first = await run(capsys, commands.rotate_keys, settings)
    second = await run(capsys, commands.rotate_keys, settings)
    assert (first["rotated"], second["rotated"]) == (True, False)
    assert first["next"] == second["next"]
