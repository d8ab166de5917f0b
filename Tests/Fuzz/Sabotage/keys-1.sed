# Removes the last key.
# file: Sources/TokenVault/KeyFile.swift
# finding: the last key can be removed
/^        try check\(file\)$/d
