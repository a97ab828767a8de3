"""The demo: the whole meter on this machine, from log objects to flags, checked by an oracle.

`deployment` (engine and stack) → `uploads` → `metering_result` (calls and rejects) → `readings`
(the tables) → `application` (who is let through) → `proof` (against the oracle) → `screen` (for
people) or `document` (for programs).
"""

from engine.demo.play import Options, play

__all__ = ["Options", "play"]
