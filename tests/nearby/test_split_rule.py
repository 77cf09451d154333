"""The fewest pharmacies that together have everything."""

from itertools import combinations
from random import Random

from policy.split import EXACT_MAX, Shop, propose


def shop(code: str, distance: int, *drugs: str) -> Shop:
    """A pharmacy with these drugs."""
    return Shop(code, distance, frozenset(drugs))


def test_one_that_has_everything_is_enough_though_others_are_nearer() -> None:
    shops = [shop("A", 10, "x"), shop("B", 20, "y"), shop("C", 900, "x", "y")]

    found = propose(["x", "y"], shops)

    assert found.parts == {"C": ["x", "y"]}
    assert found.missing == []


def test_of_equals_the_shorter_way_wins_and_each_drug_is_bought_once() -> None:
    shops = [shop("A", 10, "x", "y"), shop("B", 500, "y", "z"), shop("C", 400, "z")]

    found = propose(["x", "y", "z"], shops)

    assert found.parts == {"A": ["x", "y"], "C": ["z"]}


def test_what_nobody_has_is_named_and_the_rest_proposed() -> None:
    found = propose(["x", "y"], [shop("A", 10, "x")])

    assert found.parts == {"A": ["x"]}
    assert found.missing == ["y"]
    assert propose(["x"], []).missing == ["x"]


def test_no_smaller_set_exists_whatever_the_shelves() -> None:
    chance = Random(14)
    for _ in range(200):
        drugs = [f"d{number}" for number in range(chance.randint(1, 6))]
        shops = [
            shop(f"S{number}", chance.randint(1, 50), *(drug for drug in drugs if chance.random() < 0.4))
            for number in range(chance.randint(1, 8))
        ]
        had = frozenset[str]().union(*(one.drugs for one in shops))

        found = propose(drugs, shops)

        assert sorted(drug for part in found.parts.values() for drug in part) == sorted(had)
        assert all(found.parts.values())
        fewer = combinations(shops, max(0, len(found.parts) - 1))
        assert not had or all(frozenset[str]().union(*(one.drugs for one in some)) != had for some in fewer)


def test_many_drugs_are_covered_too() -> None:
    drugs = [f"d{number}" for number in range(EXACT_MAX + 8)]
    shops = [shop(f"S{number}", number, *drugs[number : number + 3]) for number in range(len(drugs))]

    found = propose(drugs, shops)

    assert sorted(drug for part in found.parts.values() for drug in part) == sorted(drugs)
