# Goes on calling with a token that was refused.
# file: Sources/RefreshCore/Step/NextStep.swift
/case \.unauthorized, /{n;s/park(&next, \.unauthorized, now: now)/awaitNextSlot(\&next, now: now, policy: policy)/}
