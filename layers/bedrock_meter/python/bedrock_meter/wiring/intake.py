"""Intake: log objects become charges, rejects and partials."""
