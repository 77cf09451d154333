"""How often the face check errs on labelled pictures (人脸核验误差), by threshold, and what it costs.

python -m bench.faces FOLDER [--area 350000] [--engines dlib sface] [--no-speed]

FOLDER holds a sub-folder for each person with his pictures in it, or a pairs.csv (first, second, same).
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.face_pairs import BadFolder, Pair, pairs_of, rates
from bench.face_speed import cost, loop_cost, memory, second_child
from engines.pictures import Reason, Unusable
from policy.calendar import shanghai_day
from policy.faces import CENTRED, METRICS, band_of
from services.face_means import mean_of
from workers.faces.compare import Mean, distance_of
from workers.faces.pool import FacePool
from workers.faces.result import Seen

Vectors = Mapping[Path, Mapping[str, Sequence[float]]]
THRESHOLDS = {
    "l2-mirrored": [0.30, 0.35, 0.45, 0.55, 0.60],
    "cosine-centred-mirrored": [0.35, 0.40, 0.50, 0.55, 0.60, 0.70],
    "cosine": [0.40, 0.50, 0.55, 0.64, 0.70, 0.80],
}
MEAN_PEOPLE_MIN = 20


async def vectors_of(pool: FacePool, paths: Sequence[Path], engines: Sequence[str]) -> Vectors:
    """What the engines see on each picture; prints how many they cannot use, and why."""
    found: dict[Path, dict[str, Sequence[float]]] = {}
    lost: Counter[str] = Counter()
    for path in paths:
        try:
            sight = await pool.read(path.read_bytes(), engines)
        except Unusable as refused:
            lost.update(f"{engine} {refused.reason}" for engine in engines)
            continue
        lost.update(f"{engine} {seen}" for engine, seen in sight.items() if isinstance(seen, Reason))
        found[path] = {engine: seen.vector for engine, seen in sight.items() if isinstance(seen, Seen)}
    told = ", ".join(f"{name} {count}" for name, count in sorted(lost.items())) or "none"
    print(f"{len(paths)} pictures; unusable: {told}")
    return found


def people_of(vectors: Vectors, engine: str) -> dict[str, list[float]]:
    """The mean vector of each person, a folder being a person."""
    by_person: dict[str, list[Sequence[float]]] = {}
    for path, found in vectors.items():
        if engine in found:
            by_person.setdefault(path.parent.name, []).append(found[engine])
    return {name: mean_of(own) for name, own in by_person.items()}


def distances(
    engine: str, metric: str, pairs: Sequence[Pair], vectors: Vectors
) -> Iterator[tuple[float, bool]]:
    """The distance of each pair that the engine can use; centred on the mean of all *other* people."""
    people = people_of(vectors, engine) if metric == CENTRED else {}
    for pair in pairs:
        first, second = (vectors.get(path, {}).get(engine) for path in (pair.first, pair.second))
        if first is None or second is None:
            continue
        mean = None
        if metric == CENTRED:
            both = {pair.first.parent.name, pair.second.parent.name}
            mean = Mean(0, mean_of(own for name, own in people.items() if name not in both))
        yield distance_of(engine, first, second, mean), pair.is_same


def print_rates(metric: str, found: Sequence[tuple[float, bool]], area: str) -> None:
    """The errors at each threshold, the shipped ones marked."""
    band = band_of(metric, area, shanghai_day(datetime.now(UTC)))
    shipped = {float(band.match_max): "match up to here", float(band.uncertain_max): "uncertain up to here"}
    same = sum(is_same for _, is_same in found)
    print(f"\n{metric}: {same} pairs of one person, {len(found) - same} of two")
    print("  up to   different taken for one (95 %)     one taken for different (95 %)")
    for threshold in sorted({*THRESHOLDS[metric], *shipped}):
        accepted, rejected = rates(found, threshold)
        print(f"  {threshold:.2f} {accepted!s:>34} {rejected!s:>34}  {shipped.get(threshold, '')}".rstrip())


async def measure(folder: Path, area: str, engines: Sequence[str], *, speed: bool) -> None:
    """Read every picture once, print the errors, then the cost."""
    pairs = pairs_of(folder)
    paths = sorted({path for pair in pairs for path in (pair.first, pair.second)})
    pool = FacePool(engines=engines)
    await pool.start()
    try:
        vectors = await vectors_of(pool, paths, engines)
        for engine in engines:
            for metric in METRICS[engine]:
                if metric == CENTRED and len(people_of(vectors, engine)) < MEAN_PEOPLE_MIN + 2:
                    print(f"\n{metric}: not measured, it takes {MEAN_PEOPLE_MIN + 2} people in folders")
                    continue
                print_rates(metric, list(distances(engine, metric, pairs, vectors)), area)
        usable = [path.read_bytes() for path in paths if path in vectors]
        if speed and usable:
            await print_cost(pool, usable, engines)
    finally:
        await pool.stop()


async def print_cost(pool: FacePool, pictures: Sequence[bytes], engines: Sequence[str]) -> None:
    """What a check costs with each engine, and what a second child adds."""
    print("\ncost of a check, median processor milliseconds of the child")
    for chosen in [[engine] for engine in engines] + ([list(engines)] if len(engines) > 1 else []):
        template, card = await cost(pool, pictures, chosen)
        print(f"  {' + '.join(chosen):14} against an enrolled face {template:.0f}, against a card {card:.0f}")
    print(f"  for comparison, a plain loop of six million turns took {loop_cost():.0f}")
    own, held = memory(pool)
    print(f"memory of a child: {own:.0f} MiB of its own, {held:.0f} MiB in all")
    faces, loops = await second_child(pool, pictures, engines)
    print(f"two children do {faces:.2f} times what one does; two plain loops {loops:.2f} times")


def main() -> None:
    """Measure one folder."""
    parser = argparse.ArgumentParser(description="Errors and cost of the face check on labelled pictures.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--area", default="350000", help="whose bands are shown")
    parser.add_argument("--engines", nargs="+", default=list(METRICS), choices=list(METRICS))
    parser.add_argument("--no-speed", action="store_true", help="only the errors")
    given = parser.parse_args()
    try:
        asyncio.run(measure(given.folder, given.area, given.engines, speed=not given.no_speed))
    except (BadFolder, OSError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
