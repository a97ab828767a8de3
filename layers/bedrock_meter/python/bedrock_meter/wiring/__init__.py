"""Where jobs and adapters are joined: one module per room of the template, and nothing on import.

A function imports only its own module, so that none pays for what another needs (pyarrow, above
all). Everything is built at the first call and kept for the life of the process.
"""

import gc

# A function starts with tens of thousands of objects that all stay, and works with few cycles.
# The default would look through all of them again and again while they are still being made.
gc.set_threshold(100_000, 20, 20)
