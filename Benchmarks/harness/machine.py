"""What the kernel says of a process: CPU, memory, input and output, wake-ups."""
import os
import platform
import time


def run(arguments, environment=None, stdin=None, stdout=None, stderr=None):
    """Runs a program to its end; returns its wall time, CPU seconds (user + system) and peak RSS in MiB."""
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            for descriptor, path, flags in ((0, stdin, os.O_RDONLY), (1, stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
                                            (2, stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
                if path:
                    os.dup2(os.open(path, flags, 0o600), descriptor)
            os.execvpe(arguments[0], arguments, {**os.environ, **(environment or {})})
        except OSError as error:
            os.write(2, f"{arguments[0]}: {error}\n".encode())
        os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(arguments[:4])} … ended with {os.waitstatus_to_exitcode(status)}"
                         + (f"; see {stderr}" if stderr else ""))
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def memory(pid):
    """RSS and its peak, in MiB."""
    fields = _fields(f"/proc/{pid}/status")
    return _kib(fields["VmRSS"]), _kib(fields["VmHWM"])


def written(pid):
    """Bytes that the process caused to be written to disk."""
    return int(_fields(f"/proc/{pid}/io")["write_bytes"])


def wakeups(pid):
    """How often a thread of the process has slept, over all threads that live."""
    count = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        count += int(_fields(f"/proc/{pid}/task/{task}/status")["voluntary_ctxt_switches"])
    return count


def description():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown CPU")
    with open("/etc/os-release") as file:
        system = next(line.split("=")[1].strip().strip('"') for line in file if line.startswith("PRETTY_NAME"))
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{os.cpu_count()} cores of {model}, {pages / 2**30:.0f} GiB, {system}, Linux {platform.release()}"


def _fields(path):
    with open(path) as file:
        return dict(line.rstrip("\n").split(":", 1) for line in file)


def _kib(text):
    return int(text.split()[0]) / 1024
