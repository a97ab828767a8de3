"""Which release this is, and which reading of the logs it holds."""

RELEASE = "0.1.0"

# Raised whenever the same log line would yield different evidence. Evidence and partials are
# replaced only by an equal or higher meter version, so an old worker can never undo a replay.
METER_VERSION = 2
