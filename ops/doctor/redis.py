"""The doctor at Redis: is it there, how old, does it throw away, and what time is it."""

from datetime import UTC, datetime

from engines.redis_client import impatient
from ops.doctor.database import skew
from ops.doctor.findings import Finding, Place, fail, ok, warn

OLDEST = 7
ANSWER_SECONDS = 5.0


async def server(place: Place) -> list[Finding]:
    """Version, eviction and clock (Redis)."""
    client = impatient(place.redis_url, ANSWER_SECONDS)
    try:
        about = await client.info("server")
        memory = await client.info("memory")
        before = datetime.now(UTC)
        seconds, micros = await client.time()
        after = datetime.now(UTC)
    finally:
        await client.aclose()
    there = datetime.fromtimestamp(seconds + micros / 1e6, UTC)
    return [version(about), *eviction(memory), skew("clock of Redis", there, before, after)]


def version(about: dict[str, object]) -> Finding:
    """What to say of its version."""
    name = "Valkey" if about.get("server_name") == "valkey" else "Redis"
    said = str(about.get("valkey_version") or about.get("redis_version"))
    if int(said.split(".")[0]) < OLDEST:
        return fail("redis", f"{name} {said} is too old", "Use Redis 7 or newer, or Valkey.")
    return ok("redis", f"{name} {said}")


def eviction(memory: dict[str, object]) -> list[Finding]:
    """What to say of its memory: what it throws away are rings for jobs, buckets and sent texts."""
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    most, used = int(str(memory.get("maxmemory", 0))), int(str(memory.get("used_memory", 0)))
    found = []
    if policy.startswith("allkeys"):
        text = f"maxmemory-policy is {policy}: rings for jobs may be thrown away"
        found.append(warn("redis", text, "Set it to volatile-ttl or noeviction; jobs are found late else."))
    if most and used > 0.9 * most:
        text = f"{used / most:.0%} of its memory is used"
        found.append(warn("redis", text, "Raise maxmemory, or part it from other users of the server."))
    return found
