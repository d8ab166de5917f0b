# Waits longer than the longest wait.
# file: Sources/TightAPI/Answer/RetryAfter.swift
# finding: a wait of
s/return min\(hasFraction \? whole \+ \.seconds\(1\) : whole, longest\)/return hasFraction ? whole + .seconds(1) : whole/
