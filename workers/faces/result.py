"""What the engines see on a picture, and what an identity check gives to those who asked for it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from engines.pictures import Reason
from policy.terms import Verdict
from workers.faces.quality import Figures


@dataclass(frozen=True)
class Seen:
    """What one engine sees of the face on a picture (人脸特征), and what the picture was like."""

    vector: list[float] = field(repr=False)
    quality: Figures


Sight = Mapping[str, Seen | Reason]
"""What each engine sees on a picture, or why it sees nothing (各引擎所见)."""


@dataclass(frozen=True)
class Finding:
    """What one engine found (单引擎结果); `mean` is the version of the mean that was taken off."""

    engine: str
    model_version: str
    verdict: Verdict
    metric: str
    distance: Decimal
    bands_version: str
    mean: int | None
    quality: Figures

    def as_row(self) -> dict[str, object]:
        """The form in which it is kept with the check (存档格式): plain JSON."""
        return asdict(self) | {"verdict": str(self.verdict), "distance": str(self.distance)}


@dataclass(frozen=True)
class FaceResult:
    """The outcome of one identity check (人脸核验结果).

    `reason` stands with UNUSABLE, which has no findings, and with ENROLMENT_UNCONFIRMED; `advice` is for the
    clerk, empty after a match.
    """

    verdict: Verdict
    reason: Reason | None
    advice: str
    findings: tuple[Finding, ...] = ()
