# Loses a byte of a line that comes in two parts.
# file: Sources/UserImport/UserFileParser.swift
# finding: a file that is cut gives other rows
s/var line = partial$/var line = Array(partial.dropLast())/
