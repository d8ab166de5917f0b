"""What a daemon tells the service manager: sd_notify(3) over a socket of the run's own."""
import os
import socket
import threading


class Notes(threading.Thread):
    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self._status = path, ""
        if os.path.exists(path):
            os.remove(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)

    @property
    def status(self):
        """The latest STATUS=."""
        return self._status

    def run(self):
        while True:
            for line in self._socket.recv(65_536).decode(errors="replace").splitlines():
                if line.startswith("STATUS="):
                    self._status = line.removeprefix("STATUS=")
