# Puts the token into the reason of an outcome.
# file: Sources/RefreshDaemon/Work/RenewingCall.swift
s/let answer = try await caller\.bank\.refresh(token, beginBy: beginBy)/_ = try await caller.bank.refresh(token, beginBy: beginBy); let answer = RefreshAnswer(outcome: .rejected(messages: [String(decoding: token.secret.withBytes { Array($0) }, as: UTF8.self)]), httpStatus: nil)/
