"""Balances, and what was used elsewhere."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field

from policy.terms import BenefitKind, PersonalData
from resolvers.arguments import KEY_WORDS, MemberId
from schema.balance import BenefitBalance
from schema.context import Info, call_of
from schema.member import Member
from schema.refusal import Refusal
from schema.scalars import Instant, Money
from services import access
from services.accumulators import ImportEntry, import_accumulators
from services.reading import note


@strawberry.input(description="一条外部累计: 参保人在别处已用的起付标准与限额")
class AccumulatorInput:
    reference: str = field(description="来源单号, 同一单号只计一次")
    psn_no: str = field(description="人员编号")
    year: int = field(description="年度")
    benefit: BenefitKind = field(description="待遇类型")
    disease_code: str | None = field(default=None, description="特殊病种编码")
    deductible_used: Money = field(description="已付起付标准")
    fund_used: Money = field(description="统筹基金已支付")

    def entry(self) -> ImportEntry:
        """The entry as the use case takes it."""
        return ImportEntry(
            reference=self.reference,
            psn_no=self.psn_no,
            year=self.year,
            benefit=self.benefit,
            disease_code=self.disease_code,
            deductible_used=self.deductible_used,
            fund_used=self.fund_used,
        )


@strawberry.input(description="导入外部累计")
class ImportAccumulatorsInput:
    idempotency_key: str = field(description=KEY_WORDS)
    entries: list[AccumulatorInput] = field(description="1 至 1000 条, 全部成功或全部不成")


@strawberry.type(description="已导入的外部累计")
class ImportedAccumulators:
    last_import_id: UUID = field(description="最后一条的编号")
    imported_at: Instant = field(description="导入时间")


ImportAccumulatorsResult = Annotated[
    ImportedAccumulators | Refusal,
    strawberry.union("ImportAccumulatorsResult", description="导入外部累计结果"),
]


@strawberry.type
class BenefitQuery:
    @strawberry.field(description="登录的参保人本人, 或授权的家人")
    async def member(self, info: Info, id: MemberId = None) -> Member:
        call = call_of(info)
        return Member.of(await access.get_member(call.actor, id, call.now))

    @strawberry.field(description="医保待遇与账户余额")
    async def benefit_balance(self, info: Info, member_id: MemberId = None) -> BenefitBalance:
        call = call_of(info)
        member = await access.get_member(call.actor, member_id, call.now)
        note(member.id, PersonalData.BALANCE)
        return BenefitBalance(row=member)


@strawberry.type
class BenefitMutation:
    @strawberry.mutation(description="医保经办导入参保人在别处的年度累计")
    async def import_accumulators(
        self,
        info: Info,
        input: Annotated[ImportAccumulatorsInput, strawberry.argument(description="外部累计")],
    ) -> ImportAccumulatorsResult:
        call = call_of(info, input.idempotency_key)
        entries = [entry.entry() for entry in input.entries]
        row = await import_accumulators(call, entries=entries)
        return ImportedAccumulators(last_import_id=row.id, imported_at=Instant(row.imported_at))
