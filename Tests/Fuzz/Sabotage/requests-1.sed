# Sends a part of a removal as one of an import.
# file: Sources/RefreshDaemon/Operations/ImportPart.swift
# finding: sent again it is another
s/if kind != \.imported \{/if kind == .imported {/
