"""A pharmacy's stock account and price alerts as callers see them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

import strawberry
from strawberry import Private, field

import models
from policy.price_watch import PriceAlert as Alert
from policy.price_watch import PriceAlertKind
from policy.supervision import DrugFlow
from schema.context import Info
from schema.drug import Drug
from schema.institution import Pharmacy
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
from schema.scalars import Money, Price, Quantity
from services import stock_account

ONLY_OFF = strawberry.argument(description="只看有差额的药品")
RATIO = Decimal("0.0001")


@strawberry.type(description="一种药品的购销存; 数量按包装, 金额按同一单价")
class StockFlow:
    flow: Private[DrugFlow]
    price: Price = field(description="计价单价: 期内平均售价, 没有则货架售价, 再没有则最近采购价")
    opening: Quantity = field(description="期初; 首次盘点计入期初")
    purchased: Quantity = field(description="采购入库")
    returned: Quantity = field(description="采购退货")
    transferred: Quantity = field(description="调拨净额, 调入为正")
    adjusted: Quantity = field(description="库存调整净额, 报损为负")
    sold: Quantity = field(description="台账销售, 已减销售退货")
    recorded_insured: Quantity = field(description="台账销售中属医保配药的")
    settled: Quantity = field(description="医保结算数量")
    closing: Quantity = field(description="期末在库, 已计盘点")
    expected: Quantity = field(description="应销: 期初 + 采购 - 退货 + 调拨 + 调整 - 期末")
    actual: Quantity = field(description="实销: 医保结算 + 其他台账销售")
    difference: Quantity = field(description="差额: 应销 - 实销, 为正则缺货")
    difference_value: Money = field(description="差额的金额, 取绝对值")

    @classmethod
    def of(cls, flow: DrugFlow) -> Self:
        return cls(
            flow=flow,
            price=Price(flow.price),
            opening=Quantity(flow.opening),
            purchased=Quantity(flow.purchased),
            returned=Quantity(flow.returned),
            transferred=Quantity(flow.transferred),
            adjusted=Quantity(flow.adjusted),
            sold=Quantity(flow.sold),
            recorded_insured=Quantity(flow.recorded_insured),
            settled=Quantity(flow.settled),
            closing=Quantity(flow.closing),
            expected=Quantity(flow.expected),
            actual=Quantity(flow.actual),
            difference=Quantity(flow.difference),
            difference_value=Money(flow.value(abs(flow.difference))),
        )

    @strawberry.field(description="药品")
    async def drug(self, info: Info) -> Drug:
        return Drug.of(await info.context.loaders.drug.get(self.flow.drug_code))


@strawberry.type(description="购销存核对: 医保目录药品, 按资金额 (FJ-2.5, FJ-9.5)")
class StockBalance:
    flows: Private[Sequence[DrugFlow]]
    pharmacy: Pharmacy = field(description="药店")
    since: date = field(description="起, 含当日")
    until: date = field(description="止, 含当日")
    supply: Money = field(description="应有金额: 期初 + 采购 - 退货 + 调拨 + 调整")
    expected: Money = field(description="应销金额")
    actual: Money = field(description="实销金额")
    difference: Money = field(description="不符金额: 各药品差额的绝对值之和")
    ratio: Quantity = field(description="不符率: 不符金额 / 应有金额, 四位小数")
    limit: Quantity | None = field(description="不符率上限; 当地没有规定时为空")
    basis: str | None = field(description="上限的依据")
    method: str = field(description="计算口径: 规定未写明, 药路自己的规则 YL-21")
    is_mismatch: bool = field(description="达到或超过上限")

    @classmethod
    def of(cls, account: stock_account.StockAccount) -> Self:
        found, limit = account.balance, account.limit
        return cls(
            flows=found.flows,
            pharmacy=Pharmacy.of(account.pharmacy),
            since=account.since,
            until=account.until,
            supply=Money(found.supply),
            expected=Money(found.expected),
            actual=Money(found.actual),
            difference=Money(found.difference),
            ratio=Quantity(found.ratio.quantize(RATIO)),
            limit=Quantity(limit.amount) if limit else None,
            basis=limit.basis if limit else None,
            method=account.method,
            is_mismatch=limit is not None and found.ratio >= limit.amount,
        )

    @strawberry.field(description="各药品, 按药品编码排列")
    def drugs(
        self,
        only_differences: Annotated[bool, ONLY_OFF] = False,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[StockFlow]:
        check_first(first)
        place = cursor_text(after) or ""
        rows = [
            flow
            for flow in self.flows
            if flow.drug_code > place and (flow.difference or not only_differences)
        ]
        shown = [(text_cursor(flow.drug_code), StockFlow.of(flow)) for flow in rows[:first]]
        return connection(shown, len(rows) > first)


@strawberry.type(description="价格预警: 现在或不久后高于上限的售价 (FJ-6.4)")
class PriceAlert:
    drug_code: Private[str]
    kind: PriceAlertKind = field(description="预警类型")
    price: Price = field(description="现售价")
    ceiling: Price = field(description="上限; 须调价时为期限届满后的上限")
    last_day: date | None = field(description="现价允许的最后一天; 从未允许的为空")
    rule: str = field(description="规则编号")
    basis: str = field(description="依据的文件与条款")

    @classmethod
    def of(cls, row: models.StockItem, alert: Alert) -> Self:
        return cls(
            drug_code=row.drug_id,
            kind=alert.kind,
            price=Price(alert.price),
            ceiling=Price(alert.ceiling.amount),
            last_day=alert.last_day,
            rule=alert.ceiling.rule,
            basis=alert.ceiling.basis,
        )

    @strawberry.field(description="药品")
    async def drug(self, info: Info) -> Drug:
        return Drug.of(await info.context.loaders.drug.get(self.drug_code))
