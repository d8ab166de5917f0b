# Ends the quotation at an apostrophe.
# file: Sources/RefreshDaemon/Operations/FixCommand.swift
# finding: more than words|for a shell
s/String\(decoding: Array\(utf8\)\.replacing.*/self/
