"""Claims, and what a year cost by prescribing institution, as callers see them."""

from datetime import date
from typing import Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import ClaimState
from schema.context import Info
from schema.institution import Hospital, Pharmacy
from schema.scalars import Instant, Money, Quantity
from services.attribution import HospitalYear as Found


@strawberry.type(description="清算申报中的一笔; 冲正为负")
class ClearingItem:
    number: str = field(description="结算或冲正单号")
    is_reversal: bool = field(description="是冲正")
    happened_at: Instant = field(description="结算或冲正时间")
    total: Money = field(description="医疗费总额")
    pooled: Money = field(description="统筹基金")
    further: Money = field(description="其他基金")
    account: Money = field(description="个人账户, 含共济")
    cut: Money = field(description="审核扣减")
    cut_reason: str = field(description="扣减理由")

    @classmethod
    def of(cls, row: models.ClearingItem) -> Self:
        return cls(
            number=row.number,
            is_reversal=row.reversal_id is not None,
            happened_at=Instant(row.happened_at),
            total=Money(row.total),
            pooled=Money(row.pooled),
            further=Money(row.further),
            account=Money(row.account),
            cut=Money(row.cut),
            cut_reason=row.cut_reason,
        )


@strawberry.type(description="清算申报: 药店一个月对一个统筹区; 金额已减去冲正")
class ClearingClaim:
    row: Private[models.ClearingClaim]
    id: UUID = field(description="申报编号")
    number: str = field(description="申报单号")
    area: str = field(description="参保统筹区")
    month: date = field(description="清算月份, 该月第一日")
    state: ClaimState = field(description="申报状态")
    settlements: int = field(description="结算笔数")
    reversals: int = field(description="冲正笔数")
    total: Money = field(description="医疗费净额")
    pooled: Money = field(description="统筹基金净额")
    further: Money = field(description="其他基金净额")
    account: Money = field(description="个人账户净额, 含共济")
    cut: Money = field(description="审核扣减")
    payable: Money = field(description="应付药店: 基金与个人账户, 减去扣减")
    submitted_at: Instant = field(description="申报时间")
    reviewed_at: Instant | None = field(description="审核时间")
    note: str = field(description="审核说明")
    paid_at: Instant | None = field(description="支付时间")
    payment_reference: str = field(description="支付凭据号")

    @classmethod
    def of(cls, row: models.ClearingClaim) -> Self:
        return cls(
            row=row,
            id=row.id,
            number=row.number,
            area=row.area,
            month=row.month,
            state=row.state,
            settlements=row.settlements,
            reversals=row.reversals,
            total=Money(row.total),
            pooled=Money(row.pooled),
            further=Money(row.further),
            account=Money(row.account),
            cut=Money(row.cut),
            payable=Money(row.pooled + row.further + row.account - row.cut),
            submitted_at=Instant(row.submitted_at),
            reviewed_at=Instant(row.reviewed_at) if row.reviewed_at else None,
            note=row.note,
            paid_at=Instant(row.paid_at) if row.paid_at else None,
            payment_reference=row.payment_reference,
        )

    @strawberry.field(description="药店")
    async def pharmacy(self, info: Info) -> Pharmacy:
        return Pharmacy.of(await info.context.loaders.institution.get(self.row.pharmacy_id))


@strawberry.type(description="开方机构一年的流转处方费用; 冲正计入原结算的年度")
class HospitalYear:
    hospital: Hospital = field(description="开方机构")
    year: int = field(description="年度")
    settlements: int = field(description="仍有效的结算笔数")
    total: Money = field(description="医疗费净额")
    personal_total: Money = field(description="个人负担净额")
    fund_total: Money = field(description="基金支付净额")
    budget_cost: Money = field(description="计入总额预算的药品费用, 双通道药品除外 (FJ-7.2)")
    budget_fund: Money = field(description="计入总额预算的基金支付, 双通道药品除外 (FJ-7.2)")
    average_cost: Money | None = field(description="次均费用 (SX-16)")
    average_growth: Quantity | None = field(description="次均费用增长率; 上年没有结算的为空 (SX-16)")
    personal_share: Quantity | None = field(description="自付比例 (SX-16)")

    @classmethod
    def of(cls, found: Found) -> Self:
        figures = found.assessment
        return cls(
            hospital=Hospital.of(found.hospital),
            year=found.year,
            settlements=found.settlements,
            total=Money(found.total),
            personal_total=Money(found.personal),
            fund_total=Money(found.fund),
            budget_cost=Money(found.budget_cost),
            budget_fund=Money(found.budget_fund),
            average_cost=None if figures.average is None else Money(figures.average),
            average_growth=None if figures.growth is None else Quantity(figures.growth),
            personal_share=None if figures.personal_share is None else Quantity(figures.personal_share),
        )
