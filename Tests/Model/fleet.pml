/* Several daemons, one PostgreSQL store: how users are claimed, called, settled and taken over.
 *
 * Tests/Model/run checks it. Each action is one transaction of the store, or one step of a daemon that another can see;
 * the names in brackets are the code that does it. What may go wrong is an action like any other, so the checker tries
 * it at every moment. fleet-queue.pml has what daemons do with users, fleet-faults.pml the calendar and all faults.
 *
 * TIME. A moment is a small number of ticks, kept as the time since or until it. Every clock is compared with "at
 * least" and "at most" alone. For such systems whole numbers suffice: whatever goes wrong between two ticks goes wrong
 * at one, too (Henzinger, Manna, Pnueli: What good are digital clocks?, 1992). Two things that happen at one tick
 * happen in any order. The numbers keep the order of the real ones, which is what the protocol relies on; that a floor
 * is short beside a lease only makes faults easier to find.
 *
 *     model            code
 *     WINDOW   1       CallWindow.span, 20 s after a claim was sent; here, after it was committed, which is later
 *     FREEZE   1       CallWindow.longestFreeze, 30 s
 *     CALL     1       how long a request takes at most
 *     LEASE    3       the sum of these: Settings.leaseDuration
 *     FLOOR    2       schedule.minimumInterval
 *     LATE     2       the ten minutes that a takeover adds where the holder was another member
 *     STOP     2       for how long a machine is stopped together with its clock; then LEASE is 2, and FLOOR 3
 *
 * A daemon that runs beats within a tick, sends what it looked at, and settles what ended. Whatever takes longer is a
 * daemon that is frozen, or cut off; with BEATS_LATE its beat takes so many ticks. Debts of the calendar are known to
 * all at once: they concern floors, and those are longer than a beat.
 *
 * WHAT IS LEFT OUT. Renewals, pauses, the breaker, shares, duties: they only keep calls from being made. The order of
 * due moments: a claim takes any of those that are due. A slot later than the floor: the end of the floor is the
 * earliest, and so the worst. A member keeps no result of a user whose lease it lost when it leases that user again:
 * SettlementQueue has no room then. A standby that is promoted lacks one stretch of transactions, of LAG at most; what
 * debts are owed is not in it. The 15 s that silent members have after a promotion: they may be over at any moment.
 *
 * WHAT IS VIOLATED, if anything: two calls of a user at once, a call sooner than the floor after the last that may have
 * reached the bank, with PUBLISHES by the settings of the moment of its claim, a lease that is settled twice; and with EAGER, a user whom nobody calls in time.
 */

#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef FREEZES
#define FREEZES 0
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef STEPS
#define STEPS 0
#endif
#ifndef FAILOVERS
#define FAILOVERS 0
#endif
#ifndef DOUBTS
#define DOUBTS 0     /* exchanges with the store whose answer is lost */
#endif
#ifndef USERS
#define USERS 3
#endif

#define WINDOW 1
#define FREEZE 1
#define CALL 1
#ifndef FLOOR
#define FLOOR 2
#endif
#define LATE 2
#ifndef STOP
#define STOP 2
#endif
#define LAG 1
#define ALIKE 2
#ifdef WITHOUT_LEASE
#define LEASE 0
#endif
#ifndef LEASE
#define LEASE 3
#endif

#ifndef STEPBACK
#define STEPBACK 0
#endif
#ifndef CUTS
#define CUTS 0       /* a member is cut off from the store */
#endif

/* The time since a bank was reached is kept LATE higher: it may lie ahead. */
#define DUE (FLOOR + LATE)
#if defined(BY_HAND) || defined(SLOT_LATER)
#define SLOT_AT (DUE + 1)   /* due later than the floor ends */
#else
#define SLOT_AT DUE
#endif
#ifdef BY_HAND
#define CLAIM_AT DUE        /* whom an operator names */
#else
#define CLAIM_AT SLOT_AT
#endif
/* Who was called so long ago is due by every calendar, whatever is owed. */
#ifdef BEATS_LATE
#define LONG (SLOT_AT + 3 * STEPS + STEPBACK)
#elif defined(PUBLISHES)
#define LONG (SLOT_AT + STEPS + STOPS * STOP + STEPBACK + LONGER)
#else
#define LONG (SLOT_AT + STEPS + STOPS * STOP + STEPBACK)
#endif
/* By so much a minimum interval is longer that a member publishes [FleetSettingsKeeper.reload]. */
#define LONGER 1

#define NONE 0       /* a user in a daemon's memory */
#define LEASED 1     /* waits for its call */
#define LOOKED 2     /* the last look said yes; not a byte is written */
#define FLIGHT 3
#define ENDED 4      /* the result waits to be settled */

