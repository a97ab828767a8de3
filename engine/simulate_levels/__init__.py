"""A month of tenants through the real assess code, and an honest account of what it saw.

`python -m engine.simulate_levels --seed 1` prints what was detected, when, and what was a false
alarm; `--series file.csv` runs somebody else's month. For development only: floats are allowed.
"""
