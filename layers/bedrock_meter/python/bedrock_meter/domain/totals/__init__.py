"""Live and closed totals: partials, boards, hours, corrections, what is complete."""
