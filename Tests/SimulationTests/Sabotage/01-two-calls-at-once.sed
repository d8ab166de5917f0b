# Calls twice at the same time.
# file: Sources/RefreshDaemon/Work/RenewingCall.swift
s/let answer = try await caller\.bank\.refresh(token, beginBy: beginBy)/let (bank, limit) = (caller.bank, beginBy); async let again = bank.refresh(token, beginBy: limit); let answer = try await bank.refresh(token, beginBy: limit); _ = try? await again/
