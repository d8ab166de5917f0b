# Repeats an unknown key, which may be a token.
# file: Sources/RefreshCore/Text/FieldProblem.swift
# finding: a refusal shows a secret
s/stranger\.isNoToken \?/!stranger.isEmpty ?/
