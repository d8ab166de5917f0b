# Takes a redirection for a success.
# file: Sources/TightAPI/Answer/OutcomeMapping.swift
# finding: refreshed by status
s/case 200\.\.<300: return success/case 200..<400: return success/
