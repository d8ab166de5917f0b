/// One id for each kind of event, by which an operator can query the journal and look up what to do.
///
/// A released id keeps its meaning; `systemd/bankrefreshd.catalog` explains each. Source: `MESSAGE_ID` in
/// systemd.journal-fields(7).
package enum MessageID: String, Sendable, CaseIterable {
    // Attempts.
    case refreshed = "afc952ea4def4be7ae46ab966da87acc"
    case rejected = "122b06f7ce734d53a1bfceb3e118f750"
    case unauthorized = "b3c7f42da1524f4eb02f11aff337b109"
    case forbidden = "3ef87f8c22f44b0d9df21cf871628b9e"
    case refused = "6d6f8e362c4644a288ba5849784abe8a"
    case throttled = "fe7840f7e0a54239a65642425e0eba40"
    case unavailable = "15fc686d43e8473cbc245c888161560d"
    case unknown = "4d8e14670d5147c0b9d7b9eaf21eb31a"
    case malformed = "b3c53bb28ac34032b867167042188e1e"
    case misconfigured = "2d5bfb97b34f4ef78b09401390abdc5b"
    case refreshedSummary = "b3bd07b7462c43d5a8363f32cfcfa323"

    // Users.
    case userParked = "93e26ca3218d4c449f15bf71ebcdb1a6"
    case userAdded = "4d6bbeb76a6b43cdbf95d335b8e50be0"
    case usersImported = "d7c9618c457b4db99050c49882cc6e6e"
    case userUpdated = "5dc5b834863448ba99131f9e80295ea6"
    case tokenReplaced = "62e7bd52d9224c699f3a45437215b7c8"
    case tokenRenewed = "ee8fe5db1137480ab3093223f3b2562a"
    case renewalFailed = "f0c09af88ee047e68efbe0c315c9701c"
    case renewalRefused = "f3286f3bb5284695994e5fe52d14c15e"
    case usersSynced = "9c762d0b14fa4ee68abdeec29668dad3"
    case usersRegrouped = "023e3b4e79d545ce8564f518101b0ed6"
    case userRenamed = "b17d5f14d81043c8ac736636134739a8"
    case usersRemoved = "7528d68f695946a9b815c58180ce7d1a"
    case userRemoved = "8543af5f23844a9280cad639176256a2"
    case userPaused = "00c0d03479074766b50ac545ad2f97ce"
    case userResumed = "d76b33346c45462c8bf0bdf043f95786"

    // The fleet.
    case breakerOpened = "877b53896054484296fdd5f4bd9ffee9"
    case breakerMisconfigured = "7bef589535394e809f6fec57f2cf8925"
    case breakerProxy = "86f141451c204e51830173b6fe0ddb59"
    case breakerProbing = "71432f8ead4644a58d9f8da304f9299b"
    case breakerClosed = "b16718f9496c498ba251dbf9cbf1b4bb"
    case fleetThrottled = "82ddfebd623a4e30adad26931f397d22"
    case fleetThrottlingEnded = "17a162d983c747d7aad6a88486df40c5"
    case rateLimitFound = "b563edd8771a4e31a886c9e49f2c3081"
    case rateLimitGone = "8cb9fa9963bb4fd096c6521347e67dbc"
    case fleetPaused = "414ac585f91c47b189527f8dbdd56a04"
    case fleetResumed = "df74cf1e48ce4a238b3d3f9844167026"
    case renewalsSuspended = "4bdcecda973e45e8812537efb05b9507"
    case renewalsResumed = "ceb9684d4d2b420cac1587342ef1c291"
    case renewalsOff = "5a06f48e6711421b93ed31e651e4c196"
    case windowMissed = "6f0b1c5a9e3d4f7a8c2246d1b95e7730"

    // The daemon.
    case starting = "dc0839beb1dd41efae79610bba83e92c"
    case ready = "e60daccdeae24b44bdf0b11f9150f195"
    case failed = "657a187086664b2ea78e44f785619262"
    case configurationNote = "e31cbb6f7d5948aa9a9c4ac1f0c0b3c7"
    case stopping = "8401e26c7fa34ef38f1c57f6d012df11"
    case stopped = "0431b428b45d476ea358a392b11a4fb8"
    case reloaded = "f4d9b130e97946949d05c112f5dc09a2"
    case groupsUnknown = "6f9d0501fab94887afe84a3cf1a962a5"
    case reloadRefused = "c86e57a4671d41f9b47857d566191678"
    case keysChanged = "52af7bdce34244a3bad76c7d554dc2e6"
    case tokensResealed = "74a77678d2664edba23479f20585a8b6"
    case tokensGivenUp = "c13492292cbe460a860b060d7424dcb5"
    case tokensExported = "8d7080318de44b1da75c1f5f6c94a16d"
    case clockStepped = "dd902467c1de48bdb288b0a952ae2329"
    case memberJoined = "3eaed6cfd54e4e6fb93b6e4765f9aee7"
    case memberLeft = "d5f46b89dadc459998a6a2960d66b543"
    case memberVanished = "3875ba1c0db44064b817d330f06e024e"
    case settingsPublished = "79062de21a6f433ba56928111f808110"
    case settingsTaken = "c8c7fd3074514586bc2fff3e947ef48e"
    case settingsDiffer = "efa552355fff4923829ed172d5708b99"
    case settingsNotTaken = "a67245569c2f40d18d9c14fff2a1b3f6"
    case settingsAwaited = "e56a8aeb255841ae91d179c200e96cee"
    case storeClockSetForward = "db66f7df7420493fbb0c667e8cd03de9"
    case storePromoted = "36437468983848aea5688785147b9e31"
    case clockUncertain = "3fb5da6c4f5d4c9e92dfed0ad7c38a05"
    case storeFailed = "7ffbbd7a71504cae95498506b6929199"
    case storeRecovered = "2be885d7f4a047338d097d82af8a6101"
    case storeRestored = "a87311596d8345f998a5c5042837f9d7"
    case storeReopened = "5daf9a1ff3574a008cc1d38693b9b185"
    case storeMoved = "79ad43440f7c40c1ac0063d59c3c47a7"
    case storeMade = "ab39320bdc4e4f81b3155a86015b9168"
    case backupMade = "9339401ea45e41e49b4361abb3a1daf2"
    case backupFailed = "eb122c6de633437ca218559828c28a31"
    case controlFailed = "3079889b535940b6bb1059a65517161e"
    case webListening = "e1abba29589b4187afb6cdcf6f64ffca"
    case webExposed = "3be853cf131b440dbf42ac8948357cb8"
    case webFailed = "43e0af74a7b5431c9a77602b42588b63"
    case webLoginsRefused = "f94008686e6f478c81681210651b3e6f"
    case entriesDropped = "ccf4c61361e648c59f3b4cbf40a72b78"

    // Alerts.
    case alertRejected = "b796bb483f7946668066cebf9d330cbe"
    case alertRefused = "8cc0b025b23240e998eba4e21d3ac881"
    case alertRefusedCalls = "a55a36018ab24da79f9e6a8bbd8e4ad1"
    case alertAPI = "52d298caabb5493796edbc684e3c5c76"
    case alertFailing = "bfa0ad2ddab0440a87c63e4b7e9f9d4f"
    case alertStale = "5c346e7089254f0aa23da0f571e4ffba"
    case alertExpiring = "30ed8a946c3849e5aa6f326f52d97d33"
    case alertLate = "9beb455021eb41de9e8b9b66dba27778"
    case alertEnded = "4fcbd84cedd046aaad181a21d100839b"

    /// How urgently such an entry needs a person.
    ///
    /// A warning or an error requires someone to act; everything else resolves itself or was requested. If two entries
    /// report the same incident (a refused token parks its user), the lasting change is the warning.
    package var priority: JournalPriority {
        switch self {
        case .misconfigured, .breakerMisconfigured, .failed, .reloadRefused, .storeFailed, .alertFailing,
            .settingsNotTaken:
            .error
        case .userParked, .renewalRefused, .renewalsSuspended, .breakerOpened, .breakerProxy, .fleetThrottled,
            .windowMissed,
            .clockStepped, .clockUncertain, .memberVanished, .storeClockSetForward, .storePromoted, .storeRestored,
            .storeReopened, .storeMade,
            .backupFailed, .controlFailed, .groupsUnknown, .settingsDiffer, .settingsAwaited,
            .tokensGivenUp, .tokensExported, .webExposed, .webFailed, .webLoginsRefused, .entriesDropped,
            .alertRejected, .alertRefused, .alertRefusedCalls, .alertAPI, .alertStale, .alertExpiring, .alertLate:
            .warning
        case .rejected, .unauthorized, .forbidden, .refused, .throttled, .unavailable, .unknown, .malformed,
            .usersImported, .usersSynced, .usersRegrouped, .userRenamed, .usersRemoved, .userRemoved, .renewalFailed,
            .renewalsResumed, .renewalsOff, .userPaused, .userResumed,
            .breakerClosed, .fleetThrottlingEnded, .rateLimitFound, .rateLimitGone, .fleetPaused, .fleetResumed,
            .ready, .configurationNote, .stopping, .stopped, .reloaded, .keysChanged, .tokensResealed, .storeRecovered,
            .alertEnded, .memberJoined, .memberLeft, .storeMoved, .settingsPublished, .settingsTaken:
            .notice
        case .refreshed, .refreshedSummary, .userAdded, .userUpdated, .tokenReplaced, .tokenRenewed, .breakerProbing,
            .starting, .backupMade, .webListening:
            .info
        }
    }
}
