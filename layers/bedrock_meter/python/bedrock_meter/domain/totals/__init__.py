"""Live and closed totals: partials, slot totals, hours, corrections, what is complete."""
