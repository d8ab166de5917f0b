# Settles every lease twice.
# file: Sources/RefreshDaemon/Work/Refresher.swift
s/case \.settled, \.refused: decision/case .settled, .refused: settlements.settle(settlement) { _ in }; decision/
