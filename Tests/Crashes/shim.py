"""What shim.c is told while the daemon runs: when to die, and which calls on the store's files fail."""
import mmap
import os
import struct
import subprocess

from processes import Failure

_SOURCE = f"{os.path.dirname(os.path.abspath(__file__))}/shim.c"
# The fields of its struct, in order, and the text at the end.
_FIELDS = ["scope", "left", "half", "write_error", "main_alone", "sync_error", "sync_times", "sync_delay", "is_dead",
           "failures"]
_TEXT = 64

NOTHING, STORE, SOCKETS, EVERYTHING = range(4)


class Shim:
    """The library, compiled into `directory`, and the file with its orders."""

    def __init__(self, directory):
        self._library, self._path = f"{directory}/shim.so", f"{directory}/shim.orders"
        run = subprocess.run(["gcc", "-std=gnu17", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", self._library,
                              _SOURCE], capture_output=True, text=True)
        if run.returncode != 0:
            raise Failure(f"shim.c: {run.stderr}")
        with open(self._path, "wb") as file:
            file.write(bytes(4 * len(_FIELDS) + _TEXT))
        with open(self._path, "r+b") as file:
            self._orders = mmap.mmap(file.fileno(), 0)

    @property
    def environment(self):
        """For the daemon alone: not for its commands."""
        return {"LD_PRELOAD": self._library, "SHIM_ORDERS": self._path}

    def order(self, **values):
        """Gives orders, such as write_error=ENOSPC; what is not named stays. `scope` belongs last: it arms the rest."""
        for name, value in values.items():
            struct.pack_into("=i", self._orders, 4 * _FIELDS.index(name), value)

    def read(self, name):
        return struct.unpack_from("=i", self._orders, 4 * _FIELDS.index(name))[0]

    def calm(self):
        """No more orders."""
        self.order(scope=NOTHING, **{name: 0 for name in _FIELDS if name != "scope"})

    @property
    def died_before(self):
        """The call that the process died before, such as `pwrite store.sqlite-wal`."""
        return self._orders[4 * len(_FIELDS):].split(b"\0")[0].decode()
