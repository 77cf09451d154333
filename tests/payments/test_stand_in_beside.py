"""The demo's payment provider answers from a thread of its own, and is gone when its block ends."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from engines.http_payments import HttpPayments
from engines.payments import NewOrder, OrderState
from ops.payment_stand_in import settings_for, stand_in_beside


async def test_it_takes_an_order_by_the_settings_it_gives_and_ends_with_its_block() -> None:
    threads = threading.active_count()
    with stand_in_beside() as provider:
        given = settings_for(provider)
        payments = HttpPayments(
            given["PAYMENT_PROVIDER"], given["PAYMENT_URL"], given["PAYMENT_MERCHANT"], given["PAYMENT_KEY"]
        )
        order = NewOrder("N1", Decimal("1.50"), "药店配药", datetime(2026, 3, 16, tzinfo=UTC))

        await payments.create(order)
        provider.pay("N1")
        found = await payments.query("N1")

    assert (found.state, found.received) == (OrderState.PAID, Decimal("1.50"))
    assert threading.active_count() == threads
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(provider.url)
