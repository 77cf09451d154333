"""A pharmacy's sale prices held against the ceilings (零售价格监测, FJ-6.4, FJ-9.1)."""

from datetime import date

from models import Institution, StockItem
from policy.calendar import shanghai_day
from policy.price_watch import PriceAlert, price_alert
from services.access import supervised_pharmacy
from services.actor import Call
from services.facts import prices_by_drug
from services.law import lawful


async def price_alerts_of(call: Call, pharmacy_code: str | None) -> list[tuple[StockItem, PriceAlert]]:
    """The price alerts (价格预警) of a pharmacy today; `Refused` where no regulation is in force."""
    pharmacy = await supervised_pharmacy(call, "查看价格预警", pharmacy_code)
    with lawful():
        return await price_alerts(pharmacy, shanghai_day(call.now))


async def price_alerts(pharmacy: Institution, on: date) -> list[tuple[StockItem, PriceAlert]]:
    """The drugs on sale whose price is too high now or soon (价格预警), by drug code.

    Raises `ParameterNotFound` on a day without regulation. What is out of stock is not on sale.
    """
    items = await StockItem.filter(pharmacy_id=pharmacy.code, price__isnull=False, on_hand__gt=0).order_by(
        "drug_id"
    )
    published = await prices_by_drug([item.drug_id for item in items], pharmacy.area)
    found = []
    for item in items:
        assert item.price is not None, "only priced rows were asked for"
        prices = published.get(item.drug_id, ())
        alert = price_alert(item.price, prices, pharmacy.area, on, joined_vbp=pharmacy.joined_vbp)
        if alert is not None:
            found.append((item, alert))
    return found
