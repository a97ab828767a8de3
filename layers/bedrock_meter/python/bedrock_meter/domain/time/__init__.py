"""Hours, days, budget periods and time zones."""
