# Loses the refresh token of a user that waits.
# file: Sources/UserImport/PackedUsers.swift
# finding: a packed user is another
s/refreshToken: refreshToken == group \? nil : .*,$/refreshToken: nil,/
