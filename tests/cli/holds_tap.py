"""holds_tap.py NAME COMMAND...: runs it while a TAP of that name is held, with one queue of several where it has those."""

import fcntl
import struct
import subprocess
import sys

TUNSETIFF, IFF_TAP, IFF_NO_PI, IFF_MULTI_QUEUE = 0x400454CA, 0x2, 0x1000, 0x100

name = sys.argv[1].encode()
with open("/dev/net/tun", "r+b", buffering=0) as tun:
    for flags in (IFF_TAP | IFF_NO_PI, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE):
        try:
            fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name, flags))
            break
        except OSError:
            pass
    else:
        sys.exit("can't hold " + sys.argv[1])
    sys.exit(subprocess.run(sys.argv[2:], check=False).returncode)
