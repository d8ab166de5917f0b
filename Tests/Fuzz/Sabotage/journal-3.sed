# Leaves control characters in a message.
# file: Sources/Host/Journal/JournalEntry.swift
# finding: a message of several lines|the vectors hold
/if !hasPlainMessage \{ cleanMessage\(\) \}/d
