/* The calendar and its debts, crashes, freezes, cuts, promotions. A part of fleet.pml. */

/* ---- The calendar [FleetKeeper.beat, SharedCalendar.judge] ---- */
inline announce(amount) {
    if
    :: debt[0] == 0 -> debt[0] = amount; debtAge[0] = 0
    :: debt[0] > 0 && debt[1] == 0 -> debt[1] = amount; debtAge[1] = 0
    :: debt[0] > 0 && debt[1] > 0 && debt[2] == 0 -> debt[2] = amount; debtAge[2] = 0
    :: debt[0] > 0 && debt[1] > 0 && debt[2] > 0 && debt[3] == 0 -> debt[3] = amount; debtAge[3] = 0
    :: else -> printf("- MORE DEBTS THAN THE MODEL HAS\n"); assert(false)
    fi
}

/* The latest debt of the same length within 20 s moves to who sees the step now [FleetStatements.announce]. Of a debt
 * that its last beat showed, a member has followed the step: it sees another one [FleetKeeper.beat]. */
#define TOLD(m, j) (debt[j] == CAL(m) && debtAge[j] <= ALIKE)
#define YOUNGER(m, j, k) (!TOLD(m, k) || debtAge[j] <= debtAge[k])
#define MOVES(m, j) (TOLD(m, j) && YOUNGER(m, j, 0) && YOUNGER(m, j, 1) && YOUNGER(m, j, 2) && YOUNGER(m, j, 3))
#define ALLDEBTS ((debt[0] > 0 -> 1 : 0) + (debt[1] > 0 -> 2 : 0) + (debt[2] > 0 -> 4 : 0) + (debt[3] > 0 -> 8 : 0))
#define KNOWS(m, j) (((debtsSeen[m] >> j) & 1) && TOLD(m, j))
#ifdef WITHOUT_KNOWN_DEBTS
#define ANOTHER(m) 0
#else
#define ANOTHER(m) (KNOWS(m, 0) || KNOWS(m, 1) || KNOWS(m, 2) || KNOWS(m, 3))
#endif
#if STEPS > 0
#define BEATSEEN(m) if :: ASKS(m) && behind[m] == EXACT -> debtsSeen[m] = ALLDEBTS :: else fi
#else
#define BEATSEEN(m) skip
#endif
#ifdef WITHOUT_DEBT_MOVED
#define MOVED(j) skip
#else
#define MOVED(j) debtAge[j] = 0
#endif
#define OWE(m) \
    if \
    :: ANOTHER(m) -> DEBT(m) \
    :: !ANOTHER(m) && MOVES(m, 0) -> MOVED(0) \
    :: !ANOTHER(m) && !(MOVES(m, 0)) && MOVES(m, 1) -> MOVED(1) \
    :: !ANOTHER(m) && !(MOVES(m, 0)) && !(MOVES(m, 1)) && MOVES(m, 2) -> MOVED(2) \
    :: !ANOTHER(m) && !(MOVES(m, 0)) && !(MOVES(m, 1)) && !(MOVES(m, 2)) && MOVES(m, 3) -> MOVED(3) \
    :: !ANOTHER(m) && !TOLD(m, 0) && !TOLD(m, 1) && !TOLD(m, 2) && !TOLD(m, 3) -> DEBT(m) \
    fi; \
    debtsSeen[m] = ALLDEBTS
#ifdef BEATS_LATE
#define BEATNOW(m) late[m] = 0
#else
#define BEATNOW(m) skip
#endif
/* What was written to a server that is lost may be seen to be missing. */
#define WRITES(m) if :: lagging -> lacksWrite[m] = 1 :: else fi
#define BEATSTHERE(m) if :: lagging -> lacksBeat[m] = 1 :: else fi

/* Who joins has nobody for five seconds [FleetKeeper.isCounted]: by then the others have seen the same calendar. */
#define OTHERSBEAT(m) (mode[1 - m] != RUNS || cut[1 - m] || behind[1 - m] == EXACT)
#ifdef WITHOUT_WAIT
#define JOINED 0
#else
#define JOINED 1
#endif
#define BEATS(m) \
    :: atomic { ASKS(m) && behind[m] < EXACT -> behind[m] = EXACT; BEATNOW(m); BEATSTHERE(m); \
        printf("- daemon %d sees that the calendar was set back\n", m + 1) } \
    SEES_STEP(m) \
    :: atomic { ASKS(m) && behind[m] == EXACT && silent[m] && OTHERSBEAT(m) -> silent[m] = 0; debtsSeen[m] = ALLDEBTS; \
        BEATSTHERE(m); if :: lagging && ASKS((1 - m)) -> lacksBeat[1 - m] = 1 :: else fi; \
        printf("- daemon %d is heard of again\n", m + 1) }
