/* What daemons do with users: claim, call, settle, take over. A part of fleet.pml. */

/* ---- Parts ---- */
inline tidy(k) {
    if
    :: own[k] != NOBODY && EMPTY(k) -> own[k] = NOBODY; left[k] = 0; foreign[k] = 0; mem[k] = 0; kept[k] = 0
    :: else
    fi
}

inline tidyAll() { tidy(0); tidy(1); tidy(2) }

/* The row goes, or names the user no more; whoever remembers its id finds nothing. */
inline unlist(u) {
    row[u] = 0; done[u] = 0; valid[I(0, u)] = 0; valid[I(1, u)] = 0
}

/* Settled places go from the rows of the claimer [OpenBatches.settled, BatchStatements.shorten], and claims of which no
 * answer came [takeDoubtful]. */
inline shorten(m, u) {
    if
    :: row[u] > 0 && own[row[u] - 1] == m && !kept[row[u] - 1] && mem[row[u] - 1] == KNOWN &&
        valid[I(m, u)] && done[u] && at[I(m, u)] == NONE -> unlist(u)
    :: else
    fi
}

inline clean(m, u) {
    if
    :: row[u] > 0 && own[row[u] - 1] == m && !kept[row[u] - 1] && mem[row[u] - 1] == DOUBTED -> unlist(u)
    :: else
    fi
}

inline insert(m, k, mask, doubted) {
    own[k] = m; left[k] = LEASE; foreign[k] = 0; kept[k] = 0;
    if :: doubted -> mem[k] = DOUBTED :: else -> mem[k] = KNOWN fi;
    list(m, k, mask, doubted, 0);
    list(m, k, mask, doubted, 1);
    list(m, k, mask, doubted, 2)
}

inline list(m, k, mask, doubted, u) {
    if
    :: (mask >> u) & 1 ->
        unlist(u);
        row[u] = k + 1;
        if
        :: !doubted ->
            at[I(m, u)] = LEASED; age[I(m, u)] = 0; was[I(m, u)] = since[u]; valid[I(m, u)] = 1; valid_[I(m, u)] = 0;
            CLAIMED(m, u)
        :: else
        fi
    :: else
    fi
}

/* Of users that differ in nothing but their number the first is taken: which one is all the same. */
#define AS(m, u, v) \
    (since[u] == since[v] && must[u] == must[v] && at[I(1 - m, u)] == NONE && at[I(1 - m, v)] == NONE && !lagging)
#define INTURN(m, u, v, mask) (((mask >> u) & 1) || !((mask >> v) & 1) || !WANTED(m, u) || !AS(m, u, v))
#define CANTAKE(m, mask) \
    ((!(mask & 1) || WANTED(m, 0)) && (!(mask & 2) || WANTED(m, 1)) && (!(mask & 4) || WANTED(m, 2)) \
    && INTURN(m, 0, 1, mask) && INTURN(m, 0, 2, mask) && INTURN(m, 1, 2, mask))

/* Batches have no order: one is called after the first of its users. */
#define FIRST(mask) ((mask & 1) -> 0 : ((mask & 2) -> 1 : 2))
inline take(m, mask, doubted) {
    if
    :: own[FIRST(mask)] == NOBODY -> temp = FIRST(mask)
    :: own[FIRST(mask)] != NOBODY && own[0] == NOBODY -> temp = 0
    :: own[FIRST(mask)] != NOBODY && own[0] != NOBODY && own[1] == NOBODY -> temp = 1
    :: own[FIRST(mask)] != NOBODY && own[0] != NOBODY && own[1] != NOBODY -> temp = 2
    fi;
    insert(m, temp, mask, doubted);
    temp = 0;
    tidyAll()
}


/* ---- A claim [PostgreSQLUserStore+Queue.swift, run] ---- */
#ifdef WITHOUT_LOCK
#define CLAIM(m, mask) \
    :: atomic { MAYCLAIM(m) && read[m] == 0 && SLOT && CANTAKE(m, mask) -> \
        read[m] = mask; printf("- daemon %d reads who is due and free: %d\n", m + 1, mask) } \
    :: atomic { MAYCLAIM(m) && read[m] == mask && SLOT -> d_step { \
        read[m] = 0; take(m, mask, 0); printf("- daemon %d writes a batch of %d\n", m + 1, mask) } }
#else
#define CLAIM(m, mask) \
    :: atomic { MAYCLAIM(m) && SLOT && CANTAKE(m, mask) -> d_step { \
        shorten(m, 0); shorten(m, 1); shorten(m, 2); clean(m, 0); clean(m, 1); clean(m, 2); tidyAll(); \
        take(m, mask, 0); WRITES(m); printf("- daemon %d claims the users of mask %d\n", m + 1, mask) } } \
    :: atomic { doubts < DOUBTS && MAYCLAIM(m) && SLOT && CANTAKE(m, mask) -> d_step { \
        doubts++; take(m, mask, 1); \
        printf("- daemon %d claims the users of mask %d and gets no answer\n", m + 1, mask) } }
