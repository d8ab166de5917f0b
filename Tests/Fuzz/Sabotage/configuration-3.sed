# Writes a window as if it began with its end.
# file: Sources/RefreshConfiguration/Notations/Notation+Window.swift
# finding: written again|read again once it is written
s/\("from", \.string\(\$0\.from\.description\)\)/("from", .string($0.to.description))/
s/\("to", \.string\(\$0\.to\.description\)\)/("to", .string($0.from.description))/
