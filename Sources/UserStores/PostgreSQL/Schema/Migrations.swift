/// A step to the present form of the schema.
struct Migration: Sendable {
    /// Run in one transaction.
    let statements: [String]
    /// Whether daemons that do not know this step can keep running; if not, it waits until none of them is alive.
    let sparesOlder: Bool
}

/// How the schema came to its present form; append only: a migration that was ever released never changes.
///
/// Moments are microseconds since 1970, UTC, as in the embedded store, so that copies are exact. There are no foreign
/// keys: they would cost a lookup and a row lock per settled user. All rows of a user are written in one transaction.
enum Migrations {
    static let all = [
        Migration(statements: tables.split(separator: ";\n").map(String.init) + counting, sparesOlder: false),
        Migration(statements: promotion, sparesOlder: true),
        Migration(statements: agreement, sparesOlder: true),
    ]

    /// The places of a batch are stored in its row, which has room for at most 900.
    static let mostPlaces = 900

    /// Columns of the widest type come first, to avoid padding.
    ///
    /// `due` is NULL for a user that only a person can get called. `since` is when the user was parked, or when its
    /// pause ends. `last_batch` is the lease under which the user was last settled: a lease settles at most once. A
    /// lease itself writes nothing to `schedule`: it is one row of `batches` for all of its users.
    ///
    /// `is_foreign` marks a batch that another member leased, which may have been stopped together with its clock. The
    /// one row of `fleet` is what claims read under its lock: the pause, the breaker, the prober. `members` has a row
    /// for each daemon that is alive, or disappeared less than a day ago. `now_us()` advances within a transaction,
    /// unlike `now()`.
    ///
    /// `schedule_by_due` contains the place, so that a claim reads only the index and finds the users of one moment in
    /// order.
    private static let tables = """
        CREATE TABLE bankrefreshd.schedule (
            place int8 PRIMARY KEY CHECK (place >= 0),
            due int8,
            slot int8 NOT NULL,
            reached_at int8,
            last_success int8,
            failing_since int8,
            attempted_at int8,
            since int8,
            refused_until int8,
            revision int8 NOT NULL,
            last_batch int8 NOT NULL DEFAULT 0,
            failures int8 NOT NULL,
            outage_tries int8 NOT NULL,
            outage_waits int8 NOT NULL,
            attempts_today int8 NOT NULL,
            refused_turns int8,
            day int4 NOT NULL,
            state int2 NOT NULL,
            park_reason int2,
            attempt_outcome int2,
            attempt_status int2,
            refused_status int2
        ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
        CREATE INDEX schedule_by_due ON bankrefreshd.schedule (due, place) WHERE due IS NOT NULL;
        CREATE INDEX schedule_unusual ON bankrefreshd.schedule (state, park_reason) WHERE state > 0;
        CREATE INDEX schedule_refused ON bankrefreshd.schedule (state, park_reason, since)
            WHERE refused_status IS NOT NULL;

        CREATE TABLE bankrefreshd.users (
            place int8 PRIMARY KEY,
            token_version int8 NOT NULL,
            token_expires_at int8,
            token_issued_at int8,
            renew_at int8,
            renewal_failures int8 NOT NULL,
            id text COLLATE "C" NOT NULL UNIQUE,
            group_name text COLLATE "C",
            token bytea NOT NULL,
            refresh_token bytea
        );
        CREATE INDEX users_by_renewal ON bankrefreshd.users (renew_at) WHERE renew_at IS NOT NULL;
        CREATE INDEX users_by_expiry ON bankrefreshd.users (token_expires_at) WHERE token_expires_at IS NOT NULL;

        CREATE TABLE bankrefreshd.reasons (place int8 PRIMARY KEY, text text NOT NULL);

        CREATE TABLE bankrefreshd.batches (
            id int8 PRIMARY KEY,
            member int8 NOT NULL,
            leased_at int8 NOT NULL,
            until_at int8 NOT NULL,
            purpose int2 NOT NULL,
            is_foreign bool NOT NULL DEFAULT false,
            lock text COLLATE "C",
            places int8[] NOT NULL CHECK (cardinality(places) <= \(mostPlaces))
        ) WITH (toast_tuple_target = 8160, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0,
            autovacuum_vacuum_cost_delay = 0);
        ALTER TABLE bankrefreshd.batches ALTER places SET STORAGE PLAIN;

        CREATE TABLE bankrefreshd.attempts (
            place int8 NOT NULL,
            day int4 NOT NULL,
            at int4 NOT NULL,
            duration int4 NOT NULL,
            number int4 NOT NULL,
            outcome int2 NOT NULL,
            status int2,
            origin int2 NOT NULL,
            reason text,
            PRIMARY KEY (place, at, day)
        ) PARTITION BY RANGE (day);
        CREATE TABLE bankrefreshd.tallies (
            stretch int8,
            attempts int8 NOT NULL,
            outcome int2,
            PRIMARY KEY (stretch, outcome)
        );

        CREATE TABLE bankrefreshd.fleet (
            one bool PRIMARY KEY DEFAULT true CHECK (one),
            paused_until int8,
            breaker_until int8,
            breaker_pause int8,
            breaker_count int8,
            prober int8,
            prober_until int8,
            epoch int8 NOT NULL DEFAULT 0,
            hold_until int8,
            system_id text,
            timeline text,
            pause_reason text,
            breaker_cause text
        );
        INSERT INTO bankrefreshd.fleet DEFAULT VALUES;
        CREATE TABLE bankrefreshd.members (
            id int8 PRIMARY KEY,
            joined_at int8 NOT NULL,
            seen_at int8 NOT NULL,
            name text COLLATE "C" NOT NULL UNIQUE,
            version text NOT NULL,
            report jsonb NOT NULL
        ) WITH (fillfactor = 50);
        CREATE TABLE bankrefreshd.duties (
            name text PRIMARY KEY,
            member int8 NOT NULL,
            until_at int8 NOT NULL
        );
        CREATE TABLE bankrefreshd.calendar_debts (
            moment int8,
            amount int8 NOT NULL,
            PRIMARY KEY (moment, amount)
        );
        CREATE FUNCTION bankrefreshd.now_us() RETURNS int8 LANGUAGE sql VOLATILE
            RETURN (extract(epoch FROM clock_timestamp()) * 1000000)::int8;
        CREATE TABLE bankrefreshd.groups (name text COLLATE "C" PRIMARY KEY, users int8 NOT NULL);
        """

