"""When a face is taken for the one on record (人脸比对): engines, bands, and what several say together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policy.parameters import parameter
from policy.parameters.files import ROWS
from policy.terms import Verdict

PLAIN, CENTRED, COSINE = "l2-mirrored", "cosine-centred-mirrored", "cosine"
METRICS = {"dlib": (PLAIN, CENTRED), "sface": (COSINE,)}
"""What each engine's distances are measured in; a mean of enrolled faces is taken off in the centred one."""


@dataclass(frozen=True, slots=True)
class Band:
    """Up to where a distance of one metric is a match, and uncertain (阈值); each limit belongs to its band.

    Below `copy_below` the two pictures are one: nobody looks that much like himself.
    """

    metric: str
    match_max: Decimal
    uncertain_max: Decimal
    copy_below: Decimal
    version: str

    def verdict(self, distance: Decimal) -> Verdict:
        """The verdict (核验结论) of a distance."""
        if self.is_copy(distance):
            return Verdict.UNCERTAIN
        if distance <= self.match_max:
            return Verdict.MATCH
        return Verdict.UNCERTAIN if distance <= self.uncertain_max else Verdict.NO_MATCH

    def is_copy(self, distance: Decimal) -> bool:
        """Whether a picture of the picture was shown (疑似翻拍)."""
        return distance < self.copy_below


@dataclass(frozen=True, slots=True)
class FaceLaw:
    """What holds for face checks in an area on a day (人脸核验参数)."""

    area: str
    engines: tuple[str, ...]
    bands: tuple[Band, ...]
    mean_people_min: int

    def band(self, metric: str) -> Band:
        """The band (阈值) of a metric."""
        return next(band for band in self.bands if band.metric == metric)


def face_law(area: str, on: date) -> FaceLaw:
    """What holds for face checks there and then (人脸核验参数); `ParameterNotFound` when nobody set it."""
    engines = engines_of(parameter("face_engines", area, on=on).words)
    return FaceLaw(
        area=area,
        engines=engines,
        bands=tuple(band_of(metric, area, on) for engine in engines for metric in METRICS[engine]),
        mean_people_min=parameter("face_mean_people_min", area, on=on).count,
    )


def band_of(metric: str, area: str, on: date) -> Band:
    """The band (阈值) of a metric there and then; its version names its limits and where they were set."""
    match = parameter("face_match_max", area, on=on, metric=metric)
    uncertain = parameter("face_uncertain_max", area, on=on, metric=metric)
    copy = parameter("face_copy_below", area, on=on, metric=metric)
    since = max(match.since, uncertain.since, copy.since)
    version = f"{metric} {match.amount}/{uncertain.amount} {match.area}@{since}"
    return Band(metric, match.amount, uncertain.amount, copy.amount, version)


def engines_of(words: Iterable[str]) -> tuple[str, ...]:
    """The engines (人脸引擎) that a parameter names, all of them known."""
    engines = tuple(dict.fromkeys(words))
    if unknown := set(engines) - METRICS.keys():
        raise ValueError(f"face_engines names {sorted(unknown)}; there are {sorted(METRICS)}.")
    if not engines:
        raise ValueError("face_engines names no engine; name one at least.")
    return engines


def engines_from(on: date) -> tuple[str, ...]:
    """Every engine that some area uses on that day or later (所需引擎): what a worker must load."""
    rows = [row for (_, name), rows in ROWS.items() if name == "face_engines" for row in rows]
    named = {word for row in rows if row.until is None or on <= row.until for word in row.words}
    return engines_of(sorted(named))


def joint_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """What several engines say together (联合结论, YL-FACE): without one voice a person decides."""
    first, *others = verdicts
    return first if all(other is first for other in others) else Verdict.UNCERTAIN
