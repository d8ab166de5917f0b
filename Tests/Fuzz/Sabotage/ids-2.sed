# Takes the last line of a file that was cut off.
# file: Sources/UserImport/UserIDFileParser.swift
# finding: no newline ends
s/if ids\.count > known, case/if ids.count < known, case/
