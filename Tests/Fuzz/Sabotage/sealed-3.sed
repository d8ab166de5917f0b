# Takes back what was given up under another version.
# file: Sources/TokenVault/TokenSealer.swift
# finding: given up and taken back
s/SealedToken\(bytes: \[SealedToken\.version\] \+/SealedToken(bytes: [2] +/
