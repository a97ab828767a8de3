"""The meter under faults: seeded histories over the real jobs, and every interleaving of a few.

For development only. Reading order: `scene` (what happens in a history), `content` (what Bedrock logs),
`world` (the stores), `baton` and `wire` (how calls are interrupted and fail), `workers` and `machine`
(who calls the jobs), `history` (one seed from beginning to end), `laws` and `reader` (what must hold at
every step), `oracle` and `settled` (what must hold at the end), `mutations` (bugs put in on purpose),
`explorer` (the exhaustive twin).
"""
