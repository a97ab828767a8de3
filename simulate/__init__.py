"""The meter under faults: seeded histories over the real jobs, and every interleaving of a few.

For development only. In reading order:

* `scenario`, `plot`, `content`: what happens in a history, and what Bedrock logs in it
* `world`, `baton`, `wire`: the stores, workers that take turns, calls that are interrupted and fail
* `workers`, `machine`, `post`, `history`: who calls the jobs and when; one seed, played
* `invariants`, `reader`: what must hold after every single call
* `oracle`, `settled`: what must hold when the dust has settled
* `careless`, `mutations`, `killing`: bugs put in on purpose, and who notices them
* `steps`, `actors`, `scenarios`: a few workers, call by call
* `courses`, `turns`: what they may still touch, and whose order matters
* `numbered`, `verdict`, `explorer`: every order in which their calls can come
* `interference`, `twin`, `on_engine`: histories on the embedded engine, with errors on the wire
* `run`: the command line
"""