#endif

/* Without a claim: so that what a settlement shortens is free without one. */
#define SHORTEN(m) \
    :: atomic { ASKS(m) && (row[0] && done[0] || row[1] && done[1] || row[2] && done[2]) -> d_step { \
        shorten(m, 0); shorten(m, 1); shorten(m, 2); tidyAll(); \
        printf("- daemon %d shortens its rows\n", m + 1) } }

/* ---- The call [Refresher.mayBegin, ConnectionPool.dispatch] ---- */
#ifdef WITHOUT_LAST_LOOK
#define INTIME(m, u) 1
#else
#define INTIME(m, u) (age[I(m, u)] <= WINDOW)
#endif
#ifdef WITHOUT_FLOOR
#define MAYCALL(m, u) 1
#else
#define MAYCALL(m, u) (was[I(m, u)] - CAL(m) >= DUE + LONGERFOR(m) + OWED(I(m, u)))
#endif

/* Between the look and the first byte a daemon may freeze, and goes on with that byte. */
#ifdef EAGER
#define CALLED(u) idle[u] = 0
#else
#define CALLED(u) skip
#endif
inline send(m, u) {
    printf("- daemon %d calls user %d\n", m + 1, u + 1);
    if :: at[I(1 - m, u)] == FLIGHT -> printf("- TWICE AT ONCE\n"); assert(false) :: else fi;
    if :: must[u] > 0 -> printf("- TOO SOON by %d\n", must[u]); assert(false) :: else fi;
#ifdef PUBLISHES
    if
    :: newer[I(m, u)] && longMust[u] > 0 -> printf("- TOO SOON by the settings of its claim\n"); assert(false)
    :: else
    fi;
    longMust[u] = FLOOR + LONGER;
#endif
    at[I(m, u)] = FLIGHT; age[I(m, u)] = 0; was[I(m, u)] = 0; must[u] = FLOOR;
    CALLED(u)
}
#define MAYLOOK(m, u) (mode[m] == RUNS && at[I(m, u)] == LEASED && INTIME(m, u) && MAYCALL(m, u))
inline look(m, u) {
    at[I(m, u)] = LOOKED; age[I(m, u)] = 0; was[I(m, u)] = 0;
    printf("- daemon %d looks at the clock: user %d may be called\n", m + 1, u + 1)
}

#ifdef EAGER
#define NOCALL(m, u) (!MAYLOOK(m, u))
#else
#define NOCALL(m, u) 1
#endif
#define CALLS(m, u) \
    :: atomic { MAYLOOK(m, u) -> send(m, u) } \
    :: atomic { mode[m] == RUNS && at[I(m, u)] == LOOKED -> send(m, u) } \
    :: atomic { freezes < FREEZES && MAYLOOK(m, u) -> d_step { look(m, u); freezes++; mode[m] = FROZEN; \
        printf("- daemon %d freezes\n", m + 1) } } \
    :: atomic { stops < STOPS && MAYLOOK(m, u) -> d_step { look(m, u); stops++; mode[m] = STOPPED; \
        printf("- the machine of daemon %d is stopped with its clock\n", m + 1) } } \
    :: atomic { mode[m] == RUNS && at[I(m, u)] == FLIGHT -> d_step { \
        at[I(m, u)] = ENDED; age[I(m, u)] = LATE + CAL(m); \
        printf("- the call of user %d by daemon %d ends\n", u + 1, m + 1) } } \
    :: atomic { ASKS(m) && at[I(m, u)] == LEASED && NOCALL(m, u) -> d_step { \
        if \
        :: valid[I(m, u)] && row[u] > 0 && !kept[row[u] - 1] -> unlist(u) \
        :: else \
        fi; \
        at[I(m, u)] = NONE; age[I(m, u)] = 0; was[I(m, u)] = 0; valid[I(m, u)] = 0; tidyAll(); \
        printf("- daemon %d hands user %d back\n", m + 1, u + 1) } }

/* ---- A settlement [PostgreSQLUserStore+Settlement.swift] ---- */
#define OTHER(m, u, v) (v == u || row[v] != row[u] || at[I(m, v)] == NONE)
#ifdef WITHOUT_COMPLETE
#define COMPLETE(m, u) 1
#else
#define COMPLETE(m, u) (OTHER(m, u, 0) && OTHER(m, u, 1) && OTHER(m, u, 2))
#endif
#ifdef WITHOUT_KEPT
#define KEPT(k) 0
#else
#define KEPT(k) kept[k]
#endif
#ifdef WITHOUT_OWN_BATCH
#define ISOWN(m, u) 1
#else
#define ISOWN(m, u) valid[I(m, u)]
#endif
#ifdef WITHOUT_LAST_BATCH
#define ISNEW(u) 1
#else
#define ISNEW(u) (!done[u])
#endif

