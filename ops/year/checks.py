"""What must hold of the books (核对规则), as statements that find what does not.


The database adds up; nothing but the differences comes here, so that a province's year needs no memory.
"""

from typing import NamedTuple


class Check(NamedTuple):
    """One thing that must hold (核对项). The statement gives what is wrong: whose, found, expected."""

    name: str
    statement: str


TOTAL = """
SELECT 'all' AS key, sum(debit)::text AS found, sum(credit)::text AS expected FROM posting
HAVING sum(debit) <> sum(credit)
"""

BY_GROUP = """
SELECT e.kind AS key, sum(p.debit)::text AS found, sum(p.credit)::text AS expected
FROM posting p JOIN journal_entry e ON e.id = p.entry_id GROUP BY e.kind HAVING sum(p.debit) <> sum(p.credit)
"""

BY_ENTRY = """
SELECT entry_id::text AS key, sum(debit)::text AS found, sum(credit)::text AS expected
FROM posting GROUP BY entry_id HAVING sum(debit) <> sum(credit)
"""

BOOKED = """
WITH moved AS (
  SELECT e.reference,
    COALESCE(sum(p.debit - p.credit) FILTER (WHERE a.kind = 'POOLED_CLEARING'), 0) AS pooled,
    COALESCE(sum(p.debit - p.credit) FILTER (WHERE a.kind = 'FURTHER_FUNDS_CLEARING'), 0) AS further,
    COALESCE(sum(p.debit - p.credit) FILTER (WHERE a.kind = 'MEMBER_ACCOUNT'), 0) AS accounts,
    COALESCE(sum(p.debit - p.credit) FILTER (WHERE a.kind = 'PHARMACY_CASH'), 0) AS cash,
    COALESCE(sum(p.credit - p.debit) FILTER (WHERE a.kind = 'PHARMACY_PAYABLE'), 0) AS payable
  FROM journal_entry e JOIN posting p ON p.entry_id = e.id JOIN account a ON a.id = p.account_id
  WHERE e.kind = '{kind}' GROUP BY e.reference
)
SELECT s.number AS key, concat_ws('/', m.pooled, m.further, m.accounts, m.cash, m.payable) AS found,
       concat_ws('/', s.pooled_fund, s.fund_total - s.pooled_fund, s.account + s.family_account, s.cash,
                 s.fund_total + s.account + s.family_account) AS expected
FROM {table} s LEFT JOIN moved m ON m.reference = s.number
WHERE s.total <> 0 AND (COALESCE(m.pooled, 0), COALESCE(m.further, 0), COALESCE(m.accounts, 0),
       COALESCE(m.cash, 0), COALESCE(m.payable, 0)) IS DISTINCT FROM
      ({sign} * s.pooled_fund, {sign} * (s.fund_total - s.pooled_fund),
       {sign} * (s.account + s.family_account), {sign} * s.cash,
       {sign} * (s.fund_total + s.account + s.family_account))
"""

LINES = """
WITH lines AS (
  SELECT settlement_id, sum(total) AS total, sum(full_self_pay) AS own,
         sum(over_limit_self_pay) AS over_limit, sum(advance_self_pay) AS advance, sum(eligible) AS eligible
  FROM settlement_line GROUP BY settlement_id
)
SELECT s.number AS key, l.total::text AS found, s.total::text AS expected
FROM settlement s LEFT JOIN lines l ON l.settlement_id = s.id
WHERE (l.total, l.own, l.over_limit, l.advance, l.eligible) IS DISTINCT FROM
      (s.total, s.full_self_pay, s.over_limit_self_pay, s.advance_self_pay, s.eligible)
"""

BALANCES = """
WITH moved AS (SELECT account_id, sum(credit - debit) AS moved FROM posting GROUP BY account_id)
SELECT a.owner AS key, a.balance::text AS found, COALESCE(m.moved, 0)::text AS expected
FROM account a LEFT JOIN moved m ON m.account_id = a.id
WHERE a.kind = 'MEMBER_ACCOUNT' AND a.balance IS DISTINCT FROM COALESCE(m.moved, 0)
"""

CLAIM_SUMS = """
WITH items AS (
  SELECT claim_id, count(settlement_id) AS settlements, count(reversal_id) AS reversals, sum(total) AS total,
         sum(pooled) AS pooled, sum(further) AS further, sum(account) AS account, sum(cut) AS cut
  FROM clearing_item GROUP BY claim_id
)
SELECT c.number AS key, concat_ws('/', c.total, c.pooled, c.further, c.account, c.cut) AS found,
       concat_ws('/', i.total, i.pooled, i.further, i.account, i.cut) AS expected
FROM clearing_claim c LEFT JOIN items i ON i.claim_id = c.id
WHERE (c.settlements, c.reversals, c.total, c.pooled, c.further, c.account, c.cut) IS DISTINCT FROM
      (i.settlements, i.reversals, i.total, i.pooled, i.further, i.account, i.cut)
"""

