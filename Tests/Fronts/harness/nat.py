"""A NAT between the daemon and its front, made of namespaces, that can forget the connections it carries."""
from space import Space, run


class Nat:
    """Client - router - this machine. A forgotten connection's packets vanish; nobody is told."""

    def __init__(self, number, directory):
        self.address = f"10.77.{number}.1"
        self._router, self._client = (Space(f"nat-{name}", directory) for name in ("router", "client"))
        self._router.connect(f"near{number}", f"{self.address}/30", "near", f"10.77.{number}.2/30")
        run("ip", "route", "add", f"10.78.{number}.0/30", "via", f"10.77.{number}.2")
        far = f"far{number}"
        self.in_router("ip", "link", "add", far, "type", "veth", "peer", "name", "eth0", "netns", str(self._client.pid))
        self.in_router("ip", "address", "add", f"10.78.{number}.1/30", "dev", far)
        self.in_router("ip", "link", "set", far, "up")
        self.in_router("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        for command in (["address", "add", f"10.78.{number}.2/30", "dev", "eth0"], ["link", "set", "eth0", "up"],
                        ["route", "add", "default", "via", f"10.78.{number}.1"]):
            self._client.run("ip", *command)

    @property
    def inside(self):
        """What runs a command on the client's side."""
        return self._client.inside

    def in_router(self, *command):
        self._router.run(*command)

    def forget(self, port):
        """Drops from now on what the client's present connections to `port` carry, both ways; returns their count."""
        listing = self._client.run("ss", "-Htn", "state", "established", f"( dport = :{port} )")
        locals_ = [line.split()[2].rpartition(":")[2] for line in listing.splitlines()]
        for local in locals_:
            for side, other in (("sport", "dport"), ("dport", "sport")):
                self.in_router("ip", "rule", "add", "priority", "100", "ipproto", "tcp", side, local, other, str(port),
                               "blackhole")
        return len(locals_)

    def stop(self):
        for space in (self._router, self._client):
            space.stop()
