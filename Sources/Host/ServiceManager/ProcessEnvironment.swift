import Glibc

/// The environment the process was started with.
package enum ProcessEnvironment {
    /// The variable's value; nil where it is not set.
    ///
    /// Nothing in the daemon changes the environment, so reading it is safe on any thread.
    package static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
