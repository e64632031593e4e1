"""nest-asyncio; from Python 3.14 on its maintained fork, since it does not suit that one."""

import sys

if sys.version_info >= (3, 14):
    from nest_asyncio2 import apply as apply
else:
    from nest_asyncio import apply as apply