    /// Keeps `groups` up to date: how many users each group has; users without a group count under the empty name.
    ///
    /// Counting them would read every user.
    private static let counting = [
        """
        CREATE FUNCTION bankrefreshd.count_users() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO bankrefreshd.groups AS g
                    SELECT coalesce(group_name, ''), count(*) FROM after GROUP BY 1 ORDER BY 1
                    ON CONFLICT (name) DO UPDATE SET users = g.users + excluded.users;
            ELSIF TG_OP = 'DELETE' THEN
                INSERT INTO bankrefreshd.groups AS g
                    SELECT coalesce(group_name, ''), -count(*) FROM before GROUP BY 1 ORDER BY 1
                    ON CONFLICT (name) DO UPDATE SET users = g.users + excluded.users;
            ELSE
                INSERT INTO bankrefreshd.groups AS g
                    SELECT name, sum(change)::int8 FROM (
                        SELECT coalesce(group_name, '') AS name, 1 AS change FROM after
                        UNION ALL SELECT coalesce(group_name, ''), -1 FROM before) moves
                    GROUP BY 1 HAVING sum(change) <> 0 ORDER BY 1
                    ON CONFLICT (name) DO UPDATE SET users = g.users + excluded.users;
            END IF;
            RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER users_come AFTER INSERT ON bankrefreshd.users REFERENCING NEW TABLE AS after
            FOR EACH STATEMENT EXECUTE FUNCTION bankrefreshd.count_users()
        """,
        """
        CREATE TRIGGER users_go AFTER DELETE ON bankrefreshd.users REFERENCING OLD TABLE AS before
            FOR EACH STATEMENT EXECUTE FUNCTION bankrefreshd.count_users()
        """,
        """
        CREATE TRIGGER users_move AFTER UPDATE ON bankrefreshd.users
            REFERENCING OLD TABLE AS before NEW TABLE AS after
            FOR EACH STATEMENT EXECUTE FUNCTION bankrefreshd.count_users()
        """,
    ]

    /// The settings that all daemons follow, and their version, which claims name.
    private static let agreement = [
        "ALTER TABLE bankrefreshd.fleet ADD COLUMN settings_version int8, ADD COLUMN settings text"
    ]

    /// Which server the fleet works with.
    ///
    /// A promotion raises the timeline, and a dump restored to another server does not carry the system identifier
    /// over. Some hosting providers let no role read the system identifier. `server` is where all claims were made so
    /// far. While another server answers, `promoted` names it. Of the members that were known to it (`awaited`, until
    /// `promotion_until`), those in `confirmed` reported whether everything is there that they know to be stored, and
    /// `is_lossy` is set if something is not. `doubt_from` is the latest moment up to which it is known to have
    /// everything. A batch that `is_kept` stands until its end, whatever its holder says.
    private static let promotion = [
        """
        CREATE FUNCTION bankrefreshd.server_identity() RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER
            SET search_path = pg_catalog AS $$
        DECLARE
            timeline text := left(pg_walfile_name(pg_current_wal_lsn()), 8);
        BEGIN
            IF has_function_privilege('pg_control_system()', 'EXECUTE') THEN
                RETURN timeline || '/' || (SELECT system_identifier FROM pg_control_system());
            END IF;
            RETURN timeline;
        END $$
        """,
        """
        ALTER TABLE bankrefreshd.fleet DROP COLUMN epoch, DROP COLUMN system_id, DROP COLUMN timeline,
            ADD COLUMN server text NOT NULL DEFAULT bankrefreshd.server_identity(),
            ADD COLUMN promoted text, ADD COLUMN promotion_until int8, ADD COLUMN awaited int8[],
            ADD COLUMN confirmed int8[], ADD COLUMN is_lossy bool, ADD COLUMN doubt_from int8,
            ADD COLUMN throttled_at int8, ADD COLUMN throttled_until int8, ADD COLUMN throttled_users int8,
            ADD COLUMN throttled_asked bool
        """,
        "ALTER TABLE bankrefreshd.batches ADD COLUMN is_kept bool NOT NULL DEFAULT false",
        """
        CREATE FUNCTION bankrefreshd.expect_server() RETURNS void LANGUAGE plpgsql VOLATILE
            SET search_path = pg_catalog AS $$
        BEGIN
            IF (SELECT server <> bankrefreshd.server_identity() FROM bankrefreshd.fleet WHERE one) THEN
                RAISE EXCEPTION 'another server took over the store' USING ERRCODE = '\(Promotion.unfinished)';
            END IF;
        END $$
        """,
    ]
}
