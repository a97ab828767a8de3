"""`python -m simulate [SEEDS] [FROM]`, or `python -m simulate replay SEED` with every step."""

import sys

from simulate.run import main

sys.exit(main(sys.argv[1:]))
