# Reads an hour as longer than one.
# file: Sources/TightAPI/Answer/RetryAfter.swift
# finding: for others
s/hour \* 3_600/hour * 3_601/
