# Counts what lies before a window as a part of it.
# file: Sources/RefreshCore/Schedule/ZoneRules.swift
# finding: a moment outside the window
s/let opens = max\(cursor, local\.lowerBound - offset\(ofPeriod: period\)\)/let opens = cursor/
