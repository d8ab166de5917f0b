import Glibc

/// What a process leaves of its memory when it crashes.
package enum CoreDump {
    /// Has this process leave no core and no trace with what registers point to; false when the system refuses.
    ///
    /// Either would hold tokens. Who sets `SWIFT_BACKTRACE` wants traces, and gets them. Source: setrlimit(2), core(5).
    package static func forbid() -> Bool {
        if ProcessEnvironment.value("SWIFT_BACKTRACE") == nil {
            for crash in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        return setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
    }
}
