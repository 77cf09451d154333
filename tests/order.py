"""Which files of tests begin: those that take more than some five seconds, the longest first.

`pytest --durations=50` tells; a file that is missing here costs time only if it comes last.
"""

LONGEST_FIRST: tuple[str, ...] = (
    "access/test_people.py",
    "storm/test_kill_nine_holds.py",
    "storm/test_kill_nine.py",
    "access/test_grid.py",
)
