"""The connections that this process keeps to its databases (连接池)."""

from typing import Any

from tortoise import connections


def pool_figures() -> dict[tuple[str, ...], float]:
    """How many connections are busy and idle (连接数), by the connection's name and state."""
    found: dict[tuple[str, ...], float] = {}
    client: Any
    for client in connections.all():
        pool = getattr(client, "_pool", None)
        if pool is not None:
            found[client.connection_name, "idle"] = pool.get_idle_size()
            found[client.connection_name, "busy"] = pool.get_size() - pool.get_idle_size()
    return found
