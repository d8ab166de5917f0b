# Takes the last line of a file that was cut off.
# file: Sources/UserImport/UserFileParser.swift
# finding: no newline ends
s/if isCutOff, let last/if isCutOff, lineNumber < 0, let last/
