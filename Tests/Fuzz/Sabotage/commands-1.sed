# Leaves a tilde to the shell.
# file: Sources/RefreshDaemon/Operations/FixCommand.swift
# finding: more than words
s/"\._-@:\/\+"/"._-@:\/+~"/
