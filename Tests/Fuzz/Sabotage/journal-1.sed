# Takes a value for one line that has a line break.
# file: Sources/Host/Journal/JournalEntry.swift
# finding: the vectors hold|taken for plain
s/value\.utf8\.contains\(Self\.lineBreak\)/value.utf8.first == Self.lineBreak/
