"""A pharmacy's stock account and its prices, looked at."""

from datetime import date
from typing import Annotated

import strawberry

from schema.context import Info, call_of
from schema.paging import (
    FIRST_DEFAULT,
    After,
    Connection,
    First,
    check_first,
    connection,
    cursor_text,
    text_cursor,
)
from schema.supervision import PriceAlert, StockBalance
from services.price_alerts import price_alerts_of
from services.stock_account import stock_account

OfPharmacy = Annotated[str | None, strawberry.argument(description="药店编码; 药店可缺省, 为本店")]
Since = Annotated[date | None, strawberry.argument(description="起, 含当日; 缺省为现行协议生效日")]
Until = Annotated[date | None, strawberry.argument(description="止, 含当日; 缺省为今天")]


@strawberry.type
class SupervisionQuery:
    @strawberry.field(description="购销存核对: 台账、盘点与医保结算按资金额对账 (FJ-9.5)")
    async def stock_balance(
        self, info: Info, pharmacy_code: OfPharmacy = None, since: Since = None, until: Until = None
    ) -> StockBalance:
        return StockBalance.of(await stock_account(call_of(info), pharmacy_code, since, until))

    @strawberry.field(description="价格预警: 在售药品中现在或不久后高于上限的, 按药品编码排列 (FJ-6.4)")
    async def price_alerts(
        self, info: Info, pharmacy_code: OfPharmacy = None, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[PriceAlert]:
        call = call_of(info)
        check_first(first)
        place = cursor_text(after) or ""
        found = await price_alerts_of(call, pharmacy_code)
        rows = [(item, alert) for item, alert in found if item.drug_id > place]
        shown = [(text_cursor(item.drug_id), PriceAlert.of(item, alert)) for item, alert in rows[:first]]
        return connection(shown, len(rows) > first)
