"""What can go wrong with the world, as far as the meter itself can tell.

    MeterError
    ├── Contended          others kept being quicker; deliver the message again
    ├── LogObjectGone      the log object was deleted before it could be read
    ├── BrokenEvidence      an evidence file cannot be read; a person must look
    └── EvidenceMissing     a published hour has lost an evidence file; a person must look

What is wrong with a *record* is never raised out of a job: it is a Reject (`quarantine`).
"""


class MeterError(Exception):
    """The root of the tree."""


class Contended(MeterError):
    """Others kept replacing what was being replaced; trying again later helps."""


class LogObjectGone(MeterError):
    """The log object that was announced does not exist (any more)."""


class EvidenceMissing(MeterError):
    """Evidence that a published close contained are gone: closing again would lose money."""


class BrokenEvidence(MeterError):
    """A evidence file that cannot be read: damaged, or written by a newer release."""
