"""The counting API, tight-sandbox, and the log that it keeps of every call: the truth of a run."""
import json
import os

from processes import Program, wait_until


class Api:
    """A process of tight-sandbox that can be killed and started again on its port."""

    def __init__(self, binary, directory, port, users, tls=False, latency=None, behaviours=(),
                 host="127.0.0.1", inside=(), options=()):
        """`users` is how many it makes, or the file that it takes them from; `options` are more of the program's own."""
        is_given = isinstance(users, str)
        self.directory, self.port, self.users = directory, port, users if is_given else f"{directory}/users.csv"
        self.log = CallLog(f"{directory}/calls.jsonl")
        self.host, self._inside = host, inside
        made = ["--users-from", users] if is_given else ["--users", str(users), "--users-file", self.users]
        self._arguments = [binary, *made, "--port", str(port), "--host", host, "--call-log", self.log.path]
        self._arguments += ["--max-streams", "512"] if tls else ["--plain"]
        self._arguments += ["--latency", latency] if latency else []
        for behaviour in behaviours:
            self._arguments += ["--behaviour", behaviour]
        self._arguments += options
        self.program = None

    def start(self):
        before = self.program.text() if self.program else ""
        self.program = Program("api", self._arguments, self.directory, inside=self._inside)
        wait_until("the API listens", lambda: "listening on" in self.program.text()[len(before):], 10, self.program)

    def kill(self):
        self.program.kill()

    def stop(self):
        if self.program:
            self.program.kill()


class CallLog:
    """What the API wrote before it acted: calls read whole, and how each ended. It outlives a SIGKILL of the API."""

    def __init__(self, path):
        self.path, self._offset = path, 0
        # In order; each is (seconds since 1970, user, key), the key naming one call of one process of the API.
        self.reads = []
        # By key: (seconds since 1970, event, status).
        self.ends = {}

    def refresh(self):
        if not os.path.exists(self.path):
            return self
        with open(self.path, "rb") as file:
            file.seek(self._offset)
            text = file.read()
        whole = text[:text.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            entry = json.loads(line)
            key, at = (entry["process"], entry["user"], entry["call"]), entry["at"] / 1e6
            if entry["event"] == "read":
                self.reads.append((at, entry["user"], key))
            else:
                self.ends[key] = (at, entry["event"], entry.get("status"))
        return self

    def in_flight(self):
        """The calls that were read and have not ended."""
        self.refresh()
        return [read for read in self.reads if read[2] not in self.ends]

    def answered(self):
        """By user, the moments at which it was answered SUCCESS."""
        found = {}
        for (_, user, _), (at, event, status) in self.ends.items():
            if event == "answered" and status == 200:
                found.setdefault(user, []).append(at)
        return found
