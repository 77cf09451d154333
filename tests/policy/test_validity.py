"""How long a prescription is valid, to the second."""

from datetime import UTC, datetime, timedelta

import pytest

from policy.calendar import SHANGHAI
from policy.parameter import ParameterNotFound
from policy.validity import end_of_term, expires_at, validity, validity_violation
from tests.policy.sample_facts import FUZHOU, TAIYUAN


def at(text: str) -> datetime:
    """An instant by Shanghai's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_fujian_counts_seventy_two_hours_from_the_instant() -> None:
    uploaded = at("2026-03-13 09:30:00.250000")

    expiry = expires_at(uploaded, FUZHOU)

    assert expiry == at("2026-03-16 09:30:00.250000")
    assert validity_violation(uploaded, FUZHOU, expiry - timedelta(microseconds=1)) is None
    assert validity_violation(uploaded, FUZHOU, expiry) is not None


def test_shanxi_counts_through_the_third_day_after() -> None:
    for uploaded in ("2026-03-13 00:00:00", "2026-03-13 23:59:59"):
        assert expires_at(at(uploaded), TAIYUAN) == at("2026-03-17 00:00:00")


def test_shanxis_day_of_upload_is_a_day_in_shanghai() -> None:
    uploaded = datetime(2026, 3, 12, 16, 0, tzinfo=UTC)

    assert expires_at(uploaded, TAIYUAN) == at("2026-03-17 00:00:00")


def test_shanxis_three_days_can_be_counted_as_elapsed() -> None:
    uploaded = at("2026-03-13 10:00:00")

    assert end_of_term(uploaded, validity(uploaded, TAIYUAN), "elapsed") == at("2026-03-16 10:00:00")


def test_the_refusal_says_the_limit_the_fact_and_the_article() -> None:
    found = validity_violation(at("2026-03-13 09:30:00"), FUZHOU, at("2026-03-16 10:30:00"))

    assert found is not None
    assert found.message == "处方已于2026-03-16 09:30:00失效。"
    assert (found.rule, found.basis) == ("FJ-5.2", "闽医保规〔2023〕6号 五（二）")
    assert (found.limit, found.actual) == ("72 小时", "2026-03-16 10:30:00")


def test_a_prescription_keeps_the_term_of_its_upload_day() -> None:
    uploaded = at("2026-12-31 23:59:59")

    assert expires_at(uploaded, FUZHOU) == at("2027-01-03 23:59:59")
    with pytest.raises(ParameterNotFound):
        expires_at(uploaded + timedelta(seconds=1), FUZHOU)
