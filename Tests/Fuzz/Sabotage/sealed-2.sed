# Opens a refresh token as an access token.
# file: Sources/TokenVault/TokenSealer.swift
# finding: a token of the other kind opens
s/"bankrefreshd refresh token 1"/"bankrefreshd token 1"/
