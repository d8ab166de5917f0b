# Takes a user twice.
# file: Sources/UserImport/UserIDFileParser.swift
# finding: a user is named twice
s/if let first \{/if let first, first < 0 {/