#define RUNS 0
#define FROZEN 1     /* SIGSTOP, a frozen cgroup, swap: the steady clock goes on */
#define STOPPED 2    /* a virtual machine with its clock */
#define DEAD 3

#define BEFORE(m) (2 + m)   /* an earlier process, whose lock the member has now */
#define STRANGER 4          /* an earlier process, of which nothing proves that it ended */
#define NOBODY 5

#define KNOWN 0      /* the holder has the batch in memory */
#define DOUBTED 1    /* its claim was not answered */
#define FORGOTTEN 2

/* ---- The store: schedule, batches, calendar_debts, fleet ---- */
byte since[3];   /* schedule.reached_at */
byte row[3];     /* which batch names the user; 0 for none */
bit done[3];     /* schedule.last_batch is that batch's id */
byte own[3];         /* batches.member */
byte left[3];        /* batches.until_at */
bit foreign[3];      /* batches.is_foreign */
byte mem[3];         /* what its holder knows of it */
bit kept[3];         /* of before a promotion */
byte debtAge[4];
byte debt[4];
bit held;            /* a promotion was not answered yet */

/* ---- The daemons; a user u of the daemon m is at I(m, u) ---- */
#define I(m, u) ((m) * 3 + (u))
byte mode[2];
bit cut[2];          /* from the store */
bit silent[2];       /* not heard of since it was away: the server gives it nobody [ClaimTerms.isHeard] */
byte out[2];         /* for how long it was frozen or stopped */
byte behind[2];      /* its calendar against the store's; 4 is exact */
#define EXACT 4
byte debtsSeen[2];       /* which debts its last beat showed, a bit for each [FleetKeeper.beat] */
bit lacksBeat[2];    /* what it knows to be stored and the standby lacks [AcknowledgedWrites] */
bit lacksWrite[2];
bit same[2];         /* the process of before the standby lagged */
byte old[2];         /* its last calendar of the lost server against the store's; 0 where it has none */
byte at[6];
byte age[6]; /* of the claim, of the request, or since the bank was reached, by the store's calendar */
byte was[6];         /* since of the user as it was read with the claim: what the last look judges by */
bit valid[6];        /* the batch in the store has still the id that is in memory */

/* ---- What nobody in the model sees: the truth ---- */
byte must[3];        /* how long a call would come too soon */
#ifdef EAGER
byte idle[3];        /* for how long nobody called, while somebody could */
#endif

byte crashes, freezes, stops, steps, failovers, doubts, cuts;

/* ---- A standby that lags ---- */
bit lagging;
byte lagged;
bit awaited[2];      /* the standby knows that it beat [Promotion.notice] */
byte since_[3];
byte row_[3];
bit done_[3];
byte own_[3];
byte left_[3];
bit foreign_[3];
bit valid_[6];

#ifdef WITHOUT_LOCK
byte read[2];        /* what a claim found that does not wait for others: users as bits, and 8 */
#endif
#ifdef WITHOUT_DEBT_FIRST
byte owed[2];
#endif
#ifdef BEATS_LATE
byte late[2];        /* for how long it has not seen that the calendar was set */
#endif
#ifdef ANNOUNCES_SLOWLY
byte told[2];        /* a step that it has announced, and does not follow yet */
#endif

#ifdef PUBLISHES
bit published;       /* fleet.settings_version */
bit took[2];         /* by which settings a member calls */
bit newer[6];        /* claimed since they were published */
byte longMust[3];    /* how long a call would come too soon by them */
#define LONGERFOR(m) (took[m] -> LONGER : 0)
#define CLAIMED(m, u) newer[I(m, u)] = published
#else
#define LONGERFOR(m) 0
#define CLAIMED(m, u) skip
#endif
/* The claimer calls by the settings of now [ClaimTerms.isAgreed]. */
#if defined(PUBLISHES) && !defined(WITHOUT_AGREEMENT)
#define AGREED(m) (took[m] == published)
#else
#define AGREED(m) 1
#endif

byte temp;

/* ---- Questions ---- */
#define CAL(m) (behind[m] - EXACT)
#define SINCE(m, u) (since[u] - CAL(m))
#define COUNTS(j, i) (debt[j] > 0 && was[i] > debtAge[j] + LATE)
#define OWED(i) ((COUNTS(0, i) -> debt[0] : 0) + (COUNTS(1, i) -> debt[1] : 0) \
    + (COUNTS(2, i) -> debt[2] : 0) + (COUNTS(3, i) -> debt[3] : 0))
