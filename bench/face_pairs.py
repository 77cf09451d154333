"""Labelled pairs of faces (人脸样本对) and how often a threshold errs on them. Pure."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from pathlib import Path

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
Z95 = 1.959964


class BadFolder(Exception):
    """The folder holds no labelled pairs (样本目录有误); the sentence says what is missing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, and whether they show one person (样本对)."""

    first: Path
    second: Path
    is_same: bool


def pairs_of(folder: Path) -> list[Pair]:
    """The pairs (样本对) of a folder: of its pairs.csv, else all that its sub-folders, one a person, make."""
    table = folder / "pairs.csv"
    pairs = list(listed(table) if table.is_file() else all_pairs(pictures_by_person(folder)))
    if not pairs:
        raise BadFolder(f"{folder} holds no pairs: give each person a sub-folder, or write a pairs.csv.")
    return pairs


def listed(table: Path) -> Iterator[Pair]:
    """The pairs of a table: first, second (paths beside it) and same (1 or 0)."""
    with table.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            told = {name: (row.get(name) or "").strip() for name in ("first", "second", "same")}
            if told["same"] not in ("0", "1"):
                raise BadFolder(f"{table}, line {number}: `same` must be 1 or 0, not {told['same']!r}.")
            first, second = (table.parent / told[name] for name in ("first", "second"))
            for path in (first, second):
                if not path.is_file():
                    raise BadFolder(f"{table}, line {number}: there is no picture {path}.")
            yield Pair(first, second, told["same"] == "1")


def pictures_by_person(folder: Path) -> Mapping[str, Sequence[Path]]:
    """The pictures of each sub-folder (按人归档的照片)."""
    people = sorted(path for path in folder.iterdir() if path.is_dir())
    return {one.name: sorted(p for p in one.iterdir() if p.suffix.lower() in SUFFIXES) for one in people}


def all_pairs(people: Mapping[str, Sequence[Path]]) -> Iterator[Pair]:
    """Every two pictures, of one person and of two."""
    labelled = [(name, path) for name, paths in people.items() for path in paths]
    for (name, first), (other, second) in combinations(labelled, 2):
        yield Pair(first, second, name == other)


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something happened, with its 95 % interval (比率与置信区间)."""

    hits: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval (威尔逊区间): honest for few cases and for none."""
        if not self.of:
            return 0.0, 1.0
        share, extra = self.hits / self.of, Z95**2 / self.of
        middle = share + extra / 2
        reach = Z95 * sqrt(share * (1 - share) / self.of + extra / (4 * self.of))
        return max(0.0, (middle - reach) / (1 + extra)), min(1.0, (middle + reach) / (1 + extra))

    def __str__(self) -> str:
        if not self.of:
            return "no pairs"
        low, high = self.interval
        return f"{self.hits / self.of:7.2%} ({low:.2%} to {high:.2%})"


def rates(distances: Iterable[tuple[float, bool]], threshold: float) -> tuple[Rate, Rate]:
    """False acceptance and false rejection (误识率、拒识率) when up to the threshold counts as one person."""
    same: list[float] = []
    different: list[float] = []
    for distance, is_same in distances:
        (same if is_same else different).append(distance)
    accepted = sum(distance <= threshold for distance in different)
    rejected = sum(distance > threshold for distance in same)
    return Rate(accepted, len(different)), Rate(rejected, len(same))
