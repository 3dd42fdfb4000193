"""psycopg 3 (async too), psycopg2 and asyncpg through the gateway."""

import asyncio
import contextlib

import asyncpg
import psycopg
import psycopg2
import psycopg2.extras
import pytest


def asyncpg_connect(gateway, **options):
    return asyncpg.connect(host="127.0.0.1", port=gateway.port, user="postgres", database="app",
                           timeout=10, **options)


def test_psycopg2_reads_its_writes(gateway, table):
    with contextlib.closing(psycopg2.connect(gateway.conninfo())) as connection:
        for n in range(20):
            with connection, connection.cursor() as cursor:
                cursor.execute("UPDATE t SET v = %s WHERE k = 1", (n,))
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT v FROM t WHERE k = 1")
                assert cursor.fetchone() == (n,)


def test_psycopg2_copies_and_uses_named_cursors(gateway):
    with contextlib.closing(psycopg2.connect(gateway.conninfo())) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE numbers (n int)")
            psycopg2.extras.execute_values(
                cursor, "INSERT INTO numbers VALUES %s", [(n,) for n in range(2000)])
        with connection, connection.cursor("named") as cursor:
            cursor.itersize = 100
            cursor.execute("SELECT n FROM numbers ORDER BY n")
            assert [n for (n,) in cursor] == list(range(2000))


def test_psycopg2_sets_isolation_levels(gateway, table):
    with contextlib.closing(psycopg2.connect(gateway.conninfo())) as connection:
        for level in ("SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED"):
            connection.set_session(isolation_level=level)
            with connection, connection.cursor() as cursor:
                cursor.execute("SHOW transaction_isolation")
                assert cursor.fetchone() == (level.lower(),)
                cursor.execute("UPDATE t SET v = v + 1 WHERE k = 1")


def test_psycopg2_sets_sessions_read_only(gateway, table):
    with contextlib.closing(psycopg2.connect(gateway.conninfo())) as connection:
        connection.set_session(readonly=True)
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            with connection, connection.cursor() as cursor:
                cursor.execute("UPDATE t SET v = 1")
        connection.set_session(readonly=False)
        with connection, connection.cursor() as cursor:
            cursor.execute("UPDATE t SET v = 1")


def test_psycopg3_runs_concurrently_in_asyncio(gateway, table):
    async def increment():
        connection = await psycopg.AsyncConnection.connect(gateway.conninfo(), autocommit=True)
        async with connection:
            for _ in range(20):
                await connection.execute("UPDATE t SET v = v + 1 WHERE k = 1")

    async def main():
        await asyncio.gather(*(increment() for _ in range(8)))

    asyncio.run(main())
    assert gateway.sql("SELECT v FROM t WHERE k = 1", level="strong") == 160


def test_psycopg3_executes_many(gateway, table):
    with gateway.connect() as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s, %s) RETURNING k",
                           [(k, k) for k in range(100, 200)], returning=True)
        returned = [cursor.fetchone()[0]]
        while cursor.nextset():
            returned.append(cursor.fetchone()[0])
        assert returned == list(range(100, 200))


def test_asyncpg_reads_its_writes(gateway, table):
    async def main():
        connection = await asyncpg_connect(gateway)
        for n in range(30):
            await connection.execute("UPDATE t SET v = $1 WHERE k = 1", n)
            assert await connection.fetchval("SELECT v FROM t WHERE k = $1", 1) == n
        await connection.close()

    asyncio.run(main())


def test_asyncpg_uses_transactions_cursors_and_copy(gateway, table):
    async def main():
        connection = await asyncpg_connect(gateway)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rows = [row["k"] async for row in connection.cursor("SELECT k FROM t ORDER BY k")]
        assert rows == list(range(1, 11))
        with pytest.raises(asyncpg.UniqueViolationError):
            async with connection.transaction():
                await connection.execute("INSERT INTO t VALUES (1000, 1)")
                await connection.execute("INSERT INTO t VALUES (1, 1)")
        assert await connection.fetchval("SELECT count(*) FROM t") == 10
        await connection.copy_records_to_table("t", records=[(k, 0) for k in range(2000, 3000)])
        assert await connection.fetchval("SELECT count(*) FROM t") == 1010
        await connection.executemany("UPDATE t SET v = $2 WHERE k = $1",
                                     [(k, k) for k in range(1, 11)])
        assert await connection.fetchval("SELECT sum(v) FROM t") == 55
        await connection.close()

    asyncio.run(main())


def test_asyncpg_understands_types_it_must_look_up(gateway, cluster):
    cluster.sql("CREATE TYPE mood AS ENUM ('calm', 'rough');"
                "CREATE TYPE pair AS (a int, b text)")
    cluster.wait_until_caught_up()

    async def main():
        connection = await asyncpg_connect(gateway)
        assert await connection.fetchval("SELECT $1::mood", "rough") == "rough"
        assert tuple(await connection.fetchval("SELECT ROW(1, 'x')::pair")) == (1, "x")
        assert await connection.fetchval("SELECT $1::mood[]", ["calm"]) == ["calm"]
        await connection.close()

    asyncio.run(main())


def test_asyncpg_pool_resets_and_reuses_connections(gateway, table):
    async def work(pool, n):
        async with pool.acquire() as connection:
            await connection.execute(f"SET statement_timeout = {10000 + n}")
            await connection.execute("UPDATE t SET v = v + 1 WHERE k = 1")
            return await connection.fetchval("SELECT v FROM t WHERE k = 1")

    async def main():
        async with asyncpg.create_pool(host="127.0.0.1", port=gateway.port, user="postgres",
                                       database="app", min_size=2, max_size=5) as pool:
            values = await asyncio.gather(*(work(pool, n) for n in range(50)))
            assert max(values) == 50
            async with pool.acquire() as connection:
                assert await connection.fetchval("SHOW statement_timeout") == "0"

    asyncio.run(main())


def test_asyncpg_cancels_on_a_timeout(gateway):
    async def main():
        connection = await asyncpg_connect(gateway)
        with pytest.raises(asyncio.TimeoutError):
            await connection.fetchval("SELECT pg_sleep(60)", timeout=0.2)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()

    asyncio.run(main())


def test_asyncpg_listens(gateway):
    async def main():
        heard = asyncio.Queue()
        listener, speaker = await asyncpg_connect(gateway), await asyncpg_connect(gateway)
        await listener.add_listener("tide", lambda *parts: heard.put_nowait(parts[-1]))
        await speaker.execute("SELECT pg_notify('tide', 'high')")
        assert await asyncio.wait_for(heard.get(), 10) == "high"
        await listener.close()
        await speaker.close()

    asyncio.run(main())
