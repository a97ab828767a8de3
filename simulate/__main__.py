"""`python -m simulate [replay SEED | mutations | explore]`; SEEDS and FROM choose histories."""

import os
import sys

from simulate.run import main

sys.exit(main(sys.argv[1:], os.environ))
