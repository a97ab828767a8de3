"""The ports without AWS: in memory, for tests and for commands that need no stack.

They keep all promises of `ports`: the same contract tests run on them and on the adapters.
"""
