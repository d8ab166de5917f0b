"""Where the daemon's CPU goes: samples of perf, each given to the innermost frame that names a part of the work."""
import collections
import re
import subprocess

# Modules of Swift as they begin a mangled name: $s, length, name. Libraries by their file.
_PARTS = [
    ("sealing", r"\$s10TokenVault|\$s6Crypto|\$s15CryptoBoringSSL"),
    ("JSON", r"\$s8TightAPI\w*(JSON|Body|Scan|Decod|RetVal|OutcomeMapping)|\$s20FoundationEssentials\w*JSON"),
    ("store", r"\$s11SQLiteStore|\$s4GRDB|sqlite3|libsqlite3|pwrite|pread|fdatasync|fcntl"),
    ("journal", r"\$s4Host|sd_journal|libsystemd"),
    ("HTTP + TLS", r"\$s8TightAPI|\$s15AsyncHTTPClient|\$s3NIO|\$s7NIO|\$s8NIO|\$s10NIO|CNIO|c_nio|\$s5NIO"),
    ("scheduling", r"\$s13RefreshDaemon|\$s11RefreshCore|\$s12bankrefreshd|\$s8Dispatch|libdispatch|_dispatch|swift_task|"
                   r"swift_job|libswift_Concurrency"),
]
_PARTS = [(part, re.compile(pattern)) for part, pattern in _PARTS]


def record(pid, path):
    """Samples the process until the recorder is stopped."""
    return subprocess.Popen(["perf", "record", "--quiet", "-F", "999", "-g", "-p", str(pid), "-o", path])


def shares(path):
    """Parts of the work and their share of all samples, the largest first."""
    counts = collections.Counter()
    text = subprocess.run(["perf", "script", "-i", path, "-F", "ip,sym,dso"], check=True, capture_output=True,
                          text=True, errors="replace").stdout
    with open(path + ".txt", "w") as file:
        file.write(text)
    for stack in text.split("\n\n"):
        if stack.strip():
            counts[_part(stack)] += 1
    total = sum(counts.values())
    return [(part, count / total) for part, count in counts.most_common()]


def _part(stack):
    for frame in stack.splitlines():
        for part, pattern in _PARTS:
            if pattern.search(frame):
                return part
    return "other"
