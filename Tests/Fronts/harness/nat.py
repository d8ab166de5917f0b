"""A NAT between the daemon and its front, made of namespaces, that can forget the connections it carries."""
import subprocess

from processes import Failure, Program


class Nat:
    """Client - router - this machine. A forgotten connection's packets vanish; nobody is told."""

    def __init__(self, number, directory):
        self.address, self._client = f"10.77.{number}.1", f"10.78.{number}.2"
        self._spaces = {}
        for name in ("router", "client"):
            self._spaces[name] = Program(f"nat-{name}", ["unshare", "--net", "sleep", "infinity"], directory)
        near, far = f"near{number}", f"far{number}"
        router, client = (self._space(name) for name in ("router", "client"))
        _run("ip", "link", "add", near, "type", "veth", "peer", "name", "near", "netns", str(router))
        _run("ip", "address", "add", f"{self.address}/30", "dev", near)
        _run("ip", "link", "set", near, "up")
        _run("ip", "route", "add", f"10.78.{number}.0/30", "via", f"10.77.{number}.2")
        self.in_router("ip", "link", "add", far, "type", "veth", "peer", "name", "eth0", "netns", str(client))
        for device, address in (("near", f"10.77.{number}.2/30"), (far, f"10.78.{number}.1/30")):
            self.in_router("ip", "address", "add", address, "dev", device)
            self.in_router("ip", "link", "set", device, "up")
        self.in_router("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        for command in (["ip", "link", "set", "lo", "up"],
                        ["ip", "address", "add", f"{self._client}/30", "dev", "eth0"],
                        ["ip", "link", "set", "eth0", "up"],
                        ["ip", "route", "add", "default", "via", f"10.78.{number}.1"]):
            _run(*self.inside, *command)

    def _space(self, name):
        """The process that holds a namespace, once it has left ours."""
        program = self._spaces[name]
        own = subprocess.run(["readlink", "/proc/self/ns/net"], capture_output=True, text=True).stdout
        for _ in range(200):
            run = subprocess.run(["readlink", f"/proc/{program.pid}/ns/net"], capture_output=True, text=True)
            if run.stdout and run.stdout != own:
                return program.pid
            subprocess.run(["sleep", "0.02"])
        raise Failure(f"no namespace for {name}")

    @property
    def inside(self):
        """What runs a command on the client's side."""
        return ["nsenter", "--net", "--target", str(self._spaces["client"].pid), "--"]

    def in_router(self, *command):
        _run("nsenter", "--net", "--target", str(self._spaces["router"].pid), "--", *command)

    def forget(self, port):
        """Drops from now on what the client's present connections to `port` carry, both ways; returns their count."""
        listing = _run(*self.inside, "ss", "-Htn", "state", "established", f"( dport = :{port} )")
        locals_ = [line.split()[2].rpartition(":")[2] for line in listing.splitlines()]
        for local in locals_:
            for side, other in (("sport", "dport"), ("dport", "sport")):
                self.in_router("ip", "rule", "add", "priority", "100", "ipproto", "tcp", side, local, other, str(port),
                               "blackhole")
        return len(locals_)

    def stop(self):
        for program in self._spaces.values():
            program.kill()


def _run(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise Failure(f"{' '.join(command)}: {run.stderr}")
    return run.stdout
