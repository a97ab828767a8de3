"""`python -m simulate [replay SEED | mutations | explore | backlog]`; SEEDS, FROM: histories."""

import os
import sys


def run(words: list[str]) -> int:
    """Do what the command line asks for."""
    if words[:1] == ["backlog"]:
        from simulate import backlog_report

        return backlog_report.main(words[1:])
    from simulate.run import main

    return main(words, os.environ)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
