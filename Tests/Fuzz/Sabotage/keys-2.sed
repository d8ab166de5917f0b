# Adds a key behind the others, where it does not seal.
# file: Sources/TokenVault/KeyFile.swift
# finding: with one more key the keys are others
s/Secret\(joining: \[line, (.*), rest\]\)/Secret(joining: [rest, \1, line])/
