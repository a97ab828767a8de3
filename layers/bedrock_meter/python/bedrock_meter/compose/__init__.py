"""Where jobs and adapters are joined, for functions, commands, the engine and simulations.

`stores` makes every adapter, each at one place and when it is first asked for; `settings` (of a
function) and `deployed` (of a stack) hold the names of buckets, tables and queues. Each room of the
template has a module here. A function imports only its own, so that it does not load what others
need (pyarrow, above all).
"""
