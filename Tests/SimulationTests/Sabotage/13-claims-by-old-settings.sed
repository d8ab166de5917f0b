# Claims by the settings of before, when others were published.
# file: Sources/UserStores/PostgreSQL/Queue/ClaimTerms.swift
# test: PostgreSQLFleetSettingsTests/.*no claim is made by the settings of before
s/return "f\.settings_version IS NOT DISTINCT FROM .*/return "true"/
