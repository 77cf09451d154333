"""What a face check costs (人脸核验开销): processor time, memory, and what a second process adds."""

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter, process_time

import psutil

from workers.faces.pool import FacePool

ROUNDS = 10
LOOP = "t = 0\nfor n in range(6_000_000): t += n * n"


async def read_once(pool: FacePool, pictures: Sequence[bytes], engines: Sequence[str]) -> float:
    """Processor milliseconds of reading these pictures in the only child (单次 CPU 毫秒)."""
    child = psutil.Process(pool.pids()[0])
    before = child.cpu_times()
    for picture in pictures:
        await pool.read(picture, engines)
    after = child.cpu_times()
    return float(after.user + after.system - before.user - before.system) * 1000


async def cost(pool: FacePool, pictures: Sequence[bytes], engines: Sequence[str]) -> tuple[float, float]:
    """The medians of a check against an enrolled face, and against a card (CPU 毫秒)."""
    templates, cards = [], []
    for number in range(ROUNDS):
        live, card = (pictures[(number + step) % len(pictures)] for step in (0, 1))
        templates.append(await read_once(pool, [live], engines))
        cards.append(await read_once(pool, [live, card], engines))
    return statistics.median(templates), statistics.median(cards)


def memory(pool: FacePool) -> tuple[float, float]:
    """The memory of a child that it shares with nobody, and all it holds (内存), in MiB."""
    held = psutil.Process(pool.pids()[0]).memory_full_info()
    return held.uss / 2**20, held.rss / 2**20


def loop_cost() -> float:
    """Processor milliseconds of a plain loop (对照: 纯计算循环): how slow this machine is just now."""
    times = []
    for _ in range(3):
        start = process_time()
        exec(LOOP)
        times.append((process_time() - start) * 1000)
    return statistics.median(times)


async def throughput(
    pool: FacePool, at_once: int, pictures: Sequence[bytes], engines: Sequence[str]
) -> float:
    """Pictures a second through a pool (每秒照片数)."""
    wanted = [pictures[number % len(pictures)] for number in range(ROUNDS * at_once)]
    start = perf_counter()
    await asyncio.gather(*(pool.read(picture, engines) for picture in wanted))
    return len(wanted) / (perf_counter() - start)


def loops(processes: int) -> float:
    """Runs a second of a plain loop in so many processes (对照: 纯计算循环)."""
    start = perf_counter()
    running = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(processes)]
    for one in running:
        one.wait()
    return processes / (perf_counter() - start)


async def second_child(
    one: FacePool, pictures: Sequence[bytes], engines: Sequence[str]
) -> tuple[float, float]:
    """How many times one child two do, and how many times one plain loop two do, taking turns (加倍比)."""
    two = FacePool(2, engines=engines)
    await two.start()
    faces, plain = [], []
    try:
        for _ in range(3):
            alone = await throughput(one, 1, pictures, engines)
            faces.append(await throughput(two, 2, pictures, engines) / alone)
            plain.append(loops(2) / loops(1))
    finally:
        await two.stop()
    return statistics.median(faces), statistics.median(plain)
