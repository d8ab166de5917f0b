import Glibc
import RefreshCore

extension Timestamp {
    init(_ time: timespec) {
        self.init(microsecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// The moment as the system takes it; for moments after 1970.
    var timespec: timespec {
        .init(
            tv_sec: Int(microsecondsSinceEpoch / 1_000_000),
            tv_nsec: Int(microsecondsSinceEpoch % 1_000_000 * 1_000)
        )
    }
}