#ifdef WITHOUT_FREE
#define FREE(u) 1
#else
#define FREE(u) (row[u] == 0)
#endif
/* By the claimer's calendar and the server's [ClaimTerms.latest]. */
#ifdef WITHOUT_SERVERS_CLOCK
#define DUETHERE(u) 1
#else
#define DUETHERE(u) (since[u] >= CLAIM_AT)
#endif
#define WANTED(m, u) (u < USERS && FREE(u) && SINCE(m, u) >= CLAIM_AT && DUETHERE(u) && at[I(m, u)] == NONE)
#define SLOT (own[0] == NOBODY || own[1] == NOBODY || own[2] == NOBODY)
#define EMPTY(k) (row[0] != k + 1 && row[1] != k + 1 && row[2] != k + 1)
#define HEARD(m) (!silent[m])
#ifdef WITHOUT_HOLD_OF_TAKEOVERS
#define WAITS 0
#else
#define WAITS held
#endif
#ifdef WITHOUT_HOLD
#define ASKS(m) (mode[m] == RUNS && !cut[m])
#define MAYCLAIM(m) (ASKS(m) && HEARD(m) && AGREED(m))
#else
#define ASKS(m) (mode[m] == RUNS && !cut[m])
#define MAYCLAIM(m) (ASKS(m) && HEARD(m) && AGREED(m) && !held)
#endif

#include "fleet-queue.pml"
#include "fleet-faults.pml"

/* ---- Time ---- */
inline tickUser(u) {
    step(u);
    if :: must[u] > 0 -> must[u]-- :: else fi;
#ifdef PUBLISHES
    if :: longMust[u] > 0 -> longMust[u]-- :: else fi;
#endif
    if :: lagging -> since_[u] = (since_[u] + 1 > LONG -> LONG : since_[u] + 1) :: else fi
}
inline tickRow(k) {
    shorter(k);
    if :: lagging -> left_[k] = (left_[k] > 0 -> left_[k] - 1 : 0) :: else fi
}
inline tickLease(m, u) {
    if
    :: at[I(m, u)] == LEASED ->
        if :: mode[m] != STOPPED && age[I(m, u)] <= WINDOW -> age[I(m, u)]++ :: else fi;
        if :: was[I(m, u)] < LONG -> was[I(m, u)]++ :: else fi
    :: at[I(m, u)] == FLIGHT && age[I(m, u)] < CALL -> age[I(m, u)]++
    :: at[I(m, u)] == ENDED && age[I(m, u)] < LONG -> age[I(m, u)]++
    :: else
    fi
}
inline tickMember(m) {
    tickLease(m, 0); tickLease(m, 1); tickLease(m, 2);
    if
    :: mode[m] == FROZEN && out[m] <= FREEZE -> out[m]++
    :: mode[m] == STOPPED -> out[m]++; behind[m]++
    :: else
    fi;
    if :: mode[m] == FROZEN || mode[m] == STOPPED || cut[m] -> silent[m] = 1 :: else fi;
    if :: lagging && ASKS(m) -> lacksBeat[m] = 1 :: else fi;
#ifdef BEATS_LATE
    if :: behind[m] != EXACT && ASKS(m) -> late[m]++ :: else fi;
#endif
    BEATSEEN(m)
}

#if defined(BEATS_LATE)
#define BEATEN(m) (behind[m] == EXACT || cut[m] || late[m] < BEATS_LATE)
#elif defined(ANNOUNCES_SLOWLY)
#define BEATEN(m) (behind[m] == EXACT || cut[m] || told[m] > 0)
#else
#define BEATEN(m) (behind[m] == EXACT || cut[m])
#endif
#ifdef EAGER
#define SPEAKS(m) (!silent[m] || cut[m])
#else
#define SPEAKS(m) 1
#endif
/* With EAGER daemons do at once what they can: then everybody is called within a time. */
#ifdef EAGER
#define LAZY(m, u) (ASKS(m) && held || MAYCLAIM(m) && WANTED(m, u) && SLOT || MAYLOOK(m, u) \
    || ASKS(m) && ENDEDBATCH(m, u) && CLEAR(m, u, 0) && CLEAR(m, u, 1) && CLEAR(m, u, 2))
#else
#define LAZY(m, u) 0
#endif
#define ENDING(m, u) \
    LAZY(m, u) || \
    (at[I(m, u)] == LOOKED || at[I(m, u)] == FLIGHT && age[I(m, u)] == CALL \
    || !cut[m] && (at[I(m, u)] == ENDED || at[I(m, u)] == LEASED && age[I(m, u)] > WINDOW))
#ifdef WITHOUT_KILL
#define FROZENFOR(m) 1
#else
#define FROZENFOR(m) (out[m] < FREEZE)
#endif
#ifdef STOPPED_FOR_LONG
#define STOPPEDFOR(m) (out[m] < STOP + 2)
#else
#define STOPPEDFOR(m) (out[m] < STOP)
#endif
#define MAYTICK(m) \
    (mode[m] == RUNS && !(ENDING(m, 0)) && !(ENDING(m, 1)) && !(ENDING(m, 2)) && BEATEN(m) && SPEAKS(m) \
    || mode[m] == FROZEN && FROZENFOR(m) || mode[m] == STOPPED && STOPPEDFOR(m) || mode[m] == DEAD)


