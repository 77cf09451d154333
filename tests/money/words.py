"""What the tests of money send, and the figures they look at."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models import (
    Account,
    Accumulator,
    Fill,
    FillLine,
    JournalEntry,
    Posting,
    StockItem,
    TraceCode,
    VisitDeductible,
)
from models.account import AccountKind
from ops.client import Client, Json, result_of
from ops.road_documents import REFUSAL
from ops.world.ids import member_id
from policy.money import ZERO
from policy.terms import TraceState

REFUND = "refund { total deductible pooledFund fundTotal personalTotal account familyAccount cash }"
STATEMENT = "total eligible deductible pooledFund fundTotal personalTotal account familyAccount cash"

REVERSE = f"""
mutation Reverse($input: ReverseSettlementInput!) {{
  reverseSettlement(input: $input) {{
    ... on Reversal {{
      id number reversedAt isWhole reason {REFUND}
      lines {{ number drugCode total goods }}
      effectsCount effects {{ deductible pooledFund fundTotal personalTotal settlement {{ id number }} }}
      settlement {{ id standing {{ {STATEMENT} }} reversals {{ number }} }}
    }}
    {REFUSAL}
  }}
}}"""

PREVIEW_REVERSAL = f"""
query PreviewReversal($input: PreviewReversalInput!) {{
  previewReversal(input: $input) {{
    ... on ReversalPreview {{
      {REFUND} remaining {{ {STATEMENT} }} obstacles {{ code rule }} lines {{ number goods }}
      effects {{ deductible fundTotal settlement {{ id }} }}
    }}
    {REFUSAL}
  }}
}}"""


async def reverse(client: Client, settlement: Json, goods: str = "RETURNED", **more: Any) -> Json:
    """A reversal of a settlement, or of some of its lines."""
    given = {"settlementId": settlement["id"], "goods": goods, "reason": "患者退药", **more}
    return await client.do(REVERSE, **given)


async def preview(client: Client, settlement: Json, goods: str = "RETURNED", **more: Any) -> Json:
    """What that reversal would be."""
    given = {"settlementId": settlement["id"], "goods": goods, **more}
    return result_of(await client.execute(PREVIEW_REVERSAL, {"input": given}))


def lines(*numbers: int, goods: str | None = None) -> list[Json]:
    """Lines to take back, by their numbers."""
    return [{"number": number, "goods": goods} for number in numbers]


async def figures(patient: str, pharmacy: str) -> Mapping[str, Any]:
    """Everything that a settlement changes and its reversal gives back."""
    member = member_id(patient)
    account = await Account.get_or_none(kind=AccountKind.MEMBER_ACCOUNT, owner=str(member))
    pots = await Accumulator.filter(member_id=member).order_by("year", "bucket")
    visits = await VisitDeductible.filter(member_id=member)
    items = await StockItem.filter(pharmacy_id=pharmacy).order_by("drug_id")
    return {
        "account": account.balance if account else ZERO,
        "pots": {
            (pot.year, pot.bucket): (pot.deductible_used, pot.fund_used)
            for pot in pots
            if pot.deductible_used or pot.fund_used
        },
        "visits": sum((visit.taken_at_pharmacies for visit in visits), ZERO),
        "stock": [(item.drug_id, item.on_hand, item.sellable, item.held) for item in items],
        "sold codes": await TraceCode.filter(pharmacy_id=pharmacy, state=TraceState.SOLD).count(),
        "payable": await owed(pharmacy),
    }


async def owed(pharmacy: str) -> Decimal:
    """What the agency owes a pharmacy, by the books."""
    account = await Account.get_or_none(kind=AccountKind.PHARMACY_PAYABLE, owner=pharmacy)
    postings = await Posting.filter(account_id=account.id) if account else []
    return sum((one.credit - one.debit for one in postings), ZERO)


async def check_books() -> None:
    """Debits are credits, in every entry; members' balances are their postings."""
    postings = await Posting.all()
    entries: dict[Any, Decimal] = {}
    for one in postings:
        entries[one.entry_id] = entries.get(one.entry_id, ZERO) + one.debit - one.credit
    assert set(entries.values()) <= {ZERO}
    assert len(entries) == await JournalEntry.all().count()
    for account in await Account.filter(balance__isnull=False):
        own = [one for one in postings if one.account_id == account.id]
        assert account.balance == sum((one.credit - one.debit for one in own), ZERO)


async def state_of(fill: Json) -> str:
    """A fill's state."""
    return str((await Fill.get(id=fill["id"])).state)


async def live_lines(fill: Json) -> int:
    """How many lines a fill still holds."""
    return await FillLine.filter(fill_id=fill["id"], is_live=True).count()
