import Glibc
import Host
import Testing

@Suite struct ServiceManagerTests {
    let listener: NotifyListener
    let manager: ServiceManager

    init() throws {
        let listener = try NotifyListener("@bankrefreshd-test-\(UInt64.random(in: 0...UInt64.max))")
        self.listener = listener
        manager = ServiceManager(environment: { $0 == "NOTIFY_SOCKET" ? listener.name : nil })
    }

    @Test func `readiness and status come in one message`() {
        manager.ready(status: "Serving 3 users")
        #expect(listener.next() == "READY=1\nSTATUS=Serving 3 users")
        #expect(listener.next() == nil)
    }

    @Test func `the end and its status come in one message`() {
        manager.stopping(status: "Waiting for 2 calls")
        #expect(listener.next() == "STOPPING=1\nSTATUS=Waiting for 2 calls")
    }

    @Test func `a reload says when it began`() throws {
        func now() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
        }
        let before = now()
        manager.reloading()
        let lines = try #require(listener.next()).split(separator: "\n")
        try #require(lines.count == 2)
        #expect(lines[0] == "RELOADING=1")
        try #require(lines[1].hasPrefix("MONOTONIC_USEC="))
        let moment = try #require(Int(lines[1].dropFirst("MONOTONIC_USEC=".count)))
        #expect((before...now()).contains(moment))
    }

    @Test func `an unchanged status is not sent again`() {
        manager.ready(status: "Serving 3 users")
        #expect(listener.next() != nil)
        manager.status("Serving 3 users")
        #expect(listener.next() == nil)
        manager.status("Serving 4 users")
        manager.status("Serving 4 users")
        #expect(listener.next() == "STATUS=Serving 4 users")
        #expect(listener.next() == nil)
    }

    @Test func `a status cannot smuggle in another assignment`() {
        manager.status("all\nMAINPID=1\u{1B}[31m well")
        #expect(listener.next() == "STATUS=all MAINPID=1 [31m well")
    }

    @Test func `life and more time are asked for`() {
        manager.alive()
        manager.extendTimeout(by: .milliseconds(2_500))
        #expect(listener.next() == "WATCHDOG=1")
        #expect(listener.next() == "EXTEND_TIMEOUT_USEC=2500000")
    }

    @Test func `a path serves as well as an abstract name`() throws {
        let directory = try TemporaryDirectory()
        let listener = try NotifyListener("\(directory.path)/notify")
        ServiceManager(environment: { $0 == "NOTIFY_SOCKET" ? listener.name : nil }).alive()
        #expect(listener.next() == "WATCHDOG=1")
    }

    @Test(.timeLimit(.minutes(1)))
    func `a manager that reads nothing holds nobody up, and hears the status later`() {
        var sent = 0
        while sent < 100_000 {
            manager.status("Turn \(sent)")
            manager.alive()
            sent += 1
        }
        var heard: [String] = []
        while let message = listener.next() { heard.append(message) }
        #expect(heard.count < sent)
        manager.status("Turn \(sent - 1)")
        #expect(listener.next() == "STATUS=Turn \(sent - 1)")
    }

    @Test(arguments: [
        nil, "", "@", "relative/path", String(repeating: "/long", count: 100), "/nonexistent/notify",
    ])
    func `without a manager every message is lost without harm`(name: String?) {
        let manager = ServiceManager(environment: { $0 == "NOTIFY_SOCKET" ? name : nil })
        manager.ready(status: "ready")
        manager.status("status")
        manager.reloading()
        manager.alive()
        #expect(manager.watchdogInterval == nil)
    }

    @Test(
        arguments: [
            ("30000000", nil, Duration.seconds(30)), ("30000000", "\(getpid())", .seconds(30)),
            ("30000000", "1", nil),
            ("0", nil, nil), ("-5", nil, nil), ("soon", nil, nil), (nil, "\(getpid())", nil),
        ] as [(String?, String?, Duration?)]
    )
    func `the watchdog's interval is the unit's, if it means this process`(
        microseconds: String?,
        process: String?,
        interval: Duration?
    ) {
        let environment = ["WATCHDOG_USEC": microseconds, "WATCHDOG_PID": process]
        #expect(ServiceManager(environment: { environment[$0] ?? nil }).watchdogInterval == interval)
    }
}
