"""Which files of tests begin: those that take more than some five seconds, the longest first.

`pytest --durations=50` tells; a file that is missing here costs time only if it comes last.
"""

LONGEST_FIRST: tuple[str, ...] = (
    "access/test_people.py",
    "access/test_grid.py",
    "storm/test_kill_nine_holds.py",
    "storm/test_kill_nine.py",
    "road/test_claim_race.py",
    "family/test_revocation.py",
    "docs/test_guides.py",
    "money/test_reversal.py",
    "money/test_clearing.py",
    "ops/test_world.py",
    "api/plans/test_agreement.py",
    "keys/test_rotation.py",
    "services/test_idempotency.py",
    "money/test_reversal_late.py",
    "road/test_what_is_paid.py",
    "ops/test_embedded.py",
    "workers/test_identity_job.py",
    "workers/faces/test_hostile_pictures.py",
    "workers/cards/test_card_reader.py",
    "api/test_app.py",
    "models/test_guards.py",
    "policy/test_random_bills.py",
    "services/test_manual_checks.py",
    "stock/test_stock_files.py",
)
