# Binds a token to the beginning of its user's id.
# file: Sources/TokenVault/TokenSealer.swift
# finding: that is not its own
s/("bankrefreshd token 1"), id\.rawValue/\1, String(id.rawValue.prefix(5))/
