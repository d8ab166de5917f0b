"""A configuration in which every time is a part of what it is by default."""
import json
import re
import subprocess

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(?:\d+(?:us|ms|s|m|h|d))+")
# What the daemon allows no less of: the times of a network are what they are.
_AT_LEAST = {"api.pingAfter": 1, "api.pingTimeout": 1}


def seconds(text):
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)(us|ms|s|m|h|d)", text))


def defaults(binary, by):
    """The defaults of a daemon, each time divided by `by` and each rate multiplied; and the names of the exceptions."""
    example = json.loads(subprocess.run([binary, "config", "example"], check=True, capture_output=True).stdout)
    kept = []
    configuration = _scaled(example, by, "", kept)
    configuration["limits"]["requestsPerSecond"] = example["limits"]["requestsPerSecond"] * by
    # The budget is one of a day in UTC, which nothing makes shorter.
    configuration["schedule"]["attemptsPerDay"] = example["schedule"]["attemptsPerDay"] * by
    return configuration, kept


def _scaled(value, by, path, kept):
    if isinstance(value, dict):
        return {key: _scaled(inner, by, f"{path}.{key}".lstrip("."), kept) for key, inner in value.items()}
    if not isinstance(value, str) or not _SPAN.fullmatch(value):
        return value
    part = seconds(value) / by
    if part < _AT_LEAST.get(path, 0):
        part = _AT_LEAST[path]
        kept.append(f"{path} {part} s")
    return f"{part * 1e6:.0f}us"
