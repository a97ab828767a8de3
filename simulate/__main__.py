"""`python -m simulate`, `... replay SEED`, `... mutations`; SEEDS and FROM choose histories."""

import sys

from simulate.run import main

sys.exit(main(sys.argv[1:]))
