/* One daemon, one SQLite store: leases on the disk before the call, a process that is killed at any moment, clocks that
 * are set.
 *
 * Tests/Model/run checks it. Each action is one transaction, or one step that a crash can come after; the names in
 * brackets are the code that does it. Time is as in fleet.pml: small whole numbers, compared with "at least" and "at
 * most" alone. The ids of batches rise for ever; here they are their ranks among the rows that are there, which is all
 * that is compared.
 *
 * What is violated, if anything: a call sooner than the floor after the last that may have reached the bank, a lease
 * that is settled twice, a user whom the cursor has passed and nobody holds.
 */

#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef FAILURES
#define FAILURES 0   /* transactions that fail */
#endif
#ifndef STEPS
#define STEPS 0      /* of the calendar, by one */
#endif
#ifndef BOOTS
#define BOOTS 0      /* crashes of the machine: the steady clock begins anew */
#endif
#ifndef USERS
#define USERS 3
#endif

#define FLOOR 2      /* schedule.minimumInterval */
#define CALL 1       /* how long a request takes at most */
#define GAP 1        /* the longest time without a daemon so far [ClockMark.longestGap] */
#define LONG (FLOOR + STEPS)
#define ROWS 4

#define NONE 0       /* a user in the daemon's memory */
#define LEASED 1
#define FLIGHT 2
#define ENDED 3
#define LOST 4       /* of a process that ended, not taken up yet */

/* ---- On the disk ---- */
byte since[3];       /* schedule.reached_at; the calendar that shows minus it, and FUTURE */
#define FUTURE STEPS
byte places[ROWS + 2]; /* leases: the places of each row, as bits; the rows begin at 1 */
byte settled[3];     /* schedule.settled: the rank of the row that the user was settled under */
bit moving;          /* the mark says that moments are being moved */
bit moved[3];        /* which of them were; known to nobody after a crash */

/* ---- In memory ---- */
bit up;
byte by[3];          /* OpenLeases.byPlace: under which row a place is leased */
byte at[3];
byte age[3];         /* of the request, or since it ended */
bit passed[3];       /* the cursor is behind the user [LeaseCursor] */

/* ---- The clocks ---- */
byte ahead;          /* the calendar that shows against the one of the stored moments; 1 is the same */
#define SAME 1
byte gap;            /* how long nobody has run */
bit booted;

/* ---- The truth ---- */
byte temp;
byte must[3];
bit called[3];       /* leased, and neither settled nor handed back */
byte crashes, failures, steps, boots;
#ifdef WITHOUT_FILE_LOCK
bit other[3];        /* a process that has the store too is about to call */
#endif

#define BIT(u) (1 << u)
#define IN(u, k) ((places[k] >> u) & 1)
#define AFTER(u) (since[u] - FUTURE)

/* ---- Parts ---- */
inline older(u, n) {
    if
    :: since[u] + (n) > LONG + FUTURE -> since[u] = LONG + FUTURE
    :: since[u] + (n) < 0 -> since[u] = 0
    :: else -> since[u] = since[u] + (n)
    fi
}
inline dropRow(k) {
    shift(k, 1); shift(k, 2); shift(k, 3); shift(k, 4);
    lower(k, 0); lower(k, 1); lower(k, 2)
}
inline shift(k, j) { if :: j >= k -> places[j] = places[j + 1] :: else fi }
inline lower(k, u) {
    if :: settled[u] >= k -> settled[u]-- :: else fi;
    if :: by[u] > k -> by[u]-- :: by[u] == k -> by[u] = 0 :: else fi
}
#define NOROOM (places[ROWS] != 0)
#define LAST(k) (places[1] == 0 -> 1 : (places[2] == 0 -> 2 : (places[3] == 0 -> 3 : 4)))

/* Whether something of a row is open, by the disk [OpenLeases.init] and by the map. */
#ifdef WITHOUT_RISING_IDS
#define OPEN(u, k) (IN(u, k) && settled[u] != k)
#else
#define OPEN(u, k) (IN(u, k) && settled[u] < k)
#endif
#define HELD(k) (by[0] == k || by[1] == k || by[2] == k)

/* A row goes with its last lease [LeaseChanges.finish]; the highest first, for those above move down. */
inline finish() { finishRow(4); finishRow(3); finishRow(2); finishRow(1) }
inline finishRow(k) { if :: !HELD(k) -> dropRow(k) :: else fi }
inline withdraw(u) { places[by[u]] = places[by[u]] & (7 - BIT(u)); by[u] = 0 }
inline fromStart() { passed[0] = 0; passed[1] = 0; passed[2] = 0 }

/* Nobody is lost: whoever the cursor has passed is leased. */
#define NOBODYLOST ((!passed[0] || by[0]) && (!passed[1] || by[1]) && (!passed[2] || by[2]))
#define CHECKED if :: up && !(NOBODYLOST) -> printf("- A USER IS LOST\n"); assert(false) :: else fi

