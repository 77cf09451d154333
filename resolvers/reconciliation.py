"""A pharmacy compares its accounts with the house's."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import field
from strawberry.file_uploads import Upload

from policy.reconciliation import Amounts, Totals
from policy.terms import InsuranceType
from schema.context import Info, call_of
from schema.reconciliation import DetailsReconciliation, ReconciliationDay, TotalsReconciliation
from schema.scalars import Money
from services import daily, reconciling
from services.errors import BadInput

LINES_MAX = 5000
"""Lines of one document; a file may have more."""


@strawberry.input(description="对账范围: 本店在这些天的结算与冲正")
class PeriodInput:
    since: date = field(description="起始日, 北京时间, 含当日")
    until: date = field(description="截止日, 北京时间, 含当日; 至多 31 天")
    area: str | None = field(default=None, description="参保统筹区; 缺省为全部")
    insurance: InsuranceType | None = field(default=None, description="险种; 缺省为全部")

    def period(self) -> reconciling.Period:
        """The period as the service takes it."""
        return reconciling.Period(self.since, self.until, self.area, self.insurance)


@strawberry.input(description="药店一方的金额, 冲正为负; 未给的不比较")
class AmountsInput:
    total: Money | None = field(default=None, description="医疗费总额 medfee_sumamt")
    fund_total: Money | None = field(default=None, description="基金支付总额 fund_pay_sumamt")
    account: Money | None = field(default=None, description="个人账户支出 acct_pay")
    family_account: Money | None = field(default=None, description="共济账户支出 acct_mulaid_pay")
    cash: Money | None = field(default=None, description="现金支付 psn_cash_pay")

    def amounts(self) -> Amounts:
        """The amounts as the rules take them."""
        return Amounts(self.total, self.fund_total, self.account, self.family_account, self.cash)


@strawberry.input(description="对总账")
class ReconcileTotalsInput:
    period: PeriodInput = field(description="对账范围")
    settlements: int = field(description="药店的结算笔数")
    reversals: int = field(default=0, description="药店的冲正笔数")
    amounts: AmountsInput = field(description="药店的净额")


@strawberry.input(description="药店的一笔结算或冲正")
class ReconciledLineInput:
    number: str = field(description="结算单号或冲正单号")
    amounts: AmountsInput = field(description="金额, 冲正为负")


@strawberry.input(description="对明细账: 给出明细, 或上传文件")
class ReconcileDetailsInput:
    period: PeriodInput = field(description="对账范围")
    lines: list[ReconciledLineInput] | None = field(default=None, description="药店的明细, 至多 5000 条")
    file: Upload | None = field(
        default=None,
        description="药店的明细文件: UTF-8 的 CSV 或制表符分隔, 首行为列名 number,total,fund_total,account"
        "[,family_account,cash]; 空值留空或写 null; 至多 20000 条",
    )
    with_equal: bool = field(default=False, description="结果也列出一致的")


async def lines_of(input: ReconcileDetailsInput) -> dict[str, Amounts]:
    """The pharmacy's lines, from the document or from the file."""
    if (input.lines is None) == (input.file is None):
        raise BadInput("lines", "请给出 lines 或 file 其中之一。")
    if input.file is not None:
        data: bytes = await input.file.read()  # type: ignore[attr-defined]  # starlette's UploadFile
        return reconciling.read_file(data)
    found: dict[str, Amounts] = {}
    lines = input.lines or []
    if len(lines) > LINES_MAX:
        raise BadInput("lines", f"一次至多 {LINES_MAX} 条,收到 {len(lines)} 条。更多请上传文件。")
    for number, line in enumerate(lines, 1):
        reconciling.add(found, line.number, line.amounts.amounts(), f"lines[{number}]")
    return found


@strawberry.type
class ReconciliationQuery:
    @strawberry.field(description="对总账: 药店的笔数与净额同平台比较 (国家接口 3201)")
    async def reconcile_totals(
        self, info: Info, input: Annotated[ReconcileTotalsInput, strawberry.argument(description="对总账")]
    ) -> TotalsReconciliation:
        there = Totals(input.settlements, input.reversals, input.amounts.amounts())
        found = await reconciling.reconcile_totals(call_of(info), input.period.period(), there)
        return TotalsReconciliation.of(found)

    @strawberry.field(description="对明细账: 逐笔一致、仅平台有、仅机构有或金额不符 (国家接口 3202)")
    async def reconcile_details(
        self, info: Info, input: Annotated[ReconcileDetailsInput, strawberry.argument(description="对明细账")]
    ) -> DetailsReconciliation:
        there = await lines_of(input)
        found = await reconciling.reconcile_details(call_of(info), input.period.period(), there)
        return DetailsReconciliation.of(found, with_equal=input.with_equal)

    @strawberry.field(description="日对账, 新的在前: 药店看本店的, 经办机构看本统筹区药店的; 至多 31 天")
    async def reconciliation_days(
        self,
        info: Info,
        since: Annotated[date, strawberry.argument(description="起始日, 北京时间, 含当日")],
        until: Annotated[date, strawberry.argument(description="截止日, 北京时间, 含当日")],
        pharmacy_code: Annotated[str | None, strawberry.argument(description="药店编码; 药店可缺省")] = None,
    ) -> list[ReconciliationDay]:
        rows = await daily.reconciliation_days(call_of(info), pharmacy_code, since, until)
        return [ReconciliationDay.of(row) for row in rows]
