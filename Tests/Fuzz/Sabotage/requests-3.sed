# Sends a pause without its beginning.
# file: Sources/RefreshCore/User/UserStanding+Codable.swift
# finding: sent again it is another|can be read
s/try add\(end\?\.until, \.since\)/try add(end?.due, .since)/
