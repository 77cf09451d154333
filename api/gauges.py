"""What an API process is doing right now (即时指标), for the metrics page."""

from typing import TYPE_CHECKING

from api.graphql import Engine
from api.parts import Parts
from api.socket import SocketHandler
from engines.metrics import Gauges
from models.pool import pool_figures
from models.replica import REPLICA, Standby

if TYPE_CHECKING:
    from api.view import View


def gauges_of(parts: Parts, view: "View") -> Gauges:
    """The figures of one application."""
    gauges, bell, plans = Gauges(), parts.bell, Engine.plans
    gauges.add("yaolu_sockets", "Open WebSockets.", lambda: len(sockets(view)))
    gauges.add(
        "yaolu_event_streams",
        "Open event streams (SSE).",
        lambda: len(view.connections.open) - len(sockets(view)),
    )
    gauges.add(
        "yaolu_socket_operations",
        "Operations that run on WebSockets, subscriptions among them.",
        lambda: sum(len(socket.running) for socket in sockets(view)),
    )
    gauges.add(
        "yaolu_subscriptions_shared",
        "Runs that several subscribers share.",
        lambda: len(view.shared.running),
    )
    gauges.add("yaolu_callers_held", "Refused callers who wait for their answer.", lambda: view.brake.held)
    gauges.add("yaolu_draining", "1 while the process ends.", lambda: view.is_draining)
    gauges.add("yaolu_bell_listening", "1 while rings of others are heard.", lambda: bell.is_listening)
    gauges.add("yaolu_bell_rung", "Rings sent since the start.", lambda: bell.rings)
    gauges.add("yaolu_bell_failed", "Rings that Redis did not take.", lambda: bell.failures)
    gauges.add("yaolu_bell_heard", "Rings heard.", lambda: bell.heard)
    gauges.add("yaolu_bell_lost", "How often the listener lost Redis.", lambda: bell.reconnects)
    gauges.add(
        "yaolu_rates_alone",
        "Operations whose rate this process judged by itself, for Redis was away.",
        lambda: parts.rates.alone,
    )
    gauges.add("yaolu_plan_hits", "Plans found in the cache.", lambda: plans.hits)
    gauges.add("yaolu_plan_misses", "Plans made.", lambda: plans.misses)
    gauges.add("yaolu_database_connections", "Connections of the pool.", pool_figures, "database", "state")
    if parts.orm is not None and REPLICA in parts.orm["connections"]:
        gauges.add("yaolu_replica_used", "1 while searches ask the replica.", lambda: Standby.is_fresh)
        gauges.add("yaolu_replica_lag_seconds", "How far it is behind.", lambda: Standby.lag_seconds)
        gauges.add("yaolu_replica_served", "Searches it has answered.", lambda: Standby.served)
        gauges.add(
            "yaolu_replica_fallen_back",
            "Searches it failed, asked of the primary.",
            lambda: Standby.fallen_back,
        )
    return gauges


def sockets(view: "View") -> list[SocketHandler]:
    """The open sockets (连接), also for another thread."""
    return [one for one in list(view.connections.open) if isinstance(one, SocketHandler)]