#ifdef ANNOUNCES_SLOWLY
#define SEES_STEP(m) \
    :: atomic { ASKS(m) && behind[m] > EXACT && told[m] == 0 -> OWE(m); told[m] = CAL(m); \
        printf("- daemon %d announces that the calendar was set forward\n", m + 1) } \
    :: atomic { ASKS(m) && told[m] > 0 -> behind[m] = behind[m] - told[m]; told[m] = 0; \
        printf("- daemon %d is answered, and follows\n", m + 1) }
#else
#define SEES_STEP(m) \
    :: atomic { ASKS(m) && behind[m] > EXACT -> \
        printf("- daemon %d sees that the calendar was set forward\n", m + 1); \
        OWE(m); behind[m] = EXACT; BEATNOW(m); BEATSTHERE(m) }
#endif
#if defined(WITHOUT_DEBT)
#define DEBT(m) skip
#elif defined(WITHOUT_DEBT_FIRST)
#define DEBT(m) owed[m] = CAL(m)
#define OWES(m) \
    :: atomic { ASKS(m) && owed[m] > 0 -> announce(owed[m]); owed[m] = 0; \
        printf("- daemon %d announces the debt\n", m + 1) }
#else
#define DEBT(m) announce(CAL(m))
#endif
#ifndef OWES
#define OWES(m)
#endif

inline step(u) { since[u] = (since[u] + 1 > LONG -> LONG : since[u] + 1) }
inline stepBack(u) { since[u] = (since[u] > 0 -> since[u] - 1 : 0) }
inline older(i) {
    if
    :: at[i] == ENDED && age[i] < LONG -> age[i]++
    :: at[i] == LEASED && was[i] < LONG -> was[i]++
    :: else
    fi
}
inline younger(i) {
    if
    :: at[i] == ENDED && age[i] > 0 -> age[i]--
    :: at[i] == LEASED && was[i] > 0 -> was[i]--
    :: else
    fi
}
inline shorter(k) { left[k] = (left[k] > 0 -> left[k] - 1 : 0) }
inline longer(k) { if :: own[k] != NOBODY -> left[k]++ :: else fi }
inline agedDebt(j) {
    if
    :: debt[j] > 0 && debtAge[j] + LATE >= LONG -> debt[j] = 0; debtAge[j] = 0
    :: debt[j] > 0 && debtAge[j] + LATE < LONG -> debtAge[j]++
    :: else
    fi
}

/* A member that starts takes the calendar as it is. */
inline apart(m, n) {
    if :: mode[m] != DEAD -> behind[m] = behind[m] + (n) :: else fi;
    if :: old[m] > 0 -> old[m] = old[m] + (n) :: else fi
}
inline setForward() {
    step(0); step(1); step(2); older(0); older(1); older(2); older(3); older(4); older(5);
    shorter(0); shorter(1); shorter(2); agedDebt(0); agedDebt(1); agedDebt(2); agedDebt(3);
    apart(0, 1); apart(1, 1);
    if :: lagging -> step_(0); step_(1); step_(2); shorter_(0); shorter_(1); shorter_(2) :: else fi
}
inline setBack() {
    stepBack(0); stepBack(1); stepBack(2);
    younger(0); younger(1); younger(2); younger(3); younger(4); younger(5);
    longer(0); longer(1); longer(2); apart(0, -1); apart(1, -1);
    youngerDebt(0); youngerDebt(1); youngerDebt(2); youngerDebt(3);
    if :: lagging -> stepBack_(0); stepBack_(1); stepBack_(2); longer_(0); longer_(1); longer_(2) :: else fi
}
/* Both servers have their time from the same source; what the standby has not got of it is STANDBY_BEHIND. */
inline step_(u) { since_[u] = (since_[u] + 1 > LONG -> LONG : since_[u] + 1) }
inline stepBack_(u) { since_[u] = (since_[u] > 0 -> since_[u] - 1 : 0) }
inline shorter_(k) { left_[k] = (left_[k] > 0 -> left_[k] - 1 : 0) }
inline longer_(k) { if :: own_[k] != NOBODY -> left_[k]++ :: else fi }
inline youngerDebt(j) { if :: debt[j] > 0 && debtAge[j] > 0 -> debtAge[j]-- :: else fi }

/* Somebody lives to see a step: a member that sees the calendar for the first time knows of no other. */
#define SEES(m) (mode[m] == RUNS)
#ifdef STEP_UNSEEN
#define MAYDIE(m) 1
#define SOMEBODY 1
#else
#define MAYDIE(m) (behind[m] == EXACT || mode[1 - m] == RUNS && behind[1 - m] == behind[m])
#define SOMEBODY (SEES(0) || SEES(1))
#endif
/* The numbers end there. */
#ifdef FORWARD_ONLY
#define NOTFAR 0
#else
#define NOTFAR (behind[0] > EXACT - 2 && behind[1] > EXACT - 2)
#endif

