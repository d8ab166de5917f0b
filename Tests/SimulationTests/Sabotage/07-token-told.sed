# Puts the token into the reason of an outcome.
# file: Sources/RefreshDaemon/Work/RenewingCall.swift
s/let answer = await caller\.bank\.refresh(token)/_ = await caller.bank.refresh(token); let answer = RefreshAnswer(outcome: .rejected(messages: [String(decoding: token.secret.withBytes { Array($0) }, as: UTF8.self)]), httpStatus: nil)/
