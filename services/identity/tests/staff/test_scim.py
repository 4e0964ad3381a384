import asyncio
import re

import pytest

from chassis import ids
from identity.staff.rules import scim

URL = "/citytown/identity/scim/v2"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture
def directory(mint):
    """The headers of a council's directory."""
    return {
        "Authorization": f"Bearer {mint(scopes=['identity:scim'])}",
        "Content-Type": "application/scim+json",
    }


def user_body(name=None, **overrides):
    """A user as Entra ID sends it."""
    name = name or f"{ids.show(ids.new())}@example.org"
    return {
        "schemas": [scim.USER, scim.ENTERPRISE],
        "externalId": ids.show(ids.new()),
        "userName": name,
        "active": True,
        "displayName": "Jo Example",
        "emails": [
            {"value": "home@example.org", "type": "home"},
            {"primary": True, "type": "work", "value": name},
        ],
        "name": {"formatted": "Jo Example", "familyName": "Example", "givenName": "Jo"},
        "title": "Officer",
        scim.ENTERPRISE: {"department": "Revenues"},
        "roles": [],
        **overrides,
    }


async def create(client, headers, kind="Users", **overrides):
    body = user_body(**overrides) if kind == "Users" else {"displayName": ids.show(ids.new()), **overrides}
    response = await client.post(f"{URL}/{kind}", json=body, headers=headers)
    assert response.status_code == 201, response.text
    return response.json()


async def send_patch(client, headers, resource, *operations, **more_headers):
    body = {"schemas": [PATCH], "Operations": list(operations)}
    path = resource["meta"]["location"].removeprefix("http://test.invalid")
    return await client.patch(path, json=body, headers={**headers, **more_headers})


def status_and_type(response):
    """Check that an error has SCIM's shape: its status and scimType."""
    body = response.json()
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(response.status_code)
    assert body["detail"]
    assert response.headers["content-type"] == "application/scim+json"
    return response.status_code, body.get("scimType")


async def test_a_user_is_created_and_read_back(client, directory):
    resource = await create(client, directory)
    response = await client.get(f"{URL}/Users/{resource['id']}", headers=directory)
    assert response.json() == resource
    assert response.headers["ETag"] == resource["meta"]["version"] == 'W/"1"'
    assert response.headers["content-type"] == "application/scim+json"
    assert resource["emails"] == [{"value": resource["userName"], "type": "work", "primary": True}]
    assert "title" not in resource


async def test_what_is_created_says_where_it_is(client, directory):
    response = await client.post(f"{URL}/Users", json=user_body(), headers=directory)
    assert response.headers["Location"] == response.json()["meta"]["location"]
    assert response.headers["Location"].endswith(f"{URL}/Users/{response.json()['id']}")


async def test_a_user_name_is_one_users_whatever_its_case(client, directory):
    resource = await create(client, directory)
    response = await client.post(
        f"{URL}/Users", json=user_body(resource["userName"].upper()), headers=directory
    )
    assert status_and_type(response) == (409, "uniqueness")


async def test_of_many_who_create_the_same_user_at_once_one_does(client, directory):
    body = user_body()
    responses = await asyncio.gather(
        *(client.post(f"{URL}/Users", json=body, headers=directory) for _ in range(5))
    )
    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409, 409]


