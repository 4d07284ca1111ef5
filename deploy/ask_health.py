"""Exits 0 where the process on this machine that serves /health on the given port says that it is well, else 1."""

import sys
from urllib.error import URLError
from urllib.request import urlopen

try:
    with urlopen(f"http://127.0.0.1:{int(sys.argv[1])}/health", timeout=5) as answer:
        print(answer.read().decode().rstrip())
except URLError as error:
    sys.exit(str(error))
