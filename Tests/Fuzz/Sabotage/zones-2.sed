# Takes offsets of more than a day.
# file: Sources/RefreshCore/Schedule/ZoneRules.swift
# finding: an offset of
s/transitions\.allSatisfy\(\{ Self\.offsets\.contains\(\$0\.offset\) \}\)/Self.offsets.contains(firstOffset)/
