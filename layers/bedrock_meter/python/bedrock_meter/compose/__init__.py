"""Where jobs and adapters are joined, for functions, commands, the engine and simulations.

`stores` makes every adapter, each at one place and when it is first asked for; `settings` (of a
function) and `deployed` (of a stack) say what everything is called there. Beside them stands one
module per room of the template. A function imports only its own, so that none pays for what
another needs (pyarrow, above all).
"""