async def test_renaming_to_a_taken_name_is_a_conflict(client, directory):
    first, second = await create(client, directory), await create(client, directory)
    answer = await send_patch(
        client, directory, second, {"op": "replace", "path": "userName", "value": first["userName"]}
    )
    assert status_and_type(answer) == (409, "uniqueness")


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "Replace", "path": "active", "value": "False"}, {"active": False}),  # Entra ID
        ({"op": "replace", "value": {"active": False}}, {"active": False}),  # Okta
        ({"op": "REPLACE", "path": "ACTIVE", "value": False}, {"active": False}),
        ({"op": "Add", "path": "displayName", "value": "New"}, {"displayName": "New"}),
        ({"op": "Replace", "path": "name.givenName", "value": "Al"}, {"name": {"givenName": "Al"}}),
        ({"op": "Add", "value": {"name.familyName": "Ny"}}, {"name": {"familyName": "Ny"}}),
        ({"op": "replace", "path": "name", "value": {"familyName": "Ny"}}, {"name": {"familyName": "Ny"}}),
        ({"op": "remove", "path": "name.givenName"}, {"name": {"givenName": ""}}),
        (
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "n@example.org"},
            {"emails": [{"value": "n@example.org", "type": "work", "primary": True}]},
        ),
        ({"op": "replace", "path": f"{scim.USER}:displayName", "value": "By URN"}, {"displayName": "By URN"}),
        ({"op": "Add", "path": f"{scim.ENTERPRISE}:department", "value": "Parking"}, {}),
        ({"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "07700 900000"}, {}),
        ({"op": "replace", "value": {"externalId": "e-1", "title": "x"}}, {"externalId": "e-1"}),
    ],
    ids=str,
)
async def test_patches_are_taken_as_entra_id_and_okta_send_them(client, directory, operation, expected):
    resource = await create(client, directory)
    response = await send_patch(client, directory, resource, operation)
    assert response.status_code == 200, response.text
    changed = response.json()
    assert changed["meta"]["version"] == 'W/"2"'
    for name, value in expected.items():
        if isinstance(value, dict):
            assert value.items() <= changed[name].items()
        else:
            assert changed[name] == value
    untouched = {"id", "userName", "active", "displayName"} - expected.keys()
    assert {name: changed[name] for name in untouched} == {name: resource[name] for name in untouched}


async def test_an_attribute_that_is_removed_is_gone(client, directory):
    resource = await create(client, directory)
    response = await send_patch(client, directory, resource, {"op": "Remove", "path": "externalId"})
    assert "externalId" not in response.json()


