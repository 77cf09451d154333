"""A pharmacy's own house: stock, prices, opening hours, roster."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import field

from policy.terms import MovementKind
from resolvers.arguments import KEY_WORDS
from schema.context import Info, call_of
from schema.institution import Pharmacy
from schema.refusal import Refusal
from schema.scalars import Instant, Price, Quantity
from services import premises, stock
from services.entries import StockEntry
from services.movements import record_stock


@strawberry.input(description="一条进销存登记")
class StockEntryInput:
    drug_code: str = field(description="医保药品编码")
    kind: MovementKind = field(description="变动类型; 销售由结算产生, 不能手工登记")
    quantity: Quantity = field(description="数量, 包装: 采购为正, 退货为负, 盘点为盘得数量")
    batch_number: str = field(default="", description="生产批号")
    expires_on: date | None = field(default=None, description="有效期止")
    supplier: str = field(default="", description="供货单位")
    unit_cost: Price | None = field(default=None, description="单价")
    trace_codes: list[str] = field(default_factory=list, description="药品追溯码")
    reference: str = field(default="", description="单据号")

    def entry(self) -> StockEntry:
        """The entry as the use case takes it."""
        return StockEntry(
            drug_code=self.drug_code,
            kind=self.kind,
            quantity=self.quantity,
            batch_number=self.batch_number,
            expires_on=self.expires_on,
            supplier=self.supplier,
            unit_cost=self.unit_cost,
            trace_codes=tuple(self.trace_codes),
            reference=self.reference,
        )


@strawberry.input(description="进销存登记")
class RecordStockInput:
    idempotency_key: str = field(description=KEY_WORDS)
    entries: list[StockEntryInput] = field(description="1 至 1000 条, 全部成功或全部不成")


@strawberry.input(description="一个药品的售价")
class PriceInput:
    drug_code: str = field(description="医保药品编码")
    price: Price = field(description="销售价, 元/包装")


@strawberry.input(description="设置售价")
class SetPricesInput:
    idempotency_key: str = field(description=KEY_WORDS)
    prices: list[PriceInput] = field(description="1 至 1000 条")


@strawberry.input(description="一段营业时间")
class OpeningSpanInput:
    weekday: int = field(description="星期, 0 为星期一")
    opens: int = field(description="开门, 当日分钟数")
    closes: int = field(description="关门, 当日分钟数, 1440 为 24 点")


@strawberry.input(description="设置营业时间")
class SetOpeningHoursInput:
    idempotency_key: str = field(description=KEY_WORDS)
    spans: list[OpeningSpanInput] = field(description="全部营业时段, 替换原有的")


@strawberry.input(description="一段药师在岗时间")
class ShiftInput:
    pharmacist_code: str = field(description="医保药师编码")
    starts_at: Instant = field(description="到岗")
    ends_at: Instant = field(description="离岗")


@strawberry.input(description="设置药师排班")
class SetDutyRosterInput:
    idempotency_key: str = field(description=KEY_WORDS)
    shifts: list[ShiftInput] = field(description="从现在起的全部排班, 替换尚未开始的")


RecordStockResult = Annotated[
    Pharmacy | Refusal, strawberry.union("RecordStockResult", description="进销存登记结果")
]
SetPricesResult = Annotated[
    Pharmacy | Refusal, strawberry.union("SetPricesResult", description="设置售价结果")
]
SetOpeningHoursResult = Annotated[
    Pharmacy | Refusal, strawberry.union("SetOpeningHoursResult", description="设置营业时间结果")
]
SetDutyRosterResult = Annotated[
    Pharmacy | Refusal, strawberry.union("SetDutyRosterResult", description="设置药师排班结果")
]


@strawberry.type
class PharmacyMutation:
    @strawberry.mutation(
        description="进销存登记, 全部成功或全部不成",
        deprecation_reason="不要求 FJ-2.5 的各项齐全; 请用 recordPurchases、recordStockTake 等",
    )
    async def record_stock(
        self, info: Info, input: Annotated[RecordStockInput, strawberry.argument(description="进销存")]
    ) -> RecordStockResult:
        call = call_of(info, input.idempotency_key)
        entries = [entry.entry() for entry in input.entries]
        return Pharmacy.of(await record_stock(call, entries=entries))

    @strawberry.mutation(description="设置售价; 已申请的配药保持当时的价格")
    async def set_prices(
        self, info: Info, input: Annotated[SetPricesInput, strawberry.argument(description="售价")]
    ) -> SetPricesResult:
        call = call_of(info, input.idempotency_key)
        prices = [stock.PriceEntry(one.drug_code, one.price) for one in input.prices]
        return Pharmacy.of(await stock.set_prices(call, prices=prices))

    @strawberry.mutation(description="设置营业时间, 替换原有的")
    async def set_opening_hours(
        self,
        info: Info,
        input: Annotated[SetOpeningHoursInput, strawberry.argument(description="营业时间")],
    ) -> SetOpeningHoursResult:
        call = call_of(info, input.idempotency_key)
        spans = [premises.Span(span.weekday, span.opens, span.closes) for span in input.spans]
        return Pharmacy.of(await premises.set_opening_hours(call, spans=spans))

    @strawberry.mutation(description="设置药师排班 (FJ-2.2)")
    async def set_duty_roster(
        self,
        info: Info,
        input: Annotated[SetDutyRosterInput, strawberry.argument(description="排班")],
    ) -> SetDutyRosterResult:
        call = call_of(info, input.idempotency_key)
        shifts = [premises.Shift(one.pharmacist_code, one.starts_at, one.ends_at) for one in input.shifts]
        return Pharmacy.of(await premises.set_duty_roster(call, shifts=shifts))
