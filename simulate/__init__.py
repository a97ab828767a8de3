"""The meter under faults: seeded histories over the real jobs, and every interleaving of a few.

For development only. In reading order:

* `scene`, `content`: what happens in a history, and what Bedrock logs in it
* `world`, `baton`, `wire`: the stores, workers that take turns, calls that are interrupted and fail
* `workers`, `machine`, `history`: who calls the jobs; one seed from beginning to end
* `laws`, `reader`: what must hold after every single call
* `oracle`, `settled`: what must hold when the dust has settled
* `mutations`, `killing`: bugs put in on purpose, and who notices them
* `steps`, `scenarios`, `explorer`: every interleaving of a few workers
"""
