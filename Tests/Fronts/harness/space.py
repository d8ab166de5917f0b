"""A network namespace, held by a process that does nothing else."""
import os
import subprocess

from processes import Failure, Program, wait_until


class Space:
    """A machine as far as the network goes: devices, addresses and routes of its own."""

    def __init__(self, name, directory):
        self._program = Program(f"space-{name}", ["unshare", "--net", "sleep", "infinity"], directory)
        own = os.readlink("/proc/self/ns/net")
        wait_until(f"there is a namespace for {name}", lambda: self._namespace() not in (None, own), 5, self._program)
        self.run("ip", "link", "set", "lo", "up")

    def _namespace(self):
        try:
            return os.readlink(f"/proc/{self.pid}/ns/net")
        except OSError:
            return None

    @property
    def pid(self):
        return self._program.pid

    @property
    def inside(self):
        """What runs a command there."""
        return ["nsenter", "--net", "--target", str(self.pid), "--"]

    def run(self, *command):
        return run(*self.inside, *command)

    def connect(self, near, address, far, far_address):
        """A cable: `near` with `address` here, `far` with `far_address` there."""
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", str(self.pid))
        run("ip", "address", "add", address, "dev", near)
        run("ip", "link", "set", near, "up")
        self.run("ip", "address", "add", far_address, "dev", far)
        self.run("ip", "link", "set", far, "up")

    def stop(self):
        self._program.kill()


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
