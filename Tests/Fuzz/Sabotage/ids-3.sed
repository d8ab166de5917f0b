# Takes capital letters of an id for small ones.
# file: Sources/UserImport/UserIDFileParser.swift
# finding: stands nowhere in the file
s/UserID\(String\(copying: text\)\)/UserID(String(copying: text).lowercased())/
