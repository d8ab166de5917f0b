"""What a hypervisor does with a machine: QEMU's own protocol, a JSON object in each line."""
import json
import socket

from processes import Failure


class Monitor:
    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._lines, self._events = self._socket.makefile("rb"), []
        self._next(60)
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._next(60)
            if "event" in answer:
                self._events.append(answer["event"])
            elif "error" in answer:
                raise Failure(f"QEMU refuses {command}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def wait_for(self, event, seconds):
        """Waits for an event that has not been waited for."""
        while event not in self._events:
            answer = self._next(seconds)
            if "event" in answer:
                self._events.append(answer["event"])
        del self._events[:self._events.index(event) + 1]

    def _next(self, seconds):
        self._socket.settimeout(seconds)
        try:
            line = self._lines.readline()
        except TimeoutError as error:
            raise Failure(f"QEMU did not answer within {seconds} s") from error
        if not line:
            raise Failure("QEMU has ended")
        return json.loads(line)