/* A calendar that was set is seen by the look that comes before each decision [ClockStepGuard]. */
#ifdef WITHOUT_STEP_GUARD
#define AGREES 1
#else
#define AGREES (ahead == SAME)
#endif
#define WORKS \
    (up && !moving && by[0] * (at[0] == LOST) == 0 && by[1] * (at[1] == LOST) == 0 && by[2] * (at[2] == LOST) == 0)
#define WANTED(u) (u < USERS && by[u] == 0 && at[u] == NONE && !passed[u] && AFTER(u) >= FLOOR)

/* ---- A lease [SQLiteUserStore+Queue.swift, leaseDue] ---- */
inline lease(u, mask, k) {
    if
    :: (mask >> u) & 1 -> by[u] = k; at[u] = LEASED; age[u] = 0; called[u] = 1
    :: else
    fi;
    if :: AFTER(u) >= FLOOR && by[u] -> passed[u] = 1 :: else fi
}
#define ALL(mask) ((!(mask & 1) || WANTED(0)) && (!(mask & 2) || WANTED(1)) && (!(mask & 4) || WANTED(2)))
#ifdef WITHOUT_LEASE_FIRST
#define WRITTEN 0
#else
#define WRITTEN 1
#endif
#define LEASES(mask) \
    :: atomic { WORKS && AGREES && !NOROOM && ALL(mask) -> d_step { \
        temp = LAST(0); if :: WRITTEN -> places[temp] = mask :: else fi; \
        lease(0, mask, temp); lease(1, mask, temp); lease(2, mask, temp); temp = 0; \
        printf("- the users of mask %d are leased\n", mask) }; CHECKED }

/* ---- The call [Refresher.mayBegin] ---- */
inline call(u) {
    printf("- user %d is called\n", u + 1);
    if :: must[u] > 0 -> printf("- TOO SOON by %d\n", must[u]); assert(false) :: else fi;
    must[u] = FLOOR
}
#define CALLS(u) \
    :: atomic { WORKS && AGREES && at[u] == LEASED -> call(u); at[u] = FLIGHT } \
    :: atomic { up && at[u] == FLIGHT -> at[u] = ENDED; age[u] = 0; printf("- the call of user %d ends\n", u + 1) } \
    :: atomic { WORKS && AGREES && at[u] == LEASED -> d_step { \
        withdraw(u); at[u] = NONE; called[u] = 0; RESET; finish(); \
        printf("- user %d is handed back\n", u + 1) }; CHECKED }
#ifdef WITHOUT_CURSOR_BACK
#define RESET skip
#else
#define RESET fromStart()
#endif

/* ---- A settlement ---- */
#ifdef WITHOUT_AFTER_COMMIT
#define FAILED(u) by[u] = 0; at[u] = NONE; age[u] = 0; passed[u] = 0
#else
#define FAILED(u) skip
#endif
#define SETTLES(u) \
    :: atomic { WORKS && AGREES && at[u] == ENDED -> \
        if \
        :: settled[u] >= by[u] && by[u] > 0 -> printf("- user %d IS SETTLED TWICE\n", u + 1); assert(false) \
        :: else \
        fi; \
        d_step { since[u] = FUTURE + age[u]; settled[u] = by[u]; \
        by[u] = 0; called[u] = 0; at[u] = NONE; age[u] = 0; passed[u] = 0; \
        finish(); printf("- user %d is settled\n", u + 1) }; CHECKED } \
    :: atomic { WORKS && AGREES && at[u] == ENDED && failures < FAILURES -> d_step { failures++; FAILED(u); \
        printf("- the settlement of user %d fails\n", u + 1) }; CHECKED }

/* ---- The start [OpenLeases.init, recoverLeases, LeaseRecovery] ---- */
inline findLost(u) {
    by[u] = 0; at[u] = NONE; age[u] = 0; passed[u] = 0;
    if :: OPEN(u, 1) -> by[u] = 1; at[u] = LOST :: else fi;
    if :: OPEN(u, 2) -> by[u] = 2; at[u] = LOST :: else fi;
    if :: OPEN(u, 3) -> by[u] = 3; at[u] = LOST :: else fi;
    if :: OPEN(u, 4) -> by[u] = 4; at[u] = LOST :: else fi
}
#ifdef WITHOUT_UNKNOWN
#define RECOVERS(u) \
    :: atomic { up && !moving && AGREES && at[u] == LOST -> d_step { withdraw(u); at[u] = NONE; finish() }; \
        printf("- user %d of the process before is free\n", u + 1) }
#else
#define RECOVERS(u) \
    :: atomic { up && !moving && AGREES && at[u] == LOST && !NOROOM -> \
        if :: !called[u] -> printf("- user %d IS SETTLED TWICE\n", u + 1); assert(false) :: else fi; \
        d_step { \
        withdraw(u); temp = LAST(0); places[temp] = BIT(u); by[u] = temp; temp = 0; \
        at[u] = ENDED; age[u] = 0; finish(); \
        printf("- user %d of the process before is leased again, to be settled as unknown\n", u + 1) } }
#endif

