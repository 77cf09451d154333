"""Dispensing (配药): claiming, reviewing, settling at a pharmacy."""

from policy.dispensing.claim import check_claim
from policy.dispensing.facts import (
    ClaimLine,
    IdentityFacts,
    PharmacistFacts,
    PharmacyFacts,
    PricedLine,
    ScannedCard,
    SplitFacts,
    TracedLine,
)
from policy.dispensing.identity import check_card, check_identity, is_manual_often
from policy.dispensing.reversal import check_reversal
from policy.dispensing.review import check_review
from policy.dispensing.settlement import check_prices, check_settlement, check_traces

__all__ = [
    "ClaimLine",
    "IdentityFacts",
    "PharmacistFacts",
    "PharmacyFacts",
    "PricedLine",
    "ScannedCard",
    "SplitFacts",
    "TracedLine",
    "check_card",
    "check_claim",
    "check_identity",
    "check_prices",
    "check_reversal",
    "check_review",
    "check_settlement",
    "check_traces",
    "is_manual_often",
]
