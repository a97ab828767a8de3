"""Which tenants to slow down: plans, signals, levels, flags, notices."""