/* ---- Faults ---- */
inline die(m) {
    forget(m, 0); forget(m, 1); forget(m, 2);
    if :: own[0] == m -> own[0] = BEFORE(m); mem[0] = 0 :: else fi;
    if :: own[1] == m -> own[1] = BEFORE(m); mem[1] = 0 :: else fi;
    if :: own[2] == m -> own[2] = BEFORE(m); mem[2] = 0 :: else fi;
    if :: own_[0] == m && lagging -> own_[0] = BEFORE(m) :: else fi;
    if :: own_[1] == m && lagging -> own_[1] = BEFORE(m) :: else fi;
    if :: own_[2] == m && lagging -> own_[2] = BEFORE(m) :: else fi;
    debtsSeen[m] = 0; mode[m] = DEAD; out[m] = 0; cut[m] = 0; silent[m] = 0; behind[m] = EXACT;
    same[m] = 0; old[m] = 0;
#ifdef BEATS_LATE
    late[m] = 0;
#endif
#ifdef ANNOUNCES_SLOWLY
    told[m] = 0;
#endif
#ifdef WITHOUT_LOCK
    read[m] = 0;
#endif
#ifdef WITHOUT_DEBT_FIRST
    owed[m] = 0
#endif
}
inline forget(m, u) { at[I(m, u)] = NONE; age[I(m, u)] = 0; was[I(m, u)] = 0; valid[I(m, u)] = 0; valid_[I(m, u)] = 0 }
inline elsewhere(m, k) {
    if :: own[k] == BEFORE(m) -> own[k] = STRANGER :: else fi;
    if :: own_[k] == BEFORE(m) && lagging -> own_[k] = STRANGER :: else fi
}

#ifdef WITHOUT_KILL
#define MAYTHAW(m) 1
#else
#define MAYTHAW(m) (out[m] <= FREEZE)
#endif

#define FAULTS(m) \
    :: atomic { mode[m] != DEAD && crashes < CRASHES && MAYDIE(m) -> d_step { crashes++; die(m); \
        printf("- daemon %d crashes\n", m + 1) } } \
    :: atomic { mode[m] == FROZEN && out[m] == FREEZE && MAYDIE(m) -> d_step { die(m); \
        printf("- the kernel kills daemon %d\n", m + 1) } } \
    :: atomic { mode[m] == DEAD -> d_step { mode[m] = RUNS; silent[m] = JOINED; debtsSeen[m] = ALLDEBTS; \
        printf("- daemon %d is started again on its host\n", m + 1) } } \
    :: atomic { mode[m] == DEAD && (own[0] == BEFORE(m) || own[1] == BEFORE(m) || own[2] == BEFORE(m)) -> d_step { \
        mode[m] = RUNS; silent[m] = JOINED; debtsSeen[m] = ALLDEBTS; \
        elsewhere(m, 0); elsewhere(m, 1); elsewhere(m, 2); \
        printf("- daemon %d is started on another host\n", m + 1) } } \
    :: atomic { mode[m] == RUNS && freezes < FREEZES -> d_step { freezes++; mode[m] = FROZEN; \
        printf("- daemon %d freezes\n", m + 1) } } \
    :: atomic { mode[m] == FROZEN && MAYTHAW(m) -> d_step { mode[m] = RUNS; out[m] = 0; \
        printf("- daemon %d thaws\n", m + 1) } } \
    :: atomic { mode[m] == RUNS && stops < STOPS -> d_step { stops++; mode[m] = STOPPED; \
        printf("- the machine of daemon %d is stopped with its clock\n", m + 1) } } \
    :: atomic { mode[m] == RUNS && cuts < CUTS && !cut[m] -> d_step { cuts++; cut[m] = 1; \
        printf("- daemon %d is cut off from the store\n", m + 1) } } \
    :: atomic { mode[m] == RUNS && cut[m] -> d_step { cut[m] = 0; \
        printf("- daemon %d reaches the store again\n", m + 1) } } \
    :: atomic { mode[m] == STOPPED -> d_step { mode[m] = RUNS; out[m] = 0; \
        printf("- the machine of daemon %d goes on\n", m + 1) } }

