"""What the daemon is measured against; each returns calls, wall seconds and CPU seconds."""
import os

import fleet
import machine
from server import PATH


class Peers:
    def __init__(self, work, sources, server):
        self.work, self.sources, self.server = work, sources, server
        self.tokens = f"{work}/tokens"
        self.store = f"{work}/peers.sqlite"

    def prepare(self, count):
        fleet.write_tokens(self.tokens, count)
        with open(self.tokens) as file:
            self.token = file.readline().strip()

    def h2load(self, protocol, count):
        """One fixed token, no check: the floor."""
        form = ["-c", "4", "-m", "16"] if protocol == "h2" else ["--h1", "-c", "64", "-m", "1"]
        out = f"{self.work}/h2load.out"
        wall, cpu, _ = machine.run(
            ["h2load", "-n", str(count), *form, "-H", ":method: POST", "-H", f"authorization: Bearer {self.token}",
             self.server.base(protocol) + PATH], stdout=out)
        with open(out) as file:
            if f"{count} succeeded" not in file.read():
                raise SystemExit(f"h2load: not every call succeeded; see {out}")
        return count, wall, cpu

    def wrk(self, seconds):
        """HTTP/1.1, a token for every request, and a check of every body."""
        out = f"{self.work}/wrk.out"
        wall, cpu, _ = machine.run(
            ["wrk", "-t1", "-c64", f"-d{seconds}s", "-s", f"{self.sources}/peers/tokens.lua",
             self.server.base("h1") + PATH], environment={"TOKENS": self.tokens}, stdout=out)
        with open(out) as file:
            words = next(line for line in file if line.startswith("calls")).split()
        if words[3] != "0":
            raise SystemExit(f"wrk: {words[3]} calls failed; see {out}")
        return int(words[1]), wall, cpu

    def curl(self, count):
        """The call alone, HTTP/2 as curl likes it; a token for every request, no check of the body."""
        config = f"{self.work}/curl.config"
        with open(self.tokens) as tokens, open(config, "w") as file:
            for number, token in enumerate(tokens):
                if number == count:
                    break
                file.write(("next\n" if number else "") + f'url = "{self.server.base("h2")}{PATH}"\nrequest = POST\n'
                           f'header = "Authorization: Bearer {token.strip()}"\ncacert = "{self.server.ca}"\n'
                           'output = /dev/null\nfail\nsilent\nshow-error\n')
        wall, cpu, _ = machine.run(["curl", "--no-progress-meter", "--parallel", "--parallel-max", "64", "--config", config])
        return count, wall, cpu

    def go_bare(self, protocol, count):
        wall, cpu, _ = machine.run(
            [f"{self.work}/whole", "-url", self.server.base(protocol) + PATH, "-ca", self.server.ca,
             "-bare", self.tokens, *(["-http1"] if protocol == "h1" else [])], stdout=f"{self.work}/go.out")
        return self._counted("go.out", count), wall, cpu

    def go_whole(self, count):
        fleet.write_peer_store(self.store, count)
        wall, cpu, _ = machine.run(
            [f"{self.work}/whole", "-url", self.server.base("h2") + PATH, "-ca", self.server.ca, "-store", self.store],
            stdout=f"{self.work}/go.out")
        return self._counted("go.out", count), wall, cpu

    def python_whole(self, count):
        fleet.write_peer_store(self.store, count)
        wall, cpu, _ = machine.run(
            [f"{self.work}/venv/bin/python", f"{self.sources}/peers/whole.py", self.server.base("h1") + PATH,
             self.server.ca, self.store, "64"], stdout=f"{self.work}/python.out")
        return self._counted("python.out", count), wall, cpu

    def _counted(self, name, count):
        with open(os.path.join(self.work, name)) as file:
            found = int(file.read())
        if found != count:
            raise SystemExit(f"{name}: {found} of {count} calls")
        return found
