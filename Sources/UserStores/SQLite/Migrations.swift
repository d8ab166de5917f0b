import GRDB
import RefreshCore

/// How the store came to its present form; append only: a migration that was ever released never changes.
///
/// Users lie in the order of their places on the circle of the schedule, so users who fall due together lie together: a
/// batch touches a few neighbouring pages instead of one page per user. To keep those pages few, other tables hold what
/// a turn of the scheduler does not change (id and token) and what few users have (the text of a failure).
enum Migrations {
    static func migrator(version: String) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: users and their schedule", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: first)
            try db.execute(sql: "PRAGMA application_id = \(StoreInspection.applicationID)")
            try Meta.set(.seed, to: Int64.random(in: .min ... .max), in: db)
            try Meta.set(.createdBy, to: version, in: db)
        }
        migrator.registerMigration("2: renewal of tokens", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: second)
        }
        migrator.registerMigration("3: history of attempts") { db in try db.execute(sql: third) }
        migrator.registerMigration("4: refused calls") { db in try db.execute(sql: fourth) }
        migrator.registerMigration("5: sizes of groups") { db in
            try db.execute(sql: fifth)
            try Meta.set(.users, to: try Int64.fetchOne(db, sql: "SELECT count(*) FROM users") ?? 0, in: db)
        }
        // Foreign keys are off during this migration and checked at its end: dropping the table must not delete users
        // with it.
        migrator.registerMigration("6: leases of batches") { db in
            let leases = try leasesOfUsers(in: db)
            try db.execute(sql: sixth)
            for lease in leases { try lease.insert(in: db) }
            try Meta.set(.leaseNumbers, to: leases.count, in: db)
        }
        return migrator
    }

    /// Moments are microseconds since 1970, UTC.
    ///
    /// `due` is NULL for a user that only a person can get called. `since` is when the user was parked, or when its
    /// pause ends. The lease columns are set together. Only free users are indexed by `due`, so finding the next ones
    /// never wades through leased ones. Only unusual users are indexed by state, so counting them is quick and a normal
    /// turn leaves the index alone.
    private static let first = """
        CREATE TABLE meta (
            key TEXT NOT NULL PRIMARY KEY,
            value ANY NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE schedule (
            place INTEGER PRIMARY KEY CHECK (place >= 0),
            due INTEGER,
            state INTEGER NOT NULL,
            park_reason INTEGER,
            since INTEGER,
            lease_id INTEGER,
            lease_until INTEGER,
            leased_at INTEGER,
            holder INTEGER,
            revision INTEGER NOT NULL DEFAULT 0,
            slot INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            outage_tries INTEGER NOT NULL,
            outage_waits INTEGER NOT NULL,
            reached_at INTEGER,
            day INTEGER NOT NULL,
            attempts_today INTEGER NOT NULL,
            last_success INTEGER,
            failing_since INTEGER,
            attempted_at INTEGER,
            attempt_outcome INTEGER,
            attempt_status INTEGER
        ) STRICT;
        CREATE INDEX schedule_free_by_due ON schedule (due) WHERE lease_id IS NULL AND due IS NOT NULL;
        CREATE INDEX schedule_leased_by_holder ON schedule (holder) WHERE lease_id IS NOT NULL;
        CREATE INDEX schedule_unusual_by_state ON schedule (state) WHERE state > 0;

        CREATE TABLE users (
            place INTEGER PRIMARY KEY REFERENCES schedule (place) ON DELETE CASCADE,
            id TEXT NOT NULL UNIQUE,
            group_name TEXT,
            token BLOB NOT NULL,
            token_version INTEGER NOT NULL,
            token_expires_at INTEGER
        ) STRICT;

        CREATE TABLE reasons (
            place INTEGER PRIMARY KEY REFERENCES schedule (place) ON DELETE CASCADE,
            text TEXT NOT NULL
        ) STRICT;
        """

    /// `leased_for` is 1 for a renewal, NULL for a call.
    ///
    /// Tokens that are already stored count as issued at the moment of the migration.
    private static let second = """
        ALTER TABLE schedule ADD COLUMN leased_for INTEGER;
        ALTER TABLE users ADD COLUMN refresh_token BLOB;
        ALTER TABLE users ADD COLUMN token_issued_at INTEGER;
        ALTER TABLE users ADD COLUMN renew_at INTEGER;
        ALTER TABLE users ADD COLUMN renewal_failures INTEGER NOT NULL DEFAULT 0;
        UPDATE users SET token_issued_at = unixepoch() * 1000000 WHERE token_expires_at IS NOT NULL;
        UPDATE users SET renew_at = CASE WHEN token_expires_at > token_issued_at
            THEN token_issued_at + (token_expires_at - token_issued_at) / 5 * 4 ELSE token_expires_at END
            WHERE token_expires_at IS NOT NULL;
        CREATE INDEX users_by_renewal ON users (renew_at) WHERE renew_at IS NOT NULL;
        CREATE INDEX users_by_expiry ON users (token_expires_at) WHERE token_expires_at IS NOT NULL;
        """

    /// One row per attempt, by day (UTC, since 1970) and then place.
    ///
    /// Rows that are written together lie together, however many attempts a user has, and old rows are removed in whole
    /// pages.
    ///
    /// `at` and `duration` are in milliseconds; `at` counts from the start of the day. `origin` is a sum: 1 for a call
    /// by hand, 2 for a forced call. A tally counts the attempts of all users in five minutes; the stretches are
    /// numbered from 1970.
    private static let third = """
        CREATE TABLE attempts (
            day INTEGER NOT NULL,
            place INTEGER NOT NULL,
            at INTEGER NOT NULL,
            duration INTEGER NOT NULL,
            outcome INTEGER NOT NULL,
            status INTEGER,
            origin INTEGER NOT NULL,
            number INTEGER NOT NULL,
            reason TEXT,
            PRIMARY KEY (day, place, at)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tallies (
            stretch INTEGER NOT NULL,
            outcome INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            PRIMARY KEY (stretch, outcome)
        ) STRICT, WITHOUT ROWID;
        """

    /// The run of refusals that a user is in: all NULL, or the status, the turns and when the last of them ends.
    ///
    /// Few users are in a run, so the index is small; it holds everything that counting them needs.
    ///
    /// No version ever wrote park reason 3. A row that holds it anyway becomes 2, which a person resolves in the same
    /// way.
    private static let fourth = """
        ALTER TABLE schedule ADD COLUMN refused_status INTEGER;
        ALTER TABLE schedule ADD COLUMN refused_turns INTEGER;
        ALTER TABLE schedule ADD COLUMN refused_until INTEGER;
        CREATE INDEX schedule_refused ON schedule (state, park_reason, since) WHERE refused_status IS NOT NULL;
        UPDATE schedule SET park_reason = 2 WHERE park_reason = 3;
        """

    /// The number of users in each group, kept up to date by triggers: counting them would read every user.
    private static let fifth = """
        CREATE TABLE groups (
            name TEXT NOT NULL PRIMARY KEY,
            users INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO groups (name, users)
            SELECT group_name, count(*) FROM users WHERE group_name IS NOT NULL GROUP BY group_name;
        CREATE TRIGGER users_join_group AFTER INSERT ON users WHEN NEW.group_name IS NOT NULL BEGIN
            INSERT INTO groups (name, users) VALUES (NEW.group_name, 1)
                ON CONFLICT (name) DO UPDATE SET users = users + 1;
        END;
        CREATE TRIGGER users_leave_group AFTER DELETE ON users WHEN OLD.group_name IS NOT NULL BEGIN
            UPDATE groups SET users = users - 1 WHERE name = OLD.group_name;
        END;
        CREATE TRIGGER users_change_group AFTER UPDATE OF group_name ON users
        WHEN OLD.group_name IS NOT NEW.group_name BEGIN
            UPDATE groups SET users = users - 1 WHERE name = OLD.group_name;
            INSERT INTO groups (name, users) SELECT NEW.group_name, 1 WHERE NEW.group_name IS NOT NULL
                ON CONFLICT (name) DO UPDATE SET users = users + 1;
        END;
        """

    /// A lease is one row for all users of a batch.
    ///
    /// `purpose` is 0 for calls and 1 for renewals; `places` holds eight bytes per user, little-endian. A settled user
    /// names the lease in `settled`. Nothing else in the schedule tells who is leased: leasing changes neither the
    /// table nor its index.
    ///
    /// Rows are deleted before their table is dropped: dropping alone would keep a copy of each page in memory.
    private static let sixth = """
        CREATE TABLE leases (
            id INTEGER PRIMARY KEY,
            holder INTEGER NOT NULL,
            until INTEGER NOT NULL,
            leased_at INTEGER NOT NULL,
            purpose INTEGER NOT NULL,
            places BLOB NOT NULL
        ) STRICT;

        CREATE TABLE next_schedule (
            place INTEGER PRIMARY KEY CHECK (place >= 0),
            due INTEGER,
            state INTEGER NOT NULL,
            park_reason INTEGER,
            since INTEGER,
            settled INTEGER,
            revision INTEGER NOT NULL DEFAULT 0,
            slot INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            outage_tries INTEGER NOT NULL,
            outage_waits INTEGER NOT NULL,
            reached_at INTEGER,
            day INTEGER NOT NULL,
            attempts_today INTEGER NOT NULL,
            last_success INTEGER,
            failing_since INTEGER,
            attempted_at INTEGER,
            attempt_outcome INTEGER,
            attempt_status INTEGER,
            refused_status INTEGER,
            refused_turns INTEGER,
            refused_until INTEGER
        ) STRICT;
        CREATE INDEX schedule_by_due ON next_schedule (due) WHERE due IS NOT NULL;
        INSERT INTO next_schedule
            SELECT place, due, state, park_reason, since, NULL, revision, slot, failures, outage_tries, outage_waits,
                reached_at, day, attempts_today, last_success, failing_since, attempted_at, attempt_outcome,
                attempt_status, refused_status, refused_turns, refused_until
            FROM schedule ORDER BY place;
        DELETE FROM schedule;
        DROP TABLE schedule;
        ALTER TABLE next_schedule RENAME TO schedule;
        CREATE INDEX schedule_unusual_by_state ON schedule (state) WHERE state > 0;
        CREATE INDEX schedule_refused ON schedule (state, park_reason, since) WHERE refused_status IS NOT NULL;
        """

    /// The leases that a process left when it ended, from the schema in which each user's row held its lease.
    private static func leasesOfUsers(in db: Database) throws -> [LeaseRow] {
        struct Common: Hashable {
            let holder: Int64
            let until: Timestamp
            let leasedAt: Timestamp
            let isForCall: Bool
        }
        var places: [Common: [Int64]] = [:]
        try PreparedStatement(
            "SELECT place, holder, lease_until, leased_at, leased_for FROM schedule WHERE lease_id IS NOT NULL", in: db
        ).each { row in
            let common = Common(
                holder: try DamagedStore.required(row.integer(1), "holder"),
                until: try DamagedStore.required(row.moment(2), "lease_until"),
                leasedAt: try DamagedStore.required(row.moment(3), "leased_at"), isForCall: row.integer(4) == nil)
            places[common, default: []].append(try DamagedStore.required(row.integer(0), "place"))
        }
        return places.sorted { $0.key.leasedAt < $1.key.leasedAt }.enumerated().map { index, batch in
            let terms = LeaseTerms(
                now: batch.key.leasedAt, until: batch.key.until, isForCall: batch.key.isForCall)
            return LeaseRow(Int64(index) + 1, batch.value, on: terms, holder: batch.key.holder)
        }
    }
}
