import ArgumentParser
import RefreshConfiguration

struct ConfigExample: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example",
        abstract: "Print the example configuration: every key with its default.",
        discussion: """
            The output is the file /usr/share/bankrefreshd/config.example.json, from the program itself. Its api is \
            the sandbox; set it to the API that you use. You may omit any other key.

              bankrefreshd config example > /etc/bankrefreshd/config.json
            """)

    func run() async throws {
        StandardOutput.write(Configuration.default.text)
    }
}