CLAIMED = """
SELECT s.number AS key, concat_ws('/', i.total, i.pooled, i.further, i.account) AS found,
       concat_ws('/', s.total, s.pooled_fund, s.fund_total - s.pooled_fund,
                 s.account + s.family_account) AS expected
FROM {table} s LEFT JOIN clearing_item i ON i.{table}_id = s.id
WHERE (i.total, i.pooled, i.further, i.account) IS DISTINCT FROM
  ({sign} * s.total, {sign} * s.pooled_fund, {sign} * (s.fund_total - s.pooled_fund),
   {sign} * (s.account + s.family_account))
"""

CLAIM_MONTH = """
SELECT i.number AS key, c.month::text AS found, i.happened_at::text AS expected
FROM clearing_item i JOIN clearing_claim c ON c.id = i.claim_id
WHERE date_trunc('month', i.happened_at AT TIME ZONE 'Asia/Shanghai')::date <> c.month
"""

CLAIMS_BOOKED = """
WITH moved AS (
  SELECT e.reference,
    sum(p.debit) FILTER (WHERE a.kind = 'PHARMACY_PAYABLE') AS out,
    sum(p.credit) FILTER (WHERE a.kind = 'PHARMACY_PAYABLE') AS back,
    COALESCE(sum(p.debit - p.credit) FILTER (WHERE a.kind = 'POOLED_EXPENSE'), 0) AS pooled,
    COALESCE(sum(p.debit - p.credit) FILTER (WHERE a.kind = 'ACCOUNT_EXPENSE'), 0) AS account
  FROM journal_entry e JOIN posting p ON p.entry_id = e.id JOIN account a ON a.id = p.account_id
  WHERE e.kind = 'CLEARING' GROUP BY e.reference
)
SELECT c.number AS key,
       concat_ws('/', COALESCE(m.out, 0) - COALESCE(m.back, 0), m.pooled, m.account) AS found,
       concat_ws('/', c.pooled + c.further + c.account, c.pooled - c.cut, c.account) AS expected
FROM clearing_claim c LEFT JOIN moved m ON m.reference = c.number
WHERE c.state = 'PAID' AND
  (COALESCE(m.out, 0) - COALESCE(m.back, 0), COALESCE(m.pooled, 0), COALESCE(m.account, 0)) IS DISTINCT FROM
  (c.pooled + c.further + c.account, c.pooled - c.cut, c.account)
"""

ATTRIBUTED = """
WITH gone AS (
  SELECT l.settlement_line_id FROM reversal_line l
), sold AS (
  SELECT s.id, sum(l.total) FILTER (WHERE NOT d.is_dual_channel) AS cost,
         COALESCE(sum(l.total) FILTER (
           WHERE NOT d.is_dual_channel AND g.settlement_line_id IS NOT NULL), 0) AS back
  FROM settlement s JOIN settlement_line l ON l.settlement_id = s.id JOIN drug d ON d.code = l.drug_code
  LEFT JOIN gone g ON g.settlement_line_id = l.id WHERE s.budget_cost IS NOT NULL GROUP BY s.id
), taken AS (SELECT settlement_id, sum(budget_cost) AS cost FROM reversal GROUP BY settlement_id)
SELECT s.number AS key, concat_ws('/', s.budget_cost, t.cost) AS found,
       concat_ws('/', o.cost, o.back) AS expected
FROM settlement s JOIN sold o ON o.id = s.id LEFT JOIN taken t ON t.settlement_id = s.id
WHERE s.budget_cost <> COALESCE(o.cost, 0) OR COALESCE(t.cost, 0) <> o.back
"""

CHECKS = (
    Check("all debits are all credits", TOTAL),
    Check("debits are credits by kind of entry", BY_GROUP),
    Check("every entry balances", BY_ENTRY),
    Check("settlements are what was booked", BOOKED.format(kind="SETTLEMENT", table="settlement", sign="1")),
    Check("reversals are what was booked", BOOKED.format(kind="REVERSAL", table="reversal", sign="-1")),
    Check("settlements are the sums of their lines", LINES),
    Check("members' balances are their movements", BALANCES),
    Check("claims are the sums of their items", CLAIM_SUMS),
    Check("each settlement is claimed once", CLAIMED.format(table="settlement", sign="1")),
    Check("each reversal is claimed once", CLAIMED.format(table="reversal", sign="-1")),
    Check("each is claimed in its month", CLAIM_MONTH),
    Check("claims are what was booked", CLAIMS_BOOKED),
    Check("attributed cost is what the lines cost", ATTRIBUTED),
)
