"""Whether plans and graphql-core agree (一致性) on random documents: as many as there is time for.

python -m bench.agreement [--documents 5000] [--seed 1]
"""

import argparse
import asyncio
import logging
import warnings

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.api.plans.agreement import REFERENCE, differences
from tests.api.plans.random_documents import documents


def main() -> None:
    """Ask both engines; stop at the first document on which they differ, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    # strawberry logs every error of this schema
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    asked = 0

    @seed(said.seed)
    @settings(
        max_examples=said.documents,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(documents(REFERENCE._schema, REFERENCE.as_str()))
    def agree(document: str) -> None:
        nonlocal asked
        asked += 1
        if found := asyncio.run(differences(document)):
            raise SystemExit(found)

    agree()
    print(f"{asked} documents, no difference")


if __name__ == "__main__":
    main()
