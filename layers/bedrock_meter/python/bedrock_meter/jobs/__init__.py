"""The jobs, one verb a module: ingest, fold, plan, close, assess …, written against `ports`."""
