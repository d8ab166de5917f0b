# Takes an answer for SUCCESS that goes on behind its object.
# file: Sources/TightAPI/Answer/ResponseScan.swift
# finding: the quick look says
s/guard index == bytes\.count else \{ return \.undecided \}/_ = index/
