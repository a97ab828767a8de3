"""Where jobs and adapters are joined: one module per room of the template, and nothing on import.

A function imports only its own module, so that none pays for what another needs (pyarrow, above
all). Everything is built at the first call and kept for the life of the process.
"""
