"""Labelled pairs of faces, and the errors counted on them."""

from pathlib import Path

import pytest

from bench.face_pairs import BadFolder, Rate, pairs_of, rates


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a picture")


def test_sub_folders_of_people_make_every_pair(tmp_path: Path) -> None:
    for name in ("王/1.jpg", "王/2.JPG", "李/1.png", "李/notes.txt"):
        picture(tmp_path / name)

    pairs = pairs_of(tmp_path)

    assert [pair.is_same for pair in pairs].count(True) == 1
    assert len(pairs) == 3


def test_a_table_says_which_pairs(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture(tmp_path / name)
    table = "\ufefffirst,second,same\na.jpg,b.jpg,1\na.jpg,c.jpg,0\n"
    (tmp_path / "pairs.csv").write_text(table, encoding="utf-8")

    assert [(pair.first.name, pair.second.name, pair.is_same) for pair in pairs_of(tmp_path)] == [
        ("a.jpg", "b.jpg", True),
        ("a.jpg", "c.jpg", False),
    ]


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("first,second,same\na.jpg,a.jpg,yes\n", "line 2: `same` must be 1 or 0"),
        ("first,second,same\na.jpg,gone.jpg,1\n", r"line 2: there is no picture .*gone\.jpg"),
        ("first,second,same\n", "holds no pairs"),
    ],
)
def test_says_what_is_wrong_with_a_table(tmp_path: Path, table: str, complaint: str) -> None:
    picture(tmp_path / "a.jpg")
    (tmp_path / "pairs.csv").write_text(table, encoding="utf-8")

    with pytest.raises(BadFolder, match=complaint):
        pairs_of(tmp_path)


def test_counts_both_errors_and_the_limit_belongs_to_the_match() -> None:
    found = [(0.40, True), (0.41, True), (0.40, False), (0.70, False), (0.80, False)]

    accepted, rejected = rates(found, 0.40)

    assert (accepted, rejected) == (Rate(1, 3), Rate(1, 2))


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 31, 0.0, 0.1103), (1, 5, 0.0362, 0.6245), (5, 10, 0.2366, 0.7634), (0, 0, 0.0, 1.0)],
)
def test_intervals_are_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert Rate(hits, of).interval == pytest.approx((low, high), abs=0.0001)
