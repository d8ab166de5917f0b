# Finds every file sound.
# file: Sources/UserStores/SQLite/StoreExamination.swift
# finding: tokens open in a sound store
s/damage = try String\.fetchAll.*/damage = []/
