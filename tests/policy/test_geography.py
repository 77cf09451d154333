"""Coordinate systems, distances and the projection."""

from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.geography import (
    EARTH_RADIUS_M,
    CoordinateSystem,
    Point,
    distance_m,
    from_gcj02,
    is_position,
    project,
    projection_scale,
    to_gcj02,
    unproject,
)

GULOU = Point(119.303917, 26.081983)
YINGZE = Point(112.5634, 37.863451)

in_china = st.builds(Point, st.floats(74.0, 134.0), st.floats(18.5, 53.0))
bounded = settings(derandomize=True, max_examples=200, deadline=None)


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        pytest.param((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), id="上海"),
        pytest.param((113.912316, 22.543847), (113.9171764808363, 22.540796131694766), id="深圳"),
        pytest.param((116.377817, 39.911954), (116.38404722455657, 39.91334545536069), id="北京"),
        pytest.param((116.404, 39.915), (116.41024449916938, 39.91640428150164), id="天安门一带"),
    ],
)
def test_gps_positions_get_the_offset_of_published_pairs(
    wgs84: tuple[float, float], gcj02: tuple[float, float]
) -> None:
    found = to_gcj02(*wgs84, CoordinateSystem.WGS84)

    assert distance_m(found, gcj02) < 0.05


def test_baidu_positions_come_back_to_the_published_pair() -> None:
    found = to_gcj02(116.404, 39.915, CoordinateSystem.BD09)

    assert distance_m(found, (116.39762729119315, 39.90865673957631)) < 0.05


def test_a_position_already_in_gcj02_stays_as_it_is() -> None:
    assert to_gcj02(*GULOU, CoordinateSystem.GCJ02) == GULOU
    assert from_gcj02(*GULOU, CoordinateSystem.GCJ02) == GULOU


@pytest.mark.parametrize("place", [pytest.param(GULOU, id="福州鼓楼"), pytest.param(YINGZE, id="太原迎泽")])
def test_the_offset_is_some_hundred_metres_in_both_provinces(place: Point) -> None:
    moved = distance_m(place, to_gcj02(*place, CoordinateSystem.WGS84))

    assert 100.0 < moved < 900.0


@pytest.mark.parametrize(
    "place",
    [
        pytest.param((139.767, 35.681), id="东京"),
        pytest.param((-0.1276, 51.5072), id="伦敦"),
        pytest.param((151.209, -33.868), id="悉尼"),
    ],
)
def test_places_outside_china_carry_no_offset(place: tuple[float, float]) -> None:
    assert to_gcj02(*place, CoordinateSystem.WGS84) == place


@pytest.mark.parametrize("system", list(CoordinateSystem))
@given(place=in_china)
@bounded
def test_there_and_back_moves_less_than_a_millimetre(system: CoordinateSystem, place: Point) -> None:
    there = to_gcj02(*place, system)

    assert distance_m(from_gcj02(*there, system), place) < 0.001


def test_a_quarter_of_the_meridian_has_its_known_length() -> None:
    quarter = EARTH_RADIUS_M * 3.141592653589793 / 2

    assert distance_m((0.0, 0.0), (0.0, 90.0)) == pytest.approx(quarter)
    assert distance_m((0.0, 0.0), (180.0, 0.0)) == pytest.approx(2 * quarter)


def test_distances_are_right_across_the_date_line() -> None:
    assert distance_m((179.999, 0.0), (-179.999, 0.0)) == pytest.approx(222.39, abs=0.01)


def test_fuzhou_is_about_1455_kilometres_from_taiyuan() -> None:
    assert distance_m(GULOU, YINGZE) == pytest.approx(1_455_000, rel=0.01)


@given(a=in_china, b=in_china)
@bounded
def test_distance_is_the_same_both_ways_and_nought_to_itself(a: Point, b: Point) -> None:
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))
    assert distance_m(a, a) == 0.0


@given(place=in_china)
@bounded
def test_the_plane_gives_the_position_back(place: Point) -> None:
    assert distance_m(unproject(*project(*place)), place) < 0.001


@given(place=in_china, east=st.floats(-0.02, 0.02), north=st.floats(-0.02, 0.02))
@bounded
def test_the_plane_stretches_alike_in_every_direction(place: Point, east: float, north: float) -> None:
    other = Point(place.longitude + east, place.latitude + north)
    x, y = project(*place)
    other_x, other_y = project(*other)

    on_plane = ((x - other_x) ** 2 + (y - other_y) ** 2) ** 0.5

    on_ground = distance_m(place, other) * projection_scale((place.latitude + other.latitude) / 2)
    assert on_plane == pytest.approx(on_ground, rel=0.001, abs=0.01)


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(181.0, 0.0), (0.0, 90.5), (nan, 0.0), (0.0, inf), (-180.5, 0.0)]
)
def test_numbers_that_are_no_position_are_refused_with_their_bounds(
    longitude: float, latitude: float
) -> None:
    assert not is_position(longitude, latitude)
    with pytest.raises(ValueError, match=r"-180\.\.180"):
        to_gcj02(longitude, latitude, CoordinateSystem.WGS84)
    with pytest.raises(ValueError, match=r"-90\.\.90"):
        project(longitude, latitude)


@pytest.mark.parametrize("latitude", [-90.0, -89.9999, 0.0, 89.9999, 90.0])
def test_the_poles_break_nothing(latitude: float) -> None:
    assert unproject(*project(30.0, latitude)).latitude == pytest.approx(latitude, abs=1e-6)
