"""The doctor in the house: settings, keys, images, tokens, face models, room on the disks."""

import json
import os
import shutil
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

import settings
from engines.images import ImageStore
from engines.jwks import KeySource, KeysUnavailable
from engines.keys import KeyRing, KeyRingBroken
from ops.databases import connected
from ops.doctor.findings import Finding, Place, fail, ok, warn
from ops.keys.columns import keys_of_columns
from policy.calendar import shanghai_day
from policy.faces import engines_from

PROBE = b"yaolu doctor"
LITTLE, NONE = 0.10, 0.02
COUNT_MS = 10_000


async def environment(place: Place) -> list[Finding]:
    """Settings that are missing, and those that are open to everybody (环境变量)."""
    found = [
        fail("settings", f"{name} is missing", "See README.md, Real servers.")
        for name in settings.missing()
        # in development the embedded engines take their place
        if place.is_production or name not in ("DATABASE_URL", "REDIS_URL")
    ]
    if place.is_production and settings.GRAPHIQL:
        found.append(warn("settings", "GRAPHIQL is on in production", "Take it out of the environment."))
    if "*" in settings.ALLOWED_ORIGINS:
        found.append(warn("settings", "ALLOWED_ORIGINS lets every page call", "Name the pages one by one."))
    if settings.METRICS_PORT and settings.METRICS_HOST not in ("127.0.0.1", "::1", "localhost"):
        text = f"the metrics page listens on {settings.METRICS_HOST}"
        found.append(warn("settings", text, "Let only Prometheus reach it."))
    return found or [ok("settings", f"complete for {settings.YAOLU_ENV}")]


async def keys(place: Place) -> list[Finding]:
    """Whether the ring can be used, who else can read it, and whether a change was left half way (密钥环)."""
    try:
        ring = KeyRing.read(place.keys)
        ring.decrypt(ring.encrypt(PROBE, context=PROBE), context=PROBE)
    except (KeyRingBroken, OSError, ValueError) as error:
        return [
            fail("keys", f"the ring cannot be used: {type(error).__name__}", "See YAOLU_KEYS; restore it.")
        ]
    found = [ok("keys", f"current {ring.current}, {len(ring.keys)} on the ring")]
    if place.keys.lstrip().startswith("{"):
        advice = "Put it into a file: only a file can be changed without a restart."
        found.append(warn("keys", "YAOLU_KEYS holds the ring itself", advice))
    elif (mode := os.stat(place.keys).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):  # a local file
        found.append(
            warn("keys", f"others may open the file ({stat.filemode(mode)})", f"chmod 600 {place.keys}")
        )
    return [*found, *await rotation(place, ring)]


async def rotation(place: Place, ring: KeyRing) -> list[Finding]:
    """What the present key does not encrypt yet (换钥进度); pictures are left to `yaolu keys list`."""
    async with connected(place.database_url) as connection:
        await connection.execute(f"SET statement_timeout = {COUNT_MS}")
        used = await keys_of_columns(connection)
    gone = sorted({key for key, _ in used if key not in ring.keys})
    old = sum(many for (key, _), many in used.items() if key in ring.keys and key != ring.current)
    found = []
    if gone:
        text = f"values are encrypted with keys that are not on the ring: {', '.join(gone)}"
        found.append(
            fail("keys", text, "Restore those keys from the backup of the ring: nobody reads them else.")
        )
    if old:
        text = f"{old} values are under an old key: a change was left half way"
        found.append(warn("keys", text, f"Run `yaolu keys rotate {ring.current}` to its end."))
    if ring.old_lookups:
        advice = "`yaolu keys rotate-lookup` to its end, then `yaolu keys retire-lookup`."
        found.append(warn("keys", "an old lookup key is still looked for", advice))
    return found


async def images(place: Place) -> list[Finding]:
    """Whether a picture can be put, got and purged (影像存储)."""
    store = ImageStore(place.images_url, KeyRing.read(place.keys))
    key = await store.put(PROBE)
    try:
        if await store.get(key) != PROBE:
            return [fail("images", "a picture came back changed", "Look at the store and its disk.")]
    finally:
        await store.delete(key)
    return [ok("images", f"{urlsplit(place.images_url).scheme}: written, read and purged")]


async def tokens(place: Place) -> list[Finding]:
    """Whether the issuer's keys can be read (签发机构公钥)."""
    try:
        await KeySource(place.jwks).find("", "ES256")
    except KeysUnavailable:
        advice = "Nobody can sign in: see OIDC_JWKS_URL or OIDC_JWKS_FILE, and whether the issuer answers."
        return [fail("tokens", "the issuer's keys cannot be read", advice)]
    return [ok("tokens", "the issuer's keys are there")]


async def faces(place: Place) -> list[Finding]:
    """Whether the face engines that the law asks for load (人脸模型)."""
    from engines.clock import Clock
    from workers.faces.pool import FacePool

    wanted = engines_from(shanghai_day(Clock().now()))
    pool = FacePool(1, engines=wanted)
    try:
        await pool.start()
        return [ok("faces", ", ".join(f"{name}: {model}" for name, model in sorted(pool.models.items())))]
    finally:
        await pool.stop()


async def disks(place: Place) -> list[Finding]:
    """How much room is left where this process writes (磁盘空间)."""
    folders = {settings.YAOLU_HOME}
    if urlsplit(place.images_url).scheme == "file":
        folders.add(Path(unquote(urlsplit(place.images_url).path)))
    return [room(folder) for folder in sorted(folders)]


def room(folder: Path) -> Finding:
    """What to say of the disk below a folder, or below where it would be made."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    disk = shutil.disk_usage(there)
    text = f"{folder}: {disk.free / disk.total:.0%} free ({disk.free / 1e9:.1f} GB)"
    if disk.free < NONE * disk.total:
        return fail("disk", text, "Make room now: pictures cannot be stored.")
    return warn("disk", text, "Make room.") if disk.free < LITTLE * disk.total else ok("disk", text)


def as_json(found: list[Finding]) -> str:
    """The findings for programs (JSON 输出)."""
    rows = [{"check": one.check, "level": one.level, "text": one.text, "advice": one.advice} for one in found]
    return json.dumps(rows, ensure_ascii=False, indent=1)
