"""Ten thousand bills of each region satisfy every identity."""

from collections import Counter

import pytest

from policy.benefit import settle
from tests.policy.identities import broken_identities
from tests.policy.random_bills import AREAS, bills

MANY = 10_000


@pytest.mark.parametrize("region", AREAS)
def test_ten_thousand_random_bills_satisfy_every_identity(region: str) -> None:
    kinds: Counter[str] = Counter()

    for facts in bills(region, MANY):
        found = settle(facts)
        assert not (broken := broken_identities(facts, found)), (broken, facts)
        kinds["paid" if found.hifp_pay else "nothing paid"] += 1
        kinds["overflowing"] += len(found.uses) > 1
        kinds["at the limit"] += found.limit_left == 0

    # the bills show what the engine can do
    assert kinds["paid"] > MANY // 4, kinds
    assert kinds["nothing paid"] > MANY // 10, kinds
    assert kinds["at the limit"] > MANY // 20, kinds
    assert (kinds["overflowing"] > MANY // 20) == (region == "shanxi"), kinds
