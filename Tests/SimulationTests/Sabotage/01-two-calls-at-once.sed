# Calls twice at the same time.
# file: Sources/RefreshDaemon/Work/RenewingCall.swift
s/let answer = await caller\.bank\.refresh(token)/let bank = caller.bank; async let again = bank.refresh(token); let answer = await bank.refresh(token); _ = await again/
