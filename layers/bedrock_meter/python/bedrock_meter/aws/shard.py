"""The shard in keys: one today. A key has room for more, should one partition become too busy."""

SHARD = 0
