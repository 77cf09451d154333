"""Comparing two encodings (人脸比对): a distance, and the band it lies in. Pure."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy.terms import Verdict

LENGTH = 128
STEP = Decimal("0.0001")

Encoding = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """Up to where a distance of one metric is a match, and uncertain (阈值)."""

    metric: str
    match_max: Decimal
    uncertain_max: Decimal

    def verdict(self, distance: Decimal) -> Verdict:
        """The verdict (核验结论) of a distance; each limit belongs to its band."""
        if distance <= self.match_max:
            return Verdict.MATCH
        return Verdict.UNCERTAIN if distance <= self.uncertain_max else Verdict.NO_MATCH


@dataclass(frozen=True)
class Bands:
    """The bands in force, the engine they were measured with, and their version (阈值表)."""

    version: str
    engine: str
    plain: Band
    centred: Band
    site_min: int


def bands_of(document: dict[str, Any]) -> Bands:
    """The bands (阈值表) that a TOML document holds."""
    plain, centred = document["plain"], document["centred"]
    return Bands(
        version=document["version"],
        engine=document["engine"],
        plain=Band(plain["metric"], plain["match_max"], plain["uncertain_max"]),
        centred=Band(centred["metric"], centred["match_max"], centred["uncertain_max"]),
        site_min=centred["site_min"],
    )


BANDS = bands_of(
    tomllib.loads((files(__package__) / "bands.toml").read_text(encoding="utf-8"), parse_float=Decimal)
)


@dataclass(frozen=True)
class Comparison:
    """What a comparison found (比对结果)."""

    verdict: Verdict
    distance: Decimal
    metric: str


def compare(
    live: Encoding, reference: Encoding, site: Sequence[Encoding] = (), bands: Bands = BANDS
) -> Comparison:
    """Compare the person present with the reference (人脸比对).

    `site` holds the encodings of other enrolled people of the site; from `site_min` of them on, their mean
    is taken off both sides.
    """
    first, second = _vector(live), _vector(reference)
    if len(site) >= bands.site_min:
        mean = template(site)
        return _judged(bands.centred, _cosine_distance(first - mean, second - mean))
    return _judged(bands.plain, float(np.linalg.norm(first - second)))


def template(encodings: Sequence[Encoding]) -> NDArray[np.float64]:
    """The mean of several encodings (特征均值), of one person or of a site."""
    mean: NDArray[np.float64] = np.mean([_vector(encoding) for encoding in encodings], axis=0)
    return mean


def _judged(band: Band, distance: float) -> Comparison:
    # Rounded before it is judged, so that the verdict follows from the distance that is kept.
    rounded = Decimal(distance).quantize(STEP)
    return Comparison(band.verdict(rounded), rounded, band.metric)


def _cosine_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    # An encoding on the site's mean has no direction, so nothing speaks for a match.
    return 1.0 - float(first @ second) / lengths if lengths else 1.0


def _vector(encoding: Encoding) -> NDArray[np.float64]:
    vector = np.asarray(encoding, dtype=np.float64)
    if vector.shape != (LENGTH,) or not np.isfinite(vector).all():
        raise ValueError(f"An encoding is {LENGTH} finite numbers, not an array of shape {vector.shape}.")
    return vector
