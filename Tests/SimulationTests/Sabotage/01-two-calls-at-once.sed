# Calls twice at the same time.
# file: Sources/RefreshDaemon/Work/Refresher.swift
s/answer = await bank\.refresh(token)/async let again = bank.refresh(token); answer = await bank.refresh(token); _ = await again/