/* ---- Promotion of a standby that lags ---- */
inline copyUser(u) { since_[u] = since[u]; row_[u] = row[u]; done_[u] = done[u] }
inline copyRow(k) { own_[k] = own[k]; left_[k] = left[k]; foreign_[k] = foreign[k] }
inline copyLease(i) { valid_[i] = valid[i] }
inline copyMember(m) { awaited[m] = (mode[m] != DEAD); same[m] = (mode[m] != DEAD) }
inline dropUser(u) { since_[u] = 0; row_[u] = 0; done_[u] = 0 }
inline dropRow(k) { own_[k] = 0; left_[k] = 0; foreign_[k] = 0 }
inline backUser(u) { since[u] = since_[u]; row[u] = row_[u]; done[u] = done_[u] }
/* Another may have claimed on the lost server whom the holder of a batch handed back there. */
#ifdef WITHOUT_KEPT_FOREIGN
#define CLAIMEDSINCE 0
#else
#define CLAIMEDSINCE 1
#endif
#define ISIN(m, k, u) (row[u] == k + 1 && valid[I(m, u)] && at[I(m, u)] != NONE)
inline backRow(k) {
    own[k] = own_[k]; left[k] = left_[k]; foreign[k] = foreign_[k]; mem[k] = FORGOTTEN; kept[k] = 0;
    if :: own[k] == NOBODY -> mem[k] = 0; foreign[k] = 0 :: else fi;
    if
    :: own[k] < 2 && (ISIN(own[k], k, 0) || ISIN(own[k], k, 1) || ISIN(own[k], k, 2)) -> mem[k] = KNOWN
    :: else
    fi
}
inline backLease(i) { valid[i] = valid_[i] }
inline endLag() {
    dropUser(0); dropUser(1); dropUser(2); dropRow(0); dropRow(1); dropRow(2);
    valid_[0] = 0; valid_[1] = 0; valid_[2] = 0; valid_[3] = 0; valid_[4] = 0; valid_[5] = 0;
    lagging = 0; lagged = 0
}

inline keepRow(k) { if :: own[k] != NOBODY -> kept[k] = 1; foreign[k] = foreign[k] || CLAIMEDSINCE :: else fi }

/* ---- What members know to be stored [AcknowledgedWrites, Promotion.answer] ---- */
inline known(m) { lacksBeat[m] = 0; lacksWrite[m] = 0; same[m] = 0; awaited[m] = 0; old[m] = 0 }
inline knew(m) { old[m] = (mode[m] != DEAD -> behind[m] : 0) }
#ifdef WITHOUT_COMPARING
#define FINDS(m) 1
#else
#define FINDS(m) (!lacksBeat[m] && !lacksWrite[m])
#endif
/* Who joined within what is missing is not known to the new server. */
#if defined(WITHOUT_AWAITING)
#define FOUND(m) (!ASKS(m) || FINDS(m))
#elif defined(JOINED_UNSEEN)
#define FOUND(m) (!awaited[m] || same[m] && ASKS(m) && FINDS(m))
#else
#define FOUND(m) (FINDS(m) && (!awaited[m] || same[m] && ASKS(m)))
#endif
#define ALLFOUND (FOUND(0) && FOUND(1))
/* The last write is looked for alone: one to the new server hides that an earlier one is missing. */
#ifdef SETTLES_FIRST
#define SETTLESTHERE(m) WRITES(m); if :: held -> lacksWrite[m] = 0 :: else fi
#else
#define SETTLESTHERE(m) WRITES(m)
#endif
/* Something is missing, or a member is silent for too long: that may be at any moment. */
#if defined(STANDBY_BEHIND) && !defined(NEWCOMER_DOUBTS)
#define MAYDOUBT(m) (old[m] > 0)
#else
#define MAYDOUBT(m) 1
#endif
#define DOUBTS_WHO_IS_DUE(m) \
    :: atomic { held && ASKS(m) && MAYDOUBT(m) -> d_step { \
        suspect(m, 0); suspect(m, 1); suspect(m, 2); keepRow(0); keepRow(1); keepRow(2); \
        known(0); known(1); held = 0; \
        printf("- daemon %d takes for called who is due and free\n", m + 1) } }

/* All who are due and free are taken for called. Who had them may call until WINDOW and FREEZE are over. */
#if defined(WITHOUT_DOUBT)
#define DOUBTFUL(m, u) 0
#else
#define DOUBTFUL(m, u) (u < USERS && (row[u] == 0 || SETTLED(u)) && (since[u] >= SLOT_AT || WASDUE(m, u)))
#endif
/* By the calendar of the lost server, as who doubts knows it [Promotion.doubt]. */
#ifdef WITHOUT_OLD_CALENDAR
#define WASDUE(m, u) 0
#else
#define WASDUE(m, u) (old[m] > 0 && since[u] + EXACT >= SLOT_AT + old[m])
#endif
/* Settled in a row that is kept: it may have been free on the lost server, and claimed again. */
#ifdef WITHOUT_DOUBT_OF_SETTLED
#define SETTLED(u) 0
#else
#define SETTLED(u) done[u]
#endif
#ifdef WITHOUT_DOUBT_LATER
#define DOUBTFROM LATE
#else
#define DOUBTFROM 0
#endif
inline suspect(m, u) { if :: DOUBTFUL(m, u) -> since[u] = DOUBTFROM :: else fi }
