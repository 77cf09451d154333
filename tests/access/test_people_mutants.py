"""Each line of the access code that holds somebody back is missed when it is gone."""

import pytest

from ops.client import Client
from policy.terms import FillState
from tests.access.looking import wrong_doors, wrongs
from tests.access.mutants import Mutant, in_place, mutants
from tests.house import House


async def is_noticed(house: House, clients: dict[str, Client], fills: dict[str, str]) -> bool:
    """Whether anything is not as the table says."""
    async for _ in wrong_doors(clients, fills):
        return True
    for state in (FillState.DECLINED, FillState.SETTLED):
        async for _ in wrongs(house, clients, fills, state):
            return True
    return False


@pytest.mark.parametrize("mutant", list(mutants()), ids=str)
async def test_a_line_less_in_the_access_code_is_noticed(
    house: House, clients: dict[str, Client], fills: dict[str, str], mutant: Mutant
) -> None:
    with in_place(mutant):
        noticed = await is_noticed(house, clients, fills)

    assert noticed, f"without line {mutant} every cell is as before"


def test_the_lines_that_hold_somebody_back_are_found() -> None:
    assert len(list(mutants())) >= 24