@pytest.mark.parametrize(
    ("operations", "kind"),
    [
        ([], "invalidSyntax"),
        ([{"op": "move", "path": "active"}], "invalidSyntax"),
        (["replace"], "invalidSyntax"),
        ([{"op": "remove"}], "noTarget"),
        ([{"op": "replace", "value": "x"}], "noTarget"),
        ([{"op": "replace", "path": "active", "value": "perhaps"}], "invalidValue"),
        ([{"op": "replace", "path": "active", "value": 1}], "invalidValue"),
        ([{"op": "remove", "path": "userName"}], "mutability"),
        ([{"op": "remove", "path": "active"}], "mutability"),
        ([{"op": "replace", "path": "userName", "value": " "}], "invalidValue"),
        ([{"op": "replace", "path": "userName", "value": "a\u0000b"}], "invalidValue"),
        ([{"op": "replace", "path": "userName", "value": "x" * 201}], "invalidValue"),
        ([{"op": "replace", "path": "displayName", "value": {"a": 1}}], "invalidValue"),
        ([{"op": "replace", "path": "shoeSize", "value": 43}], "invalidPath"),
        ([{"op": "replace", "path": "name[", "value": 43}], "invalidPath"),
        ([{"op": "replace", "path": 7, "value": 43}], "invalidPath"),
        ([{"op": "replace", "path": 'emails[type ne "work"].value', "value": "x"}], "invalidFilter"),
        ([{"op": "replace", "path": "emails.display", "value": "x"}], "invalidPath"),
        ([{"op": "add", "path": "displayName", "value": "x"}] * 1001, "invalidSyntax"),
        ({"op": "add"}, "invalidSyntax"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_patch_that_cannot_be_is_refused_and_changes_nothing(client, directory, operations, kind):
    resource = await create(client, directory)
    body = {"schemas": [PATCH], "Operations": operations}
    response = await client.patch(f"{URL}/Users/{resource['id']}", json=body, headers=directory)
    assert status_and_type(response) == (400, kind)
    assert (await client.get(f"{URL}/Users/{resource['id']}", headers=directory)).json() == resource


@pytest.mark.parametrize(
    "body", [{}, {"userName": ""}, {"userName": 5}, {"userName": ["x"]}, {"userName": None}]
)
async def test_a_user_needs_a_name(client, directory, body):
    response = await client.post(f"{URL}/Users", json=body, headers=directory)
    assert status_and_type(response) == (400, "invalidValue")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff"])
async def test_a_body_that_is_no_object_is_refused_in_scims_shape(client, directory, content):
    response = await client.post(f"{URL}/Users", content=content, headers=directory)
    assert status_and_type(response) == (400, "invalidSyntax")


async def test_a_user_is_replaced_whole(client, directory):
    resource = await create(client, directory)
    response = await client.put(
        f"{URL}/Users/{resource['id']}",
        json={"USERNAME": resource["userName"], "Active": "true"},
        headers=directory,
    )
    assert response.status_code == 200
    assert response.json()["name"] == {"givenName": "", "familyName": ""}
    assert response.json()["emails"] == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_an_old_version_is_not_overwritten(client, directory, method):
    resource = await create(client, directory)
    operation = {"op": "replace", "path": "displayName", "value": "x"}
    assert (
        await send_patch(client, directory, resource, operation, **{"If-Match": 'W/"1"'})
    ).status_code == 200
    bodies = {"PUT": user_body(resource["userName"]), "PATCH": {"Operations": [operation]}, "DELETE": None}
    response = await client.request(
        method,
        f"{URL}/Users/{resource['id']}",
        json=bodies[method],
        headers={**directory, "If-Match": 'W/"1"'},
    )
    assert status_and_type(response) == (412, None)


@pytest.mark.parametrize(
    "attribute", ["userName", "username", "externalId", "id", "emails.value", f"{scim.USER}:userName"]
)
async def test_a_user_is_found_by_a_filter(client, directory, attribute):
    resource = await create(client, directory)
    await create(client, directory)
    values = {"externalId": resource["externalId"], "id": resource["id"]}
    value = values.get(attribute, resource["userName"])
    response = await client.get(
        f"{URL}/Users", params={"filter": f'{attribute} EQ "{value}"'}, headers=directory
    )
    assert [user["id"] for user in response.json()["Resources"]] == [resource["id"]]
    assert response.json()["totalResults"] == 1


async def test_user_names_are_found_whatever_their_case(client, directory):
    resource = await create(client, directory)
    response = await client.get(
        f"{URL}/Users", params={"filter": f'userName eq "{resource["userName"].upper()}"'}, headers=directory
    )
    assert response.json()["totalResults"] == 1


async def test_a_filter_that_finds_nobody_is_an_empty_list(client, directory):
    response = await client.get(
        f"{URL}/Users", params={"filter": 'userName eq "no\\"body\' OR 1=1 --"'}, headers=directory
    )
    assert (response.status_code, response.json()["totalResults"], response.json()["Resources"]) == (
        200,
        0,
        [],
    )


@pytest.mark.parametrize(
    "text",
    ["userName", "userName eq", 'userName co "x"', 'userName eq "x" or id eq "y"', 'shoe eq "x"',
     'userName eq "x" and', "userName eq x", 'userName eq "x', "(" * 400, 'userName eq "\\q"'],
)  # fmt: skip
async def test_a_filter_that_is_not_understood_is_refused(client, directory, text):
    response = await client.get(f"{URL}/Users", params={"filter": text}, headers=directory)
    assert status_and_type(response) == (400, "invalidFilter")


async def test_a_list_is_read_in_parts_that_are_counted_from_one(client, mint):
    hillshire_headers = {"Authorization": f"Bearer {mint(scopes=['identity:scim'], councils=['hillshire'])}"}
    url = URL.replace("citytown", "hillshire")
    for _ in range(5):
        assert (
            await client.post(f"{url}/Users", json=user_body(), headers=hillshire_headers)
        ).status_code == 201

    async def part(**params):
        answer = (await client.get(f"{url}/Users", params=params, headers=hillshire_headers)).json()
        assert answer["totalResults"] == 5
        assert answer["itemsPerPage"] == len(answer["Resources"])
        return answer["startIndex"], [user["id"] for user in answer["Resources"]]

    _, everybody = await part()
    assert await part(startIndex=2, count=2) == (2, everybody[1:3])
    assert await part(startIndex=5, count=10) == (5, everybody[4:])
    assert await part(startIndex=6) == (6, [])
    assert await part(startIndex=0, count=-1) == (1, [])
    assert len((await part(count=1_000_000))[1]) == 5


async def test_a_deleted_user_is_not_found_and_the_name_is_free_again(client, directory):
    resource = await create(client, directory)
    url = f"{URL}/Users/{resource['id']}"
    assert (await client.delete(url, headers=directory)).status_code == 204
    assert status_and_type(await client.get(url, headers=directory)) == (404, None)
    assert status_and_type(await client.delete(url, headers=directory)) == (404, None)
    assert (await create(client, directory, name=resource["userName"], externalId=resource["externalId"]))[
        "id"
    ]


@pytest.mark.parametrize("name", ["nobody", "0" * 26, "%00", "a" * 100])
async def test_an_id_that_is_nobodys_is_not_found(client, directory, name):
    for kind in ("Users", "Groups"):
        assert status_and_type(await client.get(f"{URL}/{kind}/{name}", headers=directory)) == (404, None)


async def members_of(client, headers, group):
    response = await client.get(f"{URL}/Groups/{group['id']}", headers=headers)
    return {member["value"] for member in response.json()["members"]}


async def test_members_join_and_leave_a_group_in_all_the_ways_directories_say_so(client, directory):
    first, second, third = [(await create(client, directory))["id"] for _ in range(3)]
    group = await create(client, directory, "Groups", members=[{"value": first}])
    assert await members_of(client, directory, group) == {first}
    steps = [
        ({"op": "Add", "path": "members", "value": [{"$ref": None, "value": second}]}, {first, second}),
        ({"op": "add", "path": "members", "value": {"value": third}}, {first, second, third}),
        ({"op": "add", "path": "members", "value": [{"value": third}]}, {first, second, third}),
        ({"op": "remove", "path": f'members[value eq "{first}"]'}, {second, third}),
        ({"op": "Remove", "path": "members", "value": [{"value": second}]}, {third}),
        ({"op": "remove", "path": f'members[value eq "{first}"]'}, {third}),
        ({"op": "Remove", "path": "members", "value": []}, {third}),
        (
            {"op": "replace", "path": "members", "value": [{"value": first}, {"value": second}]},
            {first, second},
        ),
        ({"op": "replace", "value": {"members": [{"value": third}]}}, {third}),
        ({"op": "remove", "path": "members"}, set()),
    ]
    for operation, expected in steps:
        response = await send_patch(client, directory, group, operation)
        assert response.status_code == 200, response.text
        assert {member["value"] for member in response.json()["members"]} == expected, operation
        assert await members_of(client, directory, group) == expected


async def test_several_operations_come_one_after_the_other(client, directory):
    first, second = [(await create(client, directory))["id"] for _ in range(2)]
    group = await create(client, directory, "Groups", members=[{"value": first}])
    response = await send_patch(
        client,
        directory,
        group,
        {"op": "remove", "path": "members"},
        {"op": "add", "path": "members", "value": [{"value": first}, {"value": second}]},
        {"op": "remove", "path": f'members[value eq "{first}"]'},
        {"op": "replace", "value": {"id": group["id"], "displayName": f"{group['displayName']} new"}},
    )
    assert response.json()["displayName"].endswith(" new")
    assert await members_of(client, directory, group) == {second}


async def test_members_who_join_at_once_all_are_in(client, directory):
    group = await create(client, directory, "Groups")
    user_ids = [(await create(client, directory))["id"] for _ in range(6)]
    responses = await asyncio.gather(
        *(
            send_patch(
                client, directory, group, {"op": "add", "path": "members", "value": [{"value": user_id}]}
            )
            for user_id in user_ids
        )
    )
    assert {response.status_code for response in responses} == {200}
    assert await members_of(client, directory, group) == set(user_ids)


@pytest.mark.parametrize("reference", ["a stranger", "a group", "nonsense"])
async def test_only_users_can_be_members(client, directory, reference):
    group = await create(client, directory, "Groups")
    value = {"a stranger": ids.show(ids.new()), "a group": group["id"], "nonsense": "x"}[reference]
    answer = await send_patch(
        client, directory, group, {"op": "add", "path": "members", "value": [{"value": value}]}
    )
    assert status_and_type(answer) == (400, "invalidValue")


async def test_a_user_of_another_council_cannot_be_a_member(client, directory, mint):
    hillshire_headers = {"Authorization": f"Bearer {mint(scopes=['identity:scim'], councils=['hillshire'])}"}
    response = await client.post(
        URL.replace("citytown", "hillshire") + "/Users", json=user_body(), headers=hillshire_headers
    )
    group = await create(client, directory, "Groups")
    value = [{"value": response.json()["id"]}]
    assert status_and_type(
        await send_patch(client, directory, group, {"op": "add", "path": "members", "value": value})
    ) == (
        400,
        "invalidValue",
    )


async def test_groups_are_found_by_name_and_by_member_without_their_members(client, directory):
    person = (await create(client, directory))["id"]
    group = await create(client, directory, "Groups", members=[{"value": person}])
    for text in (
        f'displayName eq "{group["displayName"]}"',
        f'id eq "{group["id"]}" and members eq "{person}"',
    ):
        response = await client.get(
            f"{URL}/Groups", params={"filter": text, "excludedAttributes": "members"}, headers=directory
        )
        [listed] = response.json()["Resources"]
        assert listed["id"] == group["id"]
        assert "members" not in listed


async def test_a_group_name_is_one_groups(client, directory):
    group = await create(client, directory, "Groups")
    response = await client.post(
        f"{URL}/Groups", json={"displayName": group["displayName"]}, headers=directory
    )
    assert status_and_type(response) == (409, "uniqueness")


async def test_a_deleted_user_is_in_no_group_and_a_deleted_group_leaves_its_users(client, directory):
    first, second = [(await create(client, directory))["id"] for _ in range(2)]
    group = await create(client, directory, "Groups", members=[{"value": first}, {"value": second}])
    await client.delete(f"{URL}/Users/{first}", headers=directory)
    assert await members_of(client, directory, group) == {second}
    assert (await client.delete(f"{URL}/Groups/{group['id']}", headers=directory)).status_code == 204
    assert (await client.get(f"{URL}/Users/{second}", headers=directory)).status_code == 200


async def test_another_councils_users_and_groups_are_not_there(client, directory, mint):
    person, group = await create(client, directory), await create(client, directory, "Groups")
    hillshire_headers = {"Authorization": f"Bearer {mint(scopes=['identity:scim'], councils=['hillshire'])}"}
    for kind, resource in (("Users", person), ("Groups", group)):
        url = f"{URL}/{kind}/{resource['id']}".replace("citytown", "hillshire")
        body = {"Operations": [{"op": "replace", "path": "displayName", "value": "x"}]}
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            json_body = user_body() | {"displayName": "x"} if method == "PUT" else body
            response = await client.request(method, url, json=json_body, headers=hillshire_headers)
            assert status_and_type(response) == (404, None), method
        assert (
            await client.get(f"{URL}/{kind}/{resource['id']}", headers=hillshire_headers)
        ).status_code == 403


async def test_it_needs_its_own_scope_and_says_so_in_scims_shape(client, mint):
    headers = {"Authorization": f"Bearer {mint(scopes=['identity:staff'])}"}
    assert status_and_type(await client.get(f"{URL}/Users", headers=headers)) == (403, None)
    assert status_and_type(await client.get(f"{URL}/Users")) == (401, None)
    assert status_and_type(await client.get(f"{URL}/Nothing", headers=headers)) == (404, None)


async def test_it_says_what_it_can_do(client, directory):
    config = (await client.get(f"{URL}/ServiceProviderConfig", headers=directory)).json()
    assert config["bulk"]["supported"] is False
    assert (
        config["patch"]["supported"] is config["filter"]["supported"] is config["etag"]["supported"] is True
    )
    assert (await client.post(f"{URL}/Bulk", json={}, headers=directory)).status_code == 404
    for kind, expected in (("ResourceTypes", {"User", "Group"}), ("Schemas", {scim.USER, scim.GROUP})):
        resources = (await client.get(f"{URL}/{kind}", headers=directory)).json()["Resources"]
        assert {resource["id"] for resource in resources} == expected
        for resource in resources:
            assert (await client.get(f"{URL}/{kind}/{resource['id']}", headers=directory)).json() == resource
        assert status_and_type(await client.get(f"{URL}/{kind}/other", headers=directory)) == (404, None)


async def test_times_are_written_with_their_zone(client, directory):
    resource = await create(client, directory)
    assert re.search(r"(Z|\+00:00)$", resource["meta"]["created"])
