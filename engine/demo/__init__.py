"""The demo: the whole meter on this machine, from log objects to flags, checked by an oracle.

`stage` (engine and stack) → `uploads` → `findings` (what the meter made of it) → `readings` (what
the tables say) → `application` (who is let through) → `proof` (against the oracle) → `screen` (for
people) or `document` (for programs).
"""

from engine.demo.play import Options, play

__all__ = ["Options", "play"]
