"""Waits until a debugger has attached, before the function's code is loaded."""

import sys

_HOST_PACKAGES = "/usr/lib/python3/dist-packages"  # where python3-debugpy is; not the function's
_ADDRESS = ("127.0.0.1", 5678)


def wait():
    sys.path.append(_HOST_PACKAGES)  # behind what the function brings along
    import debugpy

    debugpy.listen(_ADDRESS)
    debugpy.wait_for_client()
    sys.path.remove(_HOST_PACKAGES)
