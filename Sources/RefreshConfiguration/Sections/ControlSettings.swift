/// The section `control`: how commands reach the daemon.
enum ControlSettings {
    static let table: [Setting<Configuration>] = [
        // A socket's path holds 108 bytes with its closing zero, see unix(7).
        Setting(
            "socket",
            \.controlSocket,
            .filePath(longest: 107),
            effect: .restart,
            "The Unix socket on which the daemon accepts commands. Its directory must exist. A reload arrives through "
                + "it and does not move it."
        )
    ]
}
