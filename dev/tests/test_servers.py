import asyncpg
import nats as client

from dev import nats, ports, postgres


async def test_postgres_answers_and_leaves_nothing_behind(tmp_path):
    with postgres.running(tmp_path) as server:
        connection = await asyncpg.connect(server.url)
        assert (await connection.fetchval("SHOW server_version")).startswith("18")
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        assert await connection.fetchval("SELECT upper('ŵ')") == "Ŵ"
        await connection.close()
        assert ports.is_occupied(server.port)
    assert server.process.poll() is not None
    assert not ports.is_occupied(server.port)
    assert not (tmp_path / "data").exists()


async def test_postgres_refuses_a_wrong_password(tmp_path):
    with postgres.running(tmp_path) as server:
        url = f"postgresql://postgres:wrong@127.0.0.1:{server.port}/postgres"
        try:
            await asyncpg.connect(url)
        except asyncpg.InvalidPasswordError:
            return
    raise AssertionError("a wrong password was accepted")


async def test_nats_has_jetstream_and_leaves_nothing_behind(tmp_path):
    with nats.running(tmp_path) as server:
        connection = await client.connect(server.url)
        account = await connection.jetstream().account_info()
        assert account.streams == 0
        await connection.close()
    assert server.process.poll() is not None
    assert not (tmp_path / "store").exists()


def test_an_incomplete_data_folder_is_created_again(tmp_path):
    cluster = postgres.describe_cluster(tmp_path, ports.free_port(), "secret", fast=True)
    cluster.data.mkdir()
    (cluster.data / "postgresql.conf").touch()
    assert postgres.create(cluster) is True
    assert postgres.create(cluster) is False
    assert not list(tmp_path.glob("**/initdb-password"))
    postgres._remove(cluster, tmp_path)
