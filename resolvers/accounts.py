"""Members' own accounts: credits, movements, statements."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import field
from tortoise.expressions import Q

from models import JournalEntry
from resolvers.arguments import KEY_WORDS, MemberId
from schema.accounts import AccountMovement, AccountStatement, CreditedAccounts
from schema.context import Info, call_of
from schema.paging import FIRST_DEFAULT, After, Connection, First, connection, newest_first
from schema.refusal import Refusal
from schema.scalars import Money
from services import access, accounts


@strawberry.input(description="一笔个人账户划入")
class AccountCreditInput:
    reference: str = field(description="来源单号, 同一单号只计一次, 至多 40 字")
    psn_no: str = field(description="人员编号")
    amount: Money = field(description="金额, 大于 0")
    text: str = field(default="", description="摘要; 缺省为个人账户划入")

    def credit(self) -> accounts.Credit:
        """The credit as the use case takes it."""
        return accounts.Credit(self.reference, self.psn_no, self.amount, self.text)


@strawberry.input(description="个人账户划入")
class CreditAccountsInput:
    idempotency_key: str = field(description=KEY_WORDS)
    entries: list[AccountCreditInput] = field(description="1 至 500 笔, 全部成功或全部不成")


CreditAccountsResult = Annotated[
    CreditedAccounts | Refusal, strawberry.union("CreditAccountsResult", description="个人账户划入结果")
]
Since = Annotated[date, strawberry.argument(description="起始日, 北京时间, 含当日")]
Until = Annotated[date, strawberry.argument(description="截止日, 北京时间, 含当日")]


@strawberry.type
class AccountQuery:
    @strawberry.field(description="个人账户变动, 新的在前: 本人的, 或授权家人的 (SX-27)")
    async def account_movements(
        self, info: Info, member_id: MemberId = None, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[AccountMovement]:
        call = call_of(info)
        member = await access.get_member(call.actor, member_id, call.now)
        account_id = await accounts.account_id_of(member.id)
        # who has no account has no movements
        own = Q(id__in=[]) if account_id is None else Q(postings__account_id=account_id)
        page = await newest_first(JournalEntry, own, "booked_at", first, after, lambda row: row)
        moved = await accounts.with_balances(account_id, [edge.node for edge in page.edges])
        shown = [
            (edge.cursor, AccountMovement.of(edge.node, *figures))
            for edge, figures in zip(page.edges, moved, strict=True)
        ]
        return connection(shown, page.page_info.has_next_page)

    @strawberry.field(description="个人账户对账单: 本人的, 或授权家人的")
    async def account_statement(
        self, info: Info, since: Since, until: Until, member_id: MemberId = None
    ) -> AccountStatement:
        call = call_of(info)
        member = await access.get_member(call.actor, member_id, call.now)
        return AccountStatement.of(await accounts.statement_of(member.id, since, until))


@strawberry.type
class AccountMutation:
    @strawberry.mutation(description="医保经办机构向本统筹区参保人的个人账户划入")
    async def credit_accounts(
        self, info: Info, input: Annotated[CreditAccountsInput, strawberry.argument(description="划入")]
    ) -> CreditAccountsResult:
        call = call_of(info, input.idempotency_key)
        row = await accounts.credit_accounts(call, entries=[one.credit() for one in input.entries])
        return CreditedAccounts.of(row)
