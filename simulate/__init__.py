"""The meter under faults: seeded histories over the real jobs, and every interleaving of a few.

For development only. In reading order:

* `scenario`, `generator`, `content`: what happens in a history, and what Bedrock logs in it
* `world`, `scheduler`, `wire`: the stores, workers that take turns, calls that fail
* `workers`, `machine`, `queues`, `history`: what calls the jobs and when; one seed, played
* `invariants`, `spend_reader`: what must hold after every single call
* `oracle`, `outcomes`, `final_checks`: what must hold at the end
* `faulty_writes`, `mutations`, `killing`: planted bugs, and the seeds that notice them
* `steps`, `actors`, `starting_points`: a few workers, call by call
* `reachable_accesses`, `partial_order`: what each may still access, and which orders matter
* `state_ids`, `settling`, `explorer`: every order in which their calls can come
* `fault_injection`, `engine_double`, `on_engine`: histories on the engine, with errors on the wire
* `run`: the command line
"""
