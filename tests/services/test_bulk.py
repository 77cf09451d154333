"""Many rows at once: what their ids are."""

from datetime import UTC, datetime, timedelta
from itertools import islice

from services.bulk import new_ids

NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)


def test_ids_are_given_in_order_and_those_of_a_later_moment_come_after() -> None:
    early, late = (list(islice(new_ids(at), 1000)) for at in (NOON, NOON + timedelta(milliseconds=1)))

    assert [*early, *late] == sorted({*early, *late})
    assert {one.version for one in early} == {7}
    assert {one.int >> 80 for one in early} == {int(NOON.timestamp() * 1000)}


def test_two_writers_of_one_moment_give_different_ids() -> None:
    assert not set(islice(new_ids(NOON), 1000)) & set(islice(new_ids(NOON), 1000))
