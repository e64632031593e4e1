"""nest-asyncio: lets a script's own `asyncio.run()` run inside a notebook.

It is no longer developed, and it does not suit Python 3.14. From there on, its maintained fork
nest-asyncio2 takes its place, with the same interface. Here, and nowhere else, one is chosen.
"""

import sys

if sys.version_info >= (3, 14):
    from nest_asyncio2 import apply
else:
    from nest_asyncio import apply

__all__ = ["apply"]
