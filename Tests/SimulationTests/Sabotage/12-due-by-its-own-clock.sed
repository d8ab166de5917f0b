# Claims who is due by a calendar that was set back.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLFleetTests/.*the clock was set back
s/"(SELECT least(\$6::int8, \\(clock)))"/"$6::int8"/
