"""What can go wrong with the world, as far as the meter itself can tell.

    MeterError
    ├── Contended          others kept being quicker; deliver the message again
    ├── LogObjectGone      the log object was deleted before it could be read
    ├── BrokenEvidence     an evidence file is damaged; a person must look
    ├── EvidenceMissing    a published hour has lost an evidence file; a person must look
    └── UnknownSchema      another release wrote it; this one must not read it

`UnknownSchema` is no fault of the data: a message is retried and then waits in the dead-letter
queue, an hour stays open, and both are done as soon as the newer release runs again. What is wrong
with a *record* is never raised out of a job: it is a Reject (`quarantine`). Errors of single jobs
(`CannotAudit`, `CannotErase`, `CannotSetAside`, `ProfilesUnavailable`) stand where they are raised.
"""


class MeterError(Exception):
    """The root of the tree."""


class Contended(MeterError):
    """Others kept replacing what was being replaced; trying again later helps."""


class LogObjectGone(MeterError):
    """The log object that was announced does not exist (any more)."""


class EvidenceMissing(MeterError):
    """Evidence that a published close contained is gone: closing again would lose money."""


class BrokenEvidence(MeterError):
    """An evidence file is damaged."""


class UnknownSchema(MeterError):
    """Something stored has a schema version that this release does not read."""
