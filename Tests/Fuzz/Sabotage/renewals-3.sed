# Repeats the client's secret as it was sent.
# file: Sources/TightAPI/Renewal/RenewalRequest.swift
# finding: an answer shows a secret
s/let echoes = secrets \+ secrets\.map.*/let echoes = secrets/
