/// The ids of entries that operators ask for, as the catalog has them.
enum MessageID {
    static let starting = "dc0839beb1dd41efae79610bba83e92c"
    static let ready = "e60daccdeae24b44bdf0b11f9150f195"
    static let failed = "657a187086664b2ea78e44f785619262"
    static let stopping = "8401e26c7fa34ef38f1c57f6d012df11"
    static let stopped = "0431b428b45d476ea358a392b11a4fb8"
    static let reloaded = "f4d9b130e97946949d05c112f5dc09a2"
    static let reloadRefused = "c86e57a4671d41f9b47857d566191678"
    static let tokensExported = "8d7080318de44b1da75c1f5f6c94a16d"
    static let userParked = "93e26ca3218d4c449f15bf71ebcdb1a6"
    static let breakerOpened = "877b53896054484296fdd5f4bd9ffee9"
    static let breakerProbing = "71432f8ead4644a58d9f8da304f9299b"
    static let breakerClosed = "b16718f9496c498ba251dbf9cbf1b4bb"
    static let storeFailed = "7ffbbd7a71504cae95498506b6929199"
    static let entriesDropped = "ccf4c61361e648c59f3b4cbf40a72b78"
}
