"""Where jobs and adapters are joined, for functions, commands, the engine and simulations.

`stores` makes every adapter, each at one place and when it is first asked for; `settings` (of a
function) and `deployed` (of a stack) hold the names of buckets, tables and queues. Each room of the
template has a module here. A function imports only its own, so that it does not load what others
need (pyarrow, above all).

Loading it sets when the garbage collector looks for cycles: before all else, since a function
starts with a hundred thousand objects that all stay, and makes few cycles. By default they would be
scanned again and again while modules are loaded.
"""

import gc

COLLECT_AFTER = (100_000, 20, 20)
"""Objects more than were freed, until the collector looks at the youngest; then at older ones."""

gc.set_threshold(*COLLECT_AFTER)
