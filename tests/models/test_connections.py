"""A connection goes back to the pool as it is: nothing may be left on it."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
LEFT_BEHIND = re.compile(
    r"pg_(try_)?advisory_lock\b|\bSET SESSION\b|\bCREATE TEMP|\bDECLARE \w+ CURSOR WITH HOLD"
)


def test_nothing_of_ours_outlives_its_transaction() -> None:
    folders = ("api", "engines", "models", "resolvers", "schema", "services", "workers")
    texts = {path: path.read_text() for folder in folders for path in (PROJECT / folder).rglob("*.py")}

    found = [path.name for path, text in texts.items() if LEFT_BEHIND.search(text)]

    assert not found, (
        f"use pg_advisory_xact_lock and SET LOCAL: models.config keeps sessions; found in {found}"
    )
