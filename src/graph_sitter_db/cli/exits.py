"""What the command line ends with."""

from typing import Final

OK: Final = 0
FAILURE: Final = 1
USAGE: Final = 2
UNDECIDED: Final = 3
INTERRUPTED: Final = 130
TERMINATED: Final = 143

EXIT_CODES: Final = {
    OK: "done",
    FAILURE: "something unforeseen happened; of gate: a condition is not kept; of health and "
    "alerts: it is as bad as --fail-on says; of maintain: a job failed; of doctor: something is "
    "missing",
    USAGE: "the command line is wrong, or names something that is not recorded",
    UNDECIDED: "there is no repository to read, or git cannot read it; of gate: undecided",
    4: "the analysis could not be done",
    5: "the database cannot be reached, refused, or holds another release's schema",
    INTERRUPTED: "interrupted",
    TERMINATED: "terminated",
}
