"""A virtual machine with Debian, systemd and clocks of its own; QEMU emulates its processor."""
import base64
import os
import socket
import time
from dataclasses import dataclass

from processes import Failure, Program, wait_until
from qmp import Monitor


@dataclass
class Clocks:
    """What a machine's clocks showed when the host's showed `host`; all in seconds."""

    host: float
    boot: float
    wall: float


class Machine:
    def __init__(self, unpacked, directory, payload):
        """`unpacked` has QEMU and the image; `payload` is a second disk, which the machine may only read."""
        self.directory, self._payload, self._unpacked = directory, payload, unpacked
        self._sent, self._line, self.program, self.monitor = 0, None, None, None

    def start(self):
        root, image = f"{self._unpacked}/root", self._unpacked
        libraries = "/usr/lib/x86_64-linux-gnu"
        # The processor's counter is the host's. With q35 and the PM timer, time stood still after a suspend.
        kernel = "root=/dev/vda rw console=ttyS0 tsc=reliable quiet mitigations=off systemd.show_status=no"
        self.program = Program("qemu", [
            f"{root}/usr/bin/qemu-system-x86_64", "-accel", "tcg", "-machine", "pc", "-cpu", "max", "-smp", "1",
            "-m", "768",
            "-L", f"{root}/usr/share/seabios", "-L", f"{root}/usr/share/qemu", "-L", f"{root}/usr/lib/ipxe/qemu",
            "-nodefaults", "-no-user-config", "-display", "none", "-rtc", "base=utc,clock=host",
            "-kernel", f"{image}/vmlinuz", "-initrd", f"{image}/initrd", "-append", kernel,
            "-drive", f"file={image}/root.ext4,if=virtio,format=raw,snapshot=on",
            "-drive", f"file={self._payload},if=virtio,format=raw,read-only=on",
            "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
            "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=commands,name=commands",
            "-chardev", f"socket,id=commands,path={self.directory}/commands,server=on,wait=off",
            "-serial", f"file:{self.directory}/console", "-qmp", f"unix:{self.directory}/qmp,server=on,wait=off",
        ], self.directory, {"LD_LIBRARY_PATH": f"{root}{libraries}:{root}/lib/x86_64-linux-gnu"})
        wait_until("QEMU listens", lambda: os.path.exists(f"{self.directory}/qmp"), 30, self.program)
        self.monitor = Monitor(f"{self.directory}/qmp")
        port = socket.socket(socket.AF_UNIX)
        port.connect(f"{self.directory}/commands")
        self._line, self._received = port, b""
        self.wait_until_booted()

    def wait_until_booted(self, seconds=900):
        while self._read(seconds, "the machine did not boot") != ["ready"]:
            pass

    def stop(self):
        if self.program:
            self.program.kill()

    # MARK: Commands, as root of the machine

    def run(self, command, seconds=120, fails=False):
        """What a command prints. It must succeed, unless it may fail."""
        code, output = self._ask(base64.b64encode(command.encode()).decode(), seconds, command)
        text = base64.b64decode(output).decode(errors="replace").rstrip("\n")
        if code != "0" and not fails:
            raise Failure(f"in the machine, {command!r} ended with {code}: {text}")
        return text

    def begin(self, command):
        """Begins a command after which the machine may not answer for a while."""
        self.run(f"systemd-run --quiet --collect bash -c {command!r}")

    def clocks(self):
        """The machine's clocks, by the quickest of some answers."""
        best = None
        for _ in range(8):
            before = time.time()
            _, boot, wall = self._ask("clock", 60, "clock")
            after = time.time()
            if best is None or after - before < best[0]:
                best = (after - before, Clocks((before + after) / 2, float(boot), float(wall)))
        return best[1]

    def monotonic(self):
        """What CLOCK_MONOTONIC shows, on which systemd's watchdog counts; to some tenths of a second."""
        return float(self.run("awk '/^now at/ { print $3 / 1e9; exit }' /proc/timer_list"))

    def _ask(self, text, seconds, what):
        self._sent += 1
        self._line.sendall(f"{self._sent} {text}\n".encode())
        while True:
            words = self._read(seconds, f"no answer to {what!r}")
            if words[0] == str(self._sent):
                return words[1:]

    def _read(self, seconds, problem):
        end = time.monotonic() + seconds
        while b"\n" not in self._received:
            self._line.settimeout(max(0.1, end - time.monotonic()))
            try:
                received = self._line.recv(65536)
            except TimeoutError as error:
                raise Failure(f"{problem} within {seconds} s; see {self.directory}/console") from error
            if not received:
                raise Failure(f"QEMU ended; see {self.program.log}")
            self._received += received
        line, self._received = self._received.split(b"\n", 1)
        return line.decode().split()
