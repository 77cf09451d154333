"""What an identity check gives to those who asked for it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engines.pictures import Reason
from policy.terms import Verdict


@dataclass(frozen=True)
class Encoded:
    """The encoding of one picture's face (人脸特征), and what the picture was like."""

    encoding: list[float] = field(repr=False)
    quality: dict[str, Any]


@dataclass(frozen=True)
class FaceResult:
    """The outcome of one identity check (人脸核验结果).

    `reason` stands with UNUSABLE only; `advice` is for the clerk and empty after a match.
    `distance` is in the metric that `quality["metric"]` names.
    """

    verdict: Verdict
    distance: Decimal | None
    reason: Reason | None
    advice: str
    engine: str
    model_version: str
    bands_version: str
    quality: dict[str, Any]