/* How the calendar changed while nobody ran [ClockMark.change, ClockCatchUp]: in one boot the steady clock says it.
 * Over a boot what the calendar shows is taken for real if it is forward and no longer than a gap has been before; else
 * nothing of it. */
#define SHOWN (gap + ahead - SAME)
#ifdef WITHOUT_DISTRUST
#define REAL (SHOWN >= 0)
#else
#define REAL (SHOWN >= 0 && SHOWN <= GAP)
#endif
/* Moments of which some were moved are not moved back twice. */
#ifdef WITHOUT_MOVING_MARK
#define HALFBACK 0
#else
#define HALFBACK (moving && ahead < SAME)
#endif
inline follow(u) {
    if
    :: !booted && !HALFBACK -> older(u, SAME - ahead)
    :: booted && !REAL -> older(u, 0 - SHOWN)
    :: else
    fi
}
#ifdef WITHOUT_MARK
#define COMPARE skip
#else
#define COMPARE follow(0); follow(1); follow(2)
#endif
#define START \
    :: atomic { !up -> d_step { \
        COMPARE; future(); ahead = SAME; moving = 0; \
        moved[0] = 0; moved[1] = 0; moved[2] = 0; gap = 0; booted = 0; up = 1; \
        findLost(0); findLost(1); findLost(2); \
        printf("- the daemon starts\n") }; CHECKED }
/* A moment that is yet to come counts as now [NextStep.withoutFuture]. */
inline future() { now(0); now(1); now(2) }
inline now(u) { if :: since[u] < FUTURE -> since[u] = FUTURE :: else fi }

/* ---- The calendar is set ---- */
#define MOVE(u) \
    :: atomic { up && moving && !moved[u] -> d_step { moved[u] = 1; older(u, SAME - ahead); \
        printf("- the moments of user %d are moved\n", u + 1) } }

inline die() {
    up = 0; crashes++;
    clear(0); clear(1); clear(2)
}
inline clear(u) {
#ifdef WITHOUT_FILE_LOCK
    other[u] = (at[u] == LEASED);
#endif
    by[u] = 0; at[u] = NONE; age[u] = 0; passed[u] = 0
}
#ifdef WITHOUT_FILE_LOCK
#define OTHERS(u) :: atomic { other[u] -> other[u] = 0; printf("- by the first of two processes "); call(u) }
#else
#define OTHERS(u)
#endif

inline tickUser(u) {
    if :: must[u] > 0 -> must[u]-- :: else fi;
    older(u, 1);
    if :: at[u] == FLIGHT && age[u] < CALL -> age[u]++ :: at[u] == ENDED && age[u] < LONG -> age[u]++ :: else fi
}
#define WAITS(u) (!(at[u] == FLIGHT && age[u] == CALL))

/* Over a boot a step is as good as time; by as much as the longest gap it is taken for that. */
#if BOOTS > 0
#define BACK (!up)
#ifdef BOOT_HIDES_STEP
#define FORWARD (!up)
#else
#define FORWARD (!up && gap >= GAP)
#endif
#else
#define FORWARD 1
#define BACK 1
#endif

init {
    d_step {
        since[0] = LONG + FUTURE; since[1] = LONG + FUTURE; since[2] = LONG + FUTURE; ahead = SAME; up = 1
    };
end:
    do
    :: atomic { (!up || WAITS(0) && WAITS(1) && WAITS(2)) -> d_step {
        tickUser(0); tickUser(1); tickUser(2);
        if :: !up && gap < 2 -> gap++ :: else fi;
        printf("- time passes\n") } }
    LEASES(1) LEASES(2) LEASES(3) LEASES(4) LEASES(5) LEASES(6) LEASES(7)
    CALLS(0) CALLS(1) CALLS(2)
    SETTLES(0) SETTLES(1) SETTLES(2)
    RECOVERS(0) RECOVERS(1) RECOVERS(2)
    START
    OTHERS(0) OTHERS(1) OTHERS(2)
    :: atomic { up && crashes < CRASHES -> d_step { die(); printf("- the daemon is killed\n") } }
    :: atomic { !up && boots < BOOTS && !booted -> d_step { boots++; booted = 1;
        printf("- the machine starts anew\n") } }
    :: atomic { steps < STEPS && ahead == SAME && !moving && FORWARD -> d_step { steps++; ahead = SAME + 1;
        older(0, 1); older(1, 1); older(2, 1);
        printf("- the calendar is set forward\n") } }
    :: atomic { steps < STEPS && ahead == SAME && !moving && BACK -> d_step { steps++; ahead = SAME - 1;
        older(0, -1); older(1, -1); older(2, -1);
        printf("- the calendar is set back\n") } }
    :: atomic { up && ahead != SAME && !moving -> d_step { moving = 1;
        printf("- the daemon begins to move the moments\n") } }
    MOVE(0) MOVE(1) MOVE(2)
    :: atomic { up && moving && moved[0] && moved[1] && moved[2] -> d_step { moving = 0; ahead = SAME;
        moved[0] = 0; moved[1] = 0; moved[2] = 0; future(); RESET;
        printf("- all moments are moved\n") } }
    od
}
