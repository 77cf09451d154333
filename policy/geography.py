"""Places on the map (地理位置): coordinate systems, distances, and the projection used for nearest searches.

The offsets of GCJ-02 and BD-09 were never published by their makers; the formulas here are the ones in
general public use, which agree with the maps to within a metre or two.
"""

from collections.abc import Callable
from enum import StrEnum
from math import asinh, atan2, cos, degrees, hypot, isfinite, pi, radians, sin, sinh, sqrt, tan
from typing import NamedTuple

EARTH_RADIUS_M = 6371008.8

# The ellipsoid of Krasovsky 1940, on which the GCJ-02 offset is computed.
_SEMI_MAJOR_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323

_BD09_ANGLE = pi * 3000.0 / 180.0
_BD09_LONGITUDE_SHIFT = 0.0065
_BD09_LATITUDE_SHIFT = 0.006

# The box outside of which maps carry no offset.
_OFFSET_WEST, _OFFSET_EAST = 72.004, 137.8347
_OFFSET_SOUTH, _OFFSET_NORTH = 0.8293, 55.8271

_INVERSE_ROUNDS = 10


class CoordinateSystem(StrEnum):
    """Coordinate system of a position (坐标系): 国测局坐标, GPS, 百度坐标."""

    GCJ02 = "GCJ02"
    WGS84 = "WGS84"
    BD09 = "BD09"


class Point(NamedTuple):
    """A position in degrees (经纬度), longitude first."""

    longitude: float
    latitude: float


def is_position(longitude: float, latitude: float) -> bool:
    """Whether two numbers can be a position on the globe (合法经纬度); NaN and infinity cannot."""
    return isfinite(longitude) and isfinite(latitude) and abs(longitude) <= 180.0 and abs(latitude) <= 90.0


def to_gcj02(longitude: float, latitude: float, system: CoordinateSystem) -> Point:
    """The position in GCJ-02 (国测局坐标), the one system used inside."""
    point = _checked(longitude, latitude)
    if system is CoordinateSystem.WGS84:
        return _shifted(point)
    if system is CoordinateSystem.BD09:
        return _from_bd09(point)
    return point


def from_gcj02(longitude: float, latitude: float, system: CoordinateSystem) -> Point:
    """The GCJ-02 position in another system (国测局坐标转出)."""
    point = _checked(longitude, latitude)
    if system is CoordinateSystem.WGS84:
        return _inverse(_shifted, point)
    if system is CoordinateSystem.BD09:
        return _inverse(_from_bd09, point)
    return point


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The distance of two positions along the sphere, in metres (球面距离); longitude first in both."""
    half_height = radians(b[1] - a[1]) / 2.0
    half_width = radians(b[0] - a[0]) / 2.0
    chord = sin(half_height) ** 2 + cos(radians(a[1])) * cos(radians(b[1])) * sin(half_width) ** 2
    # atan2 keeps its precision where asin loses it, and rounding may lift chord a hair above 1.
    return 2.0 * EARTH_RADIUS_M * atan2(sqrt(chord), sqrt(max(0.0, 1.0 - chord)))


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """The position on the plane (墨卡托投影), in metres of the equator: Mercator on the sphere.

    A metre on the ground is `projection_scale(latitude)` units of the plane, in every direction alike. So the
    nearest on the plane is the nearest on the ground as long as places lie at about one latitude (within
    20 km the order can differ only between places whose distances differ by less than 0.3 %).
    """
    point = _checked(longitude, latitude)
    return EARTH_RADIUS_M * radians(point.longitude), EARTH_RADIUS_M * asinh(tan(radians(point.latitude)))


def unproject(x: float, y: float) -> Point:
    """The position of a point of the plane (墨卡托反投影)."""
    return Point(degrees(x / EARTH_RADIUS_M), degrees(atan2(sinh(y / EARTH_RADIUS_M), 1.0)))


def projection_scale(latitude: float) -> float:
    """How many units of the plane a metre on the ground takes at a latitude (投影比例): 1/cos(latitude)."""
    return 1.0 / cos(radians(latitude))


def _checked(longitude: float, latitude: float) -> Point:
    if not is_position(longitude, latitude):
        raise ValueError(
            f"Longitude {longitude}, latitude {latitude} is no position: "
            "longitude lies in -180..180, latitude in -90..90."
        )
    return Point(longitude, latitude)


def _shifted(point: Point) -> Point:
    """The GCJ-02 position of a WGS-84 one (GPS 转国测局)."""
    inside = (
        _OFFSET_WEST <= point.longitude <= _OFFSET_EAST and _OFFSET_SOUTH <= point.latitude <= _OFFSET_NORTH
    )
    if not inside:
        return point
    east, north = _offset_m(point.longitude - 105.0, point.latitude - 35.0)
    angle = radians(point.latitude)
    flattening = 1.0 - _ECCENTRICITY_SQUARED * sin(angle) ** 2
    meridian_radius = _SEMI_MAJOR_AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / (flattening * sqrt(flattening))
    parallel_radius = _SEMI_MAJOR_AXIS_M / sqrt(flattening) * cos(angle)
    return Point(
        point.longitude + degrees(east / parallel_radius), point.latitude + degrees(north / meridian_radius)
    )


def _offset_m(x: float, y: float) -> tuple[float, float]:
    """The offset towards east and north in metres, `x` and `y` in degrees from 105°E 35°N (加偏量)."""
    ripple = 20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)
    root = sqrt(abs(x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += 2.0 / 3.0 * (ripple + _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0)))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += 2.0 / 3.0 * (ripple + _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0)))
    return east, north


def _waves(value: float, *waves: tuple[float, float]) -> float:
    return sum(height * sin(value * pi / length) for height, length in waves)


def _from_bd09(point: Point) -> Point:
    """The GCJ-02 position of a BD-09 one (百度转国测局)."""
    x = point.longitude - _BD09_LONGITUDE_SHIFT
    y = point.latitude - _BD09_LATITUDE_SHIFT
    radius = hypot(x, y) - 0.00002 * sin(y * _BD09_ANGLE)
    angle = atan2(y, x) - 0.000003 * cos(x * _BD09_ANGLE)
    return Point(radius * cos(angle), radius * sin(angle))


def _inverse(forward: Callable[[Point], Point], wanted: Point) -> Point:
    """The position that `forward` carries to `wanted` (迭代求逆); as offsets vary slowly, rounds converge."""
    guess = wanted
    for _ in range(_INVERSE_ROUNDS):
        reached = forward(guess)
        guess = Point(
            guess.longitude + wanted.longitude - reached.longitude,
            guess.latitude + wanted.latitude - reached.latitude,
        )
    return guess