#ifdef EAGER
/* From call to call; and for each fault until the lease has ended, ten minutes and the floor after that. */
#define BOUND (CALL + FLOOR + (CRASHES + FREEZES + STOPS + STEPS + CUTS + DOUBTS + FAILOVERS) * (LEASE + LATE + FLOOR))
#define WAIT(u) \
    if \
    :: u < USERS && (mode[0] == RUNS && !cut[0] || mode[1] == RUNS && !cut[1]) -> idle[u]++; \
        if :: idle[u] > BOUND -> printf("- user %d IS LOST\n", u + 1); assert(false) :: else fi \
    :: else \
    fi
#define WAITED WAIT(0); WAIT(1); WAIT(2)
#else
#define WAITED skip
#endif

init {
    d_step {
        since[0] = LONG; since[1] = LONG; since[2] = LONG;
        own[0] = NOBODY; own[1] = NOBODY; own[2] = NOBODY;
        behind[0] = EXACT; behind[1] = EXACT
    };
end:
    do
    :: atomic { MAYTICK(0) && MAYTICK(1) && !(lagging && lagged == LAG) -> d_step {
        tickUser(0); tickUser(1); tickUser(2); tickRow(0); tickRow(1); tickRow(2); tickMember(0); tickMember(1);
        agedDebt(0); agedDebt(1); agedDebt(2); agedDebt(3);
        if :: lagging -> lagged++ :: else fi;
        printf("- time passes\n") }; WAITED }
    CLAIM(0, 1) CLAIM(0, 2) CLAIM(0, 3) CLAIM(0, 4) CLAIM(0, 5) CLAIM(0, 6) CLAIM(0, 7)
    CLAIM(1, 1) CLAIM(1, 2) CLAIM(1, 3) CLAIM(1, 4) CLAIM(1, 5) CLAIM(1, 6) CLAIM(1, 7)
    SHORTEN(0) SHORTEN(1)
    CALLS(0, 0) CALLS(0, 1) CALLS(0, 2) CALLS(1, 0) CALLS(1, 1) CALLS(1, 2)
    SETTLES(0, 0) SETTLES(0, 1) SETTLES(0, 2) SETTLES(1, 0) SETTLES(1, 1) SETTLES(1, 2)
    TAKESOVER(0, 0) TAKESOVER(0, 1) TAKESOVER(0, 2) TAKESOVER(1, 0) TAKESOVER(1, 1) TAKESOVER(1, 2)
    BEATS(0) BEATS(1) OWES(0) OWES(1)
    FAULTS(0) FAULTS(1)
#ifdef PUBLISHES
    :: atomic { !published && (ASKS(0) || ASKS(1)) -> published = 1;
        printf("- a longer minimum interval is published\n") }
    :: atomic { ASKS(0) && published && !took[0] -> took[0] = 1; printf("- daemon 1 takes the settings\n") }
    :: atomic { ASKS(1) && published && !took[1] -> took[1] = 1; printf("- daemon 2 takes the settings\n") }
#endif
    :: atomic { steps < STEPS && SOMEBODY -> d_step { steps++; setForward();
        printf("- the store's calendar is set forward\n") } }
    :: atomic { steps < STEPS && NOTFAR -> d_step { steps++; setBack();
        printf("- the store's calendar is set back\n") } }
    :: atomic { failovers < FAILOVERS && !lagging -> d_step { failovers++; lagging = 1;
        copyUser(0); copyUser(1); copyUser(2); copyRow(0); copyRow(1); copyRow(2);
        copyLease(0); copyLease(1); copyLease(2); copyLease(3); copyLease(4); copyLease(5);
        copyMember(0); copyMember(1);
        printf("- the standby begins to lag\n") } }
    :: atomic { lagging -> d_step { endLag(); known(0); known(1); printf("- the standby catches up\n") } }
    :: atomic { lagging -> d_step {
        backUser(0); backUser(1); backUser(2);
        backLease(0); backLease(1); backLease(2); backLease(3); backLease(4); backLease(5);
        backRow(0); backRow(1); backRow(2);
        endLag(); held = 1; printf("- the standby is promoted\n");
#ifdef STANDBY_BEHIND
        setBack(); printf("- its clock is behind\n");
#endif
        knew(0); knew(1) } }
    :: atomic { held && (ASKS(0) || ASKS(1)) && ALLFOUND -> d_step { known(0); known(1); held = 0;
        printf("- every member finds what it knows to be stored\n") } }
    DOUBTS_WHO_IS_DUE(0) DOUBTS_WHO_IS_DUE(1)
    od
}