inline finish(m, u) {
    if
    :: valid[I(m, u)] && row[u] > 0 && !KEPT(row[u] - 1) && COMPLETE(m, u) -> endBatch(row[u])
    :: else
    fi
}

inline endBatch(k) {
    temp = k;
    if :: row[0] == temp -> unlist(0) :: else fi;
    if :: row[1] == temp -> unlist(1) :: else fi;
    if :: row[2] == temp -> unlist(2) :: else fi;
    temp = 0;
    tidyAll()
}

#define SETTLES(m, u) \
    :: atomic { ASKS(m) && at[I(m, u)] == ENDED -> \
        if \
        :: ISOWN(m, u) && ISNEW(u) -> \
            if \
            :: valid[I(m, u)] && done[u] -> printf("- user %d IS SETTLED TWICE\n", u + 1); assert(false) \
            :: else \
            fi; \
            d_step { since[u] = age[I(m, u)]; if :: valid[I(m, u)] -> done[u] = 1 :: else fi }; \
            if \
            :: d_step { at[I(m, u)] = NONE; age[I(m, u)] = 0; finish(m, u); SETTLESTHERE(m); \
                printf("- daemon %d settles user %d\n", m + 1, u + 1) } \
            :: doubts < DOUBTS -> d_step { doubts++; finish(m, u); \
                printf("- daemon %d settles user %d and gets no answer\n", m + 1, u + 1) } \
            fi \
        :: !(ISOWN(m, u) && ISNEW(u)) -> d_step { \
            if :: valid[I(m, u)] && done[u] -> SETTLESTHERE(m) :: else fi; \
            at[I(m, u)] = NONE; age[I(m, u)] = 0; finish(m, u); \
            printf("- daemon %d settles nothing of user %d: refused, or settled before\n", m + 1, u + 1) } \
        fi }

/* ---- A takeover [PostgreSQLUserStore+Recovery.swift, LeaseRecovery] ---- */
#ifdef WITHOUT_PROOF
#define PROVED(m, k) (own[k] != m)
#else
#define PROVED(m, k) (own[k] == BEFORE(m))
#endif
#ifdef WITHOUT_TAKEOVER
#define MAYTAKE 0
#else
#define MAYTAKE 1
#endif
#define ENDEDBATCH(m, k) \
    (MAYTAKE && own[k] != NOBODY && !(own[k] == m && mem[k] == KNOWN) && (left[k] == 0 || PROVED(m, k)))
#define CLEAR(m, k, u) (row[u] != k + 1 || done[u] || at[I(m, u)] == NONE)
#ifdef WITHOUT_FOREIGN_KEPT
#define ISFOREIGN(m, k) (own[k] != m && !PROVED(m, k))
#else
#define ISFOREIGN(m, k) (foreign[k] || own[k] != m && !PROVED(m, k))
#endif
#ifdef WITHOUT_TEN_MINUTES
#define REACHED(k) LATE
#else
#define REACHED(k) (foreign[k] -> 0 : LATE)
#endif
#ifdef WITHOUT_LAST_BATCH
#define OPEN(u) 1
#else
#define OPEN(u) (!done[u])
#endif

inline takeOver(m, k, u) {
    if
    :: row[u] == k + 1 && !OPEN(u) -> unlist(u)
#ifdef WITHOUT_UNKNOWN
    :: row[u] == k + 1 && OPEN(u) -> unlist(u)
#else
    :: row[u] == k + 1 && OPEN(u) ->
        valid[I(0, u)] = 0; valid[I(1, u)] = 0;
        at[I(m, u)] = ENDED; age[I(m, u)] = (REACHED(k) + CAL(m) > 0 -> REACHED(k) + CAL(m) : 0);
        valid[I(m, u)] = 1; valid_[I(m, u)] = 0
#endif
    :: else
    fi
}

#define TAKESOVER(m, k) \
    :: atomic { ASKS(m) && !WAITS && ENDEDBATCH(m, k) \
        && CLEAR(m, k, 0) && CLEAR(m, k, 1) && CLEAR(m, k, 2) -> d_step { \
        foreign[k] = ISFOREIGN(m, k); \
        if \
        :: foreign[k] -> printf("- daemon %d takes over a batch that another had\n", m + 1) \
        :: else -> printf("- daemon %d takes over a batch of which nobody calls\n", m + 1) \
        fi; \
        own[k] = m; left[k] = LEASE; mem[k] = KNOWN; kept[k] = 0; \
        takeOver(m, k, 0); takeOver(m, k, 1); takeOver(m, k, 2); tidyAll(); WRITES(m) } }
