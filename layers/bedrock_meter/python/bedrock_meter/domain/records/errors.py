"""What can go wrong with the world, as far as the meter itself can tell.

What is wrong with a *record* is never raised out of a job: it is a Reject (`quarantine`). Errors of
single jobs (`CannotAudit`, `CannotErase`, `CannotSetAside`, `ProfilesUnavailable`) stand where they
are raised.
"""


class MeterError(Exception):
    """The root of all of these."""


class Contended(MeterError):
    """Others kept replacing what was being replaced; trying again later helps."""


class LogObjectGone(MeterError):
    """The log object that was announced does not exist (any more)."""


class EvidenceMissing(MeterError):
    """Evidence that a published close contained is gone: closing again would lose money."""


class BrokenEvidence(MeterError):
    """An evidence file is damaged; a person must look."""


class UnknownSchema(MeterError):
    """Something stored has a schema version that this release does not read.

    No fault of the data: a message is retried, then waits in the dead-letter queue; an hour stays
    open. Both are done once the newer release runs again.
    """
