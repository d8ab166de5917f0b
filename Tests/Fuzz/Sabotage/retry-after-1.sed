# Takes the last of several values.
# file: Sources/TightAPI/Answer/RetryAfter.swift
# finding: not the longest of them|the order of the values counts
0,/longest = max\(wait, longest \?\? wait\)/s//longest = wait/
