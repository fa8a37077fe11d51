"""A process whose child holds 100 MB and works for half a second, while it holds 50 MB itself and waits."""

import os
import sys
import time

if sys.argv[1:] == ["fail"]:
    sys.exit(3)
mine = bytearray(os.urandom(1)) * 50_000_000
if os.fork() == 0:
    more = bytearray(os.urandom(1)) * 100_000_000
    while time.process_time() < 0.5:
        pass
    time.sleep(0.3)
    os._exit(0)
os.wait()
