"""Compared accounts as callers see them."""

from datetime import date
from typing import Self

import strawberry
from strawberry import field

import models
from policy.reconciliation import NATIONAL, Amounts, Compared, Totals
from policy.terms import ReconcileResult
from schema.scalars import Instant, Money
from services.reconciling import TotalsAnswer


@strawberry.type(description="对账金额; 冲正为负")
class ReconciledAmounts:
    total: Money | None = field(description="医疗费总额 medfee_sumamt")
    fund_total: Money | None = field(description="基金支付总额 fund_pay_sumamt")
    account: Money | None = field(description="个人账户支出 acct_pay")
    family_account: Money | None = field(description="共济账户支出 acct_mulaid_pay")
    cash: Money | None = field(description="现金支付 psn_cash_pay")

    @classmethod
    def of(cls, found: Amounts) -> Self:
        return cls(
            total=optional(found, "total"),
            fund_total=optional(found, "fund_total"),
            account=optional(found, "account"),
            family_account=optional(found, "family_account"),
            cash=optional(found, "cash"),
        )


def optional(found: Amounts, name: str) -> Money | None:
    """An amount that may be missing."""
    amount = getattr(found, name)
    return None if amount is None else Money(amount)


@strawberry.type(description="平台一方的总数, 冲正已减去")
class ReconciledTotals:
    settlements: int = field(description="结算笔数")
    reversals: int = field(description="冲正笔数")
    amounts: ReconciledAmounts = field(description="净额")

    @classmethod
    def of(cls, found: Totals) -> Self:
        return cls(
            settlements=found.settlements,
            reversals=found.reversals,
            amounts=ReconciledAmounts.of(found.amounts),
        )


@strawberry.type(description="对总账结果 (国家接口 3201)")
class TotalsReconciliation:
    result: ReconcileResult = field(description="对账结果")
    national_code: str | None = field(description="国家接口的对账结果代码 stmt_rslt; 没有对应的为空")
    differing: list[str] = field(description="不一致的项目")
    here: ReconciledTotals = field(description="平台的总数")

    @classmethod
    def of(cls, found: TotalsAnswer) -> Self:
        return cls(
            result=found.result,
            national_code=NATIONAL.get(found.result),
            differing=list(found.differing),
            here=ReconciledTotals.of(found.here),
        )


@strawberry.type(description="对明细账的一条")
class ReconciledLine:
    number: str = field(description="结算或冲正单号")
    result: ReconcileResult = field(description="对账结果")
    here: ReconciledAmounts | None = field(description="平台的金额; 为空则平台没有")
    there: ReconciledAmounts | None = field(description="机构的金额; 为空则机构没有")
    differing: list[str] = field(description="不一致的金额")

    @classmethod
    def of(cls, found: Compared) -> Self:
        return cls(
            number=found.number,
            result=found.result,
            here=ReconciledAmounts.of(found.here) if found.here else None,
            there=ReconciledAmounts.of(found.there) if found.there else None,
            differing=list(found.differing),
        )


@strawberry.type(description="对明细账结果 (国家接口 3202)")
class DetailsReconciliation:
    equal: int = field(description="一致的笔数")
    only_here: int = field(description="仅平台有的笔数")
    only_there: int = field(description="仅机构有的笔数")
    different: int = field(description="金额不符的笔数")
    lines: list[ReconciledLine] = field(description="逐笔结果, 按单号排列; 缺省不含一致的")

    @classmethod
    def of(cls, found: list[Compared], *, with_equal: bool) -> Self:
        results = [one.result for one in found]
        shown = [one for one in found if with_equal or one.result != ReconcileResult.EQUAL]
        return cls(
            equal=results.count(ReconcileResult.EQUAL),
            only_here=results.count(ReconcileResult.ONLY_HERE),
            only_there=results.count(ReconcileResult.ONLY_THERE),
            different=results.count(ReconcileResult.DIFFERENT),
            lines=[ReconciledLine.of(one) for one in shown],
        )


@strawberry.type(description="一家药店一天的对账 (日对账); 有结算或冲正、或药店对过账的日子才有")
class ReconciliationDay:
    day: date = field(description="对账日, 北京时间")
    settlements: int = field(description="结算笔数")
    reversals: int = field(description="冲正笔数")
    total: Money = field(description="医疗费净额")
    fund_total: Money = field(description="基金净额")
    compared_at: Instant | None = field(description="平台核对时间; 空为尚未核对")
    differences: int = field(description="结算、明细、记账与出库不一致的单数; 每单立一条监管线索")
    is_filed: bool = field(description="药店是否已对账: 当日过后就该日全部结算对过总账或明细账")
    filed_at: Instant | None = field(description="药店最近对账时间")
    filed_result: ReconcileResult | None = field(description="药店最近对账结果")

    @classmethod
    def of(cls, row: models.ReconciliationDay) -> Self:
        return cls(
            day=row.day,
            settlements=row.settlements,
            reversals=row.reversals,
            total=Money(row.total),
            fund_total=Money(row.fund_total),
            compared_at=Instant(row.compared_at) if row.compared_at else None,
            differences=row.differences,
            is_filed=row.filed_at is not None,
            filed_at=Instant(row.filed_at) if row.filed_at else None,
            filed_result=row.filed_result,
        )
