"""A network of the run's own: a machine for each daemon, for each database and for the API, with a router between.

All of it is made of namespaces, which end with the run. The router is the run's own namespace: by a rule of its routing
it can drop what one machine sends another, and nobody is told.
"""
import re
import subprocess

from space import Space, run


class Network:
    # A daemon speaks clear text to addresses of its own machine alone; this one of them is routed to the API's.
    API = "127.0.0.5"

    def __init__(self, directory):
        self._directory, self._spaces, self._addresses, self._cuts = directory, {}, {}, []
        self._write("/proc/sys/net/ipv4/ip_forward", 1)
        self._route_loopback("all")
        run("ip", "route", "del", "local", "127.0.0.0/8", "dev", "lo", "table", "local")
        for name in ("api", "one", "two", "pooler"):
            self.add(name)
        self._spaces["api"].run("ip", "address", "add", f"{self.API}/32", "dev", "lo")
        run("ip", "route", "add", self.API, "via", self._addresses["api"])
        self._addresses["api"] = self.API
        self._names()

    def add(self, name):
        """A machine of this name, connected to the router."""
        number = len(self._spaces) + 1
        space = self._spaces[name] = Space(name, self._directory)
        address, router = f"10.79.{number}.2", f"10.79.{number}.1"
        self._addresses[name] = address
        space.connect(f"to-{name}", f"{router}/30", "eth0", f"{address}/30")
        space.run("ip", "route", "add", "default", "via", router)
        self._route_loopback(f"to-{name}")
        for device in ("all", "eth0"):
            space.run("sh", "-c", f"echo 1 > /proc/sys/net/ipv4/conf/{device}/route_localnet")
        if name != "api":
            space.run("ip", "route", "del", "local", "127.0.0.0/8", "dev", "lo", "table", "local")
            space.run("ip", "route", "add", self.API, "via", router, "dev", "eth0", "src", address)

    def address(self, name):
        return self._addresses[name]

    def inside(self, name):
        """What runs a command on that machine."""
        return self._spaces[name].inside

    # MARK: Cuts

    def cut(self, source, target):
        """From now on, what `source` sends `target` vanishes."""
        rule = ["priority", "100", "from", self._addresses[source], "to", self._addresses[target], "blackhole"]
        run("ip", "rule", "add", *rule)
        self._cuts.append(rule)

    def heal(self):
        """Everything arrives again."""
        for rule in self._cuts:
            run("ip", "rule", "del", *rule)
        self._cuts = []

    def sent_to_api(self, name):
        """How much the API has of what this machine sent over the connections that are open now: by connection."""
        listing = self._spaces["api"].run("ss", "-Htni", "state", "established", "dst", self._addresses[name])
        found = {}
        for line in re.sub(r"\n\s+", " ", listing).splitlines():
            received = re.search(r"bytes_received:(\d+)", line)
            found[line.split()[3]] = int(received[1]) if received else 0
        return found

    def stop(self):
        for space in self._spaces.values():
            space.stop()

    # MARK: Parts

    @staticmethod
    def _write(path, value):
        with open(path, "w") as file:
            file.write(str(value))

    def _route_loopback(self, device):
        self._write(f"/proc/sys/net/ipv4/conf/{device}/route_localnet", 1)

    def _names(self):
        """Names for those who compare them with a certificate, seen by this run alone."""
        path = f"{self._directory}/hosts"
        lines = ["127.0.0.1 localhost", *(f"{self._addresses[name]} db-{name}" for name in ("one", "two")),
                 f"{self._addresses['pooler']} pooler"]
        with open(path, "w") as file:
            file.write("\n".join(lines) + "\n")
        subprocess.run(["mount", "--bind", path, "/etc/hosts"], check=True)
