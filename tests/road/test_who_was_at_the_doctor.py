"""Shanxi: seen with a credential, by a doctor who verified who it was (SX-7, SX-8)."""

import pytest

from ops.client import Refused
from ops.road import SHANXI
from tests.house import House
from tests.road.walk import Walk


@pytest.mark.parametrize(
    ("said", "rule"),
    [({"credential": "ID_CARD"}, "SX-7"), ({"identityVerified": False}, "SX-8")],
    ids=["仅凭身份证就诊", "医生未核验身份"],
)
async def test_a_visit_without_it_is_refused_at_upload(
    house: House, said: dict[str, object], rule: str
) -> None:
    walk = Walk(house, SHANXI)

    with pytest.raises(Refused) as refused:
        await walk.upload(**said)

    assert [one["rule"] for one in refused.value.violations] == [rule]
