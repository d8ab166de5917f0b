import Testing

/// The release binary as `make install` leaves it, under a real systemd and journald: `make test` runs it all inside
/// scripts/with-systemd.sh, whose machine is thrown away.
///
/// One test after the other: there is one machine, and one daemon on it.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct InstalledDaemon {}
