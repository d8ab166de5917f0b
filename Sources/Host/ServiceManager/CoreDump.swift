import Glibc

/// The image of its memory that a process leaves when it crashes.
package enum CoreDump {
    /// Has this process leave none, whoever started it: a core would hold tokens. False when the system refuses.
    ///
    /// Source: setrlimit(2), core(5).
    package static func forbid() -> Bool {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        return setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
    }
}
