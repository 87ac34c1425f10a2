"""The product as it answers for the first time: nothing is kept (`app/kept_answers.py`), everything else is the same.

    python -m bench.unkept run

So what a statement costs, and how that grows, can be seen behind the answers that are kept. At module level, because
worker processes import this module again.
"""

import sys

from app import kept_answers
from app.__main__ import main

kept_answers.LARGEST_BYTES = 0

if __name__ == "__main__":
    sys.exit(main())
