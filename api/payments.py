"""Where a payment provider tells us of payments (支付通知): signed, believed once, answered plainly."""

from collections.abc import AsyncIterator

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.body import pieces
from api.errors import RequestRefused, is_away
from api.parts import Parts
from engines.logs import log_fault
from engines.payments import NoticeForged, Order, OrderState, PaymentProvider
from policy.terms import Role
from services.access import payment_of_number
from services.actor import Actor, Call
from services.errors import Busy, NotFound
from services.payments import record_paid

NOTICE_BYTES_MAX = 16 * 1024

log = structlog.get_logger(__name__)


def payment_routes(parts: Parts) -> list[Route]:
    """The route that the provider calls, where one is set up."""
    provider = parts.tools.payments
    if provider is None:
        return []

    async def notified(request: Request) -> Response:
        return await take_notice(parts, provider, request)

    return [Route(f"/payments/notify/{provider.name}", notified, methods=["POST"])]


async def take_notice(parts: Parts, provider: PaymentProvider, request: Request) -> Response:
    """Take a notification (支付通知); a provider that hears anything but SUCCESS sends it again."""
    try:
        body = b"".join([piece async for piece in bounded(request)])
        told = provider.read_notice(request.headers, body)
    except (RequestRefused, ClientDisconnect):
        return said(413, "TOO_LARGE")
    except NoticeForged:
        log.warning("payments.notice_forged")
        return said(401, "SIGNATURE")
    try:
        return await believe(parts, provider, told)
    except NotFound:
        return said(404, "UNKNOWN_ORDER")
    # An edge: the provider sends it again, and the worker asks by itself.
    except Exception as error:
        if isinstance(error, Busy) or is_away(error):
            log.warning("payments.notice_unavailable", error=type(error).__name__)
            return said(503, "TRY_AGAIN")
        log_fault("payments.notice_fault", error, number=told.number)
        return said(500, "FAULT")


async def believe(parts: Parts, provider: PaymentProvider, told: Order) -> Response:
    """Write what a genuine notification says, if it says what we asked for.

    Another amount than that of the order is not believed: the worker asks the provider itself.
    """
    payment = await payment_of_number(provider.name, told.number)
    if told.state is not OrderState.PAID or told.received is None:
        return said(200, "SUCCESS")
    if told.received != payment.amount and payment.received != told.received:
        log.warning("payments.amount_differs", payment=str(payment.id))
        return said(400, "AMOUNT_DIFFERS")
    call = Call(Actor(Role.SERVICE, f"payments:{provider.name}"), parts.clock.now(), parts.tools)
    await record_paid(call, number=told.number, received=told.received, trade_number=told.trade_number)
    return said(200, "SUCCESS")


def bounded(request: Request) -> AsyncIterator[bytes]:
    """The body of a notification, which is small."""
    return pieces(request, NOTICE_BYTES_MAX)


def said(status: int, code: str) -> Response:
    """What the provider is answered."""
    return JSONResponse({"code": code}, status)
