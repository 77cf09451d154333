"""Comparing two vectors of one engine (人脸比对): a distance, and the band it lies in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from policy.faces import CENTRED, COSINE, PLAIN, Band, FaceLaw
from policy.terms import Verdict

LENGTH = 128
STEP = Decimal("0.0001")

Vector = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True)
class Mean:
    """The mean of an area's enrolled faces (人脸特征均值), and which one it is."""

    version: int
    vector: Vector = field(repr=False)


@dataclass(frozen=True)
class Comparison:
    """What a comparison found (比对结果)."""

    verdict: Verdict
    distance: Decimal
    band: Band


def metric_of(engine: str, mean: Mean | None) -> str:
    """What the engine's distances are measured in (距离度量)."""
    if engine == "sface":
        return COSINE
    return CENTRED if mean else PLAIN


def compare(engine: str, live: Vector, reference: Vector, law: FaceLaw, mean: Mean | None) -> Comparison:
    """Compare the person present with the reference (人脸比对)."""
    band = law.band(metric_of(engine, mean))
    # Rounded before it is judged, so that the verdict follows from the distance that is kept.
    rounded = Decimal(distance_of(engine, live, reference, mean)).quantize(STEP)
    return Comparison(band.verdict(rounded), rounded, band)


def distance_of(engine: str, live: Vector, reference: Vector, mean: Mean | None = None) -> float:
    """How far two faces lie apart (人脸距离), in the metric of `metric_of`."""
    first, second = vector(live), vector(reference)
    if metric_of(engine, mean) == PLAIN:
        return float(np.linalg.norm(first - second))
    if mean is not None:
        centre = vector(mean.vector)
        first, second = first - centre, second - centre
    return _cosine_distance(first, second)


def template(vectors: Sequence[Vector]) -> NDArray[np.float64]:
    """The mean of several vectors of one person (特征均值)."""
    mean: NDArray[np.float64] = np.mean([vector(one) for one in vectors], axis=0)
    return mean


def _cosine_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    # A face on the mean of all has no direction, so nothing speaks for a match.
    return 1.0 - float(first @ second) / lengths if lengths else 1.0


def vector(numbers: Vector) -> NDArray[np.float64]:
    """The numbers of a face, checked (人脸特征): 128 finite ones."""
    found = np.asarray(numbers, dtype=np.float64)
    if found.shape != (LENGTH,) or not np.isfinite(found).all():
        raise ValueError(f"A face is {LENGTH} finite numbers, not an array of shape {found.shape}.")
    return found
