"""The oracle, for the demo. It lives with the tests, which are not installed.

So the repository itself is put last on the import path.
"""

import sys

from engine.server import ROOT

if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from tests.oracle import Expected, expected
from tests.oracle.rates import PriceRows
from tests.oracle.reading import PLACE, is_log

__all__ = ["PLACE", "Expected", "PriceRows", "expected", "is_log"]
