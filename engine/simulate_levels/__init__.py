"""A month of tenants, assessed by the shipped code, and an account of what it detected.

`python -m engine.simulate_levels --seed 1` prints what was detected, when, and what was a false
alarm; `--series file.csv` runs a month from a file. For development only: floats are allowed.
"""
