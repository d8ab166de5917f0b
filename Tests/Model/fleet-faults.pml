/* The calendar and its debts, crashes, freezes, cuts, promotions. A part of fleet.pml. */

/* ---- The calendar [FleetKeeper.beat, SharedCalendar.judge] ---- */
#define TOLD(m, j) (debt[j] == CAL(m) && debtAge[j] <= ALIKE)

inline announce(amount) {
    if
    :: debt[0] == 0 -> debt[0] = amount; debtAge[0] = 0
    :: debt[0] > 0 && debt[1] == 0 -> debt[1] = amount; debtAge[1] = 0
    :: else -> printf("- MORE DEBTS THAN THE MODEL HAS\n"); assert(false)
    fi
}

/* Who joins has nobody for five seconds [FleetKeeper.isCounted]: by then the others have seen the same calendar. */
#define OTHERSBEAT(m) (mode[1 - m] != RUNS || cut[1 - m] || behind[1 - m] == EXACT)
#ifdef WITHOUT_WAIT
#define JOINED 0
#else
#define JOINED 1
#endif
#define BEATS(m) \
    :: atomic { ASKS(m) && behind[m] < EXACT -> behind[m] = EXACT; silent[m] = 0; \
        printf("- daemon %d sees that the calendar was set back\n", m + 1) } \
    :: atomic { ASKS(m) && behind[m] > EXACT -> \
        printf("- daemon %d sees that the calendar was set forward\n", m + 1); \
        if \
        :: TOLD(m, 0) || TOLD(m, 1) \
        :: else -> DEBT(m) \
        fi; \
        behind[m] = EXACT; silent[m] = 0 } \
    :: atomic { ASKS(m) && behind[m] == EXACT && silent[m] && OTHERSBEAT(m) -> silent[m] = 0; \
        printf("- daemon %d is heard of again\n", m + 1) }
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
inline apart(m, n) { if :: mode[m] != DEAD -> behind[m] = behind[m] + (n) :: else fi }
inline setForward() {
    step(0); step(1); step(2); older(0); older(1); older(2); older(3); older(4); older(5);
    shorter(0); shorter(1); shorter(2); agedDebt(0); agedDebt(1); apart(0, 1); apart(1, 1)
}
inline setBack() {
    stepBack(0); stepBack(1); stepBack(2);
    younger(0); younger(1); younger(2); younger(3); younger(4); younger(5);
    longer(0); longer(1); longer(2); apart(0, -1); apart(1, -1);
    if :: debt[0] > 0 && debtAge[0] > 0 -> debtAge[0]-- :: else fi;
    if :: debt[1] > 0 && debtAge[1] > 0 -> debtAge[1]-- :: else fi
}

/* Somebody lives to see a step: a member that sees the calendar for the first time knows of no other. */
#define SEES(m) (mode[m] == RUNS)
#ifdef STEP_UNSEEN
#define MAYDIE(m) 1
#define SOMEBODY 1
#else
#define MAYDIE(m) (behind[m] == EXACT || mode[1 - m] == RUNS && behind[1 - m] == behind[m])
#define SOMEBODY (SEES(0) || SEES(1))
#endif
/* Two steps alike within 20 s are taken for one [CalendarDebt.isAbout]. */
#ifdef STEPS_ALIKE
#define APART 1
#else
#define APART (!(debt[0] > 0 && debtAge[0] <= ALIKE + 1) && !(debt[1] > 0 && debtAge[1] <= ALIKE + 1) \
    && behind[0] <= EXACT && behind[1] <= EXACT)
#endif

/* By less than the floor until all have seen it. */
#if defined(FORWARD_ONLY)
#define NOTFAR 0
#elif defined(BACK_FAR)
#define NOTFAR (behind[0] > 0 && behind[1] > 0)
#else
#define NOTFAR (behind[0] >= EXACT && behind[1] >= EXACT)
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
    mode[m] = DEAD; out[m] = 0; cut[m] = 0; silent[m] = 0; behind[m] = EXACT;
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
    :: atomic { mode[m] == DEAD -> d_step { mode[m] = RUNS; silent[m] = JOINED; \
        printf("- daemon %d is started again on its host\n", m + 1) } } \
    :: atomic { mode[m] == DEAD && (own[0] == BEFORE(m) || own[1] == BEFORE(m) || own[2] == BEFORE(m)) -> d_step { \
        mode[m] = RUNS; silent[m] = JOINED; elsewhere(m, 0); elsewhere(m, 1); elsewhere(m, 2); \
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
    own[k] = own_[k]; left[k] = left_[k]; foreign[k] = foreign_[k] || CLAIMEDSINCE; mem[k] = FORGOTTEN; kept[k] = 1;
    if :: own[k] == NOBODY -> kept[k] = 0; mem[k] = 0; foreign[k] = 0 :: else fi;
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

/* All who are due and free are taken for called. Who had them may call until WINDOW and FREEZE are over. */
#if defined(WITHOUT_DOUBT)
#define DOUBTFUL(u) 0
#else
#define DOUBTFUL(u) (u < USERS && (row[u] == 0 || SETTLED(u)) && since[u] >= SLOT_AT)
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
inline suspect(u) { if :: DOUBTFUL(u) -> since[u] = DOUBTFROM :: else fi }
