# Binds a token to the beginning of its user's id.
# file: Sources/TokenVault/TokenSealer.swift
# finding: another user's token opens
s/("bankrefreshd token 1"), id\.rawValue/\1, String(id.rawValue.prefix(5))/
s/("bankrefreshd refresh token 1"), id\.rawValue/\1, String(id.rawValue.prefix(5))/
