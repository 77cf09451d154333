"""Benefits used and balances as callers see them."""

from typing import Self

import strawberry
from strawberry import Private, field

import models
from policy.terms import FamilyRelation
from schema.context import Info
from schema.member import Member
from schema.scalars import Money
from services import balances
from services.ledger import balance_of


@strawberry.type(description="一类待遇的年度累计")
class BenefitUse:
    year: int = field(description="年度")
    bucket: str = field(description="待遇类型, 特殊病种带病种编码")
    deductible_used: Money = field(description="已付起付标准")
    fund_used: Money = field(description="统筹基金已支付")
    deductible_carried: Money = field(description="上年已付、计入本年的起付标准 (年度结转, YL-CARRY)")
    limit_carried: Money = field(description="上年未用、转入本年的支付限额 (年度结转, YL-CARRY)")
    deductible_left: Money | None = field(description="年度起付标准余额; 按次起付的地区为空")
    limit_left: Money | None = field(description="年度支付限额余额, 含上年结转")
    rests_on_unverified: bool = field(description="用到了未经核实的示例参数")
    basis: str = field(description="依据的文件与条款")

    @classmethod
    def of(cls, found: balances.Use) -> Self:
        return cls(
            year=found.year,
            bucket=found.bucket,
            deductible_used=Money(found.deductible_used),
            fund_used=Money(found.fund_used),
            deductible_carried=Money(found.deductible_carried),
            limit_carried=Money(found.limit_carried),
            deductible_left=Money(found.deductible_left) if found.deductible_left is not None else None,
            limit_left=Money(found.limit_left) if found.limit_left is not None else None,
            rests_on_unverified=not found.verified,
            basis=found.basis,
        )


@strawberry.type(description="医保待遇与账户余额")
class BenefitBalance:
    row: Private[models.Member]

    @strawberry.field(description="个人账户余额")
    async def account_balance(self) -> Money:
        return Money(await balance_of(self.row.id))

    @strawberry.field(description="可用的家庭共济账户")
    async def family_accounts(self, info: Info) -> list["FamilyAccount"]:
        purses = await balances.family_purses(self.row, info.context.now())
        return [
            FamilyAccount(owner=Member.of(one.owner), relation=one.relation, available=Money(one.available))
            for one in purses
        ]

    @strawberry.field(description="各类待遇的年度累计")
    async def uses(self, info: Info) -> list[BenefitUse]:
        return [BenefitUse.of(one) for one in await balances.uses_of(self.row, info.context.now())]


@strawberry.type(description="可用的家庭共济账户")
class FamilyAccount:
    owner: Member = field(description="账户所有人")
    relation: FamilyRelation = field(description="登录的参保人是账户所有人的")
    available: Money = field(description="可用金额, 不超过授权上限")
