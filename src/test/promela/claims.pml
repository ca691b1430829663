/*
 * Never twice, never lost: the protocol of jobs, cells, locks and fences, for 2 runs at a time and one job of 2 cells.
 *
 * A step of the model is a statement or a transaction of the service, or a look at something outside the
 * database; the comment at each step names the code it stands for. Between any two steps anything else may happen, for
 * any length of time: that is how a pause is modelled. What is bounded is how often something goes wrong, because
 * each of these uses up a number: see "What may go wrong". docs/model.md has the bounds that are checked.
 *
 * A flag -DMUTATE_... takes one rule away; ProtocolModelTest shows that an assertion then breaks.
 */

#ifndef HOLD
#define HOLD 0 /* constraints.on_unknown: 0 rerun, 1 hold */
#endif

/* What may go wrong, at most this often. How often it does is chosen at the start, so each smaller number is checked. */
#ifndef CRASHES
#define CRASHES 0 /* a runner is killed; another process takes its place */
#endif
#ifndef STOPS
#define STOPS 0 /* a runner stops in good order: interrupts its calls, gives its job back */
#endif
#ifndef PAUSES
#define PAUSES 0 /* a runner stands still, or cannot reach Redis, for longer than the lock lasts */
#endif
#ifndef FLUSHES
#define FLUSHES 0 /* Redis loses all it has */
#endif
#ifndef LOST
#define LOST 0 /* the database commits, and its answer is lost */
#endif
#ifndef VANISHED
#define VANISHED 0 /* the end of a call is not seen: time-out after sending, reset */
#endif
#ifndef FAILURES
#define FAILURES 0 /* the provider refuses: a definite failure */
#endif
#ifndef AUTO
#define AUTO 0 /* automatic retries of a cell in a run: beacon.inference.max-attempts - 1 */
#endif
#ifndef CANCELS
#define CANCELS 0
#endif
#ifndef RETRIES
#define RETRIES 0 /* each with or without include_unknown */
#endif
#ifndef DEADLINES
#define DEADLINES 0 /* constraints.timeout runs out */
#endif
#ifndef PARKS
#define PARKS 0 /* a region takes no calls: a run whose cells all wait is put aside */
#endif

#ifndef HANDS
#define HANDS 0 /* a row is made by hand: a completed one, so that the cell must not be called */
#endif
#ifndef KEYS
#define KEYS 0 /* the unique key of executions is dropped, and put back later */
#endif

byte crashes, stops, pauses, flushes, answersLost, vanished, failures, cancels, retries, deadlines, parks, hands, keys;

/* What may cost the job a run. One that takes more than these goes round for ever. */
#ifndef MOST_RUNS
#define MOST_RUNS (1 + CRASHES + STOPS + LOST + RETRIES + PARKS + 2 * (PAUSES + FLUSHES))
#endif

mtype = { none, queued, running, completed, failed, cancelled, unknown, finished };
mtype = { idle, picked, working, ended };
mtype = { done, todo, looked, claimed, leased, answered, refused, unseen, waiting };

/* The table jobs. `finished` stands for completed, partial and failed: which of them, follows from `counted`. */
mtype job = queued;
byte fence, retryFence; /* rows have fences from 1, so a retryFence of 0 covers nothing */
bit retryUnknown;
byte counted; /* the completed cells that the final status was computed from */

#if PARKS
bit parked; /* wake_at is set */
bit met; /* completed_met */
bit redelivered; /* run_cause: `redelivery`, or what it was */
#endif

/* The table executions: `none` is no row. A run comes to a cell once, so its fence stands for the claim_id too. */
mtype cell[2] = none;
mtype outcome[2] = none; /* of the latest attempt */
byte attempt[2], owner[2]; /* owner: the row's fence */
byte unknowns[2]; /* past_attempts and outcome: the attempts that ended unknown, a bit each */
byte allowed[2]; /* execution_duplicates: the attempts that brought an `allowed` entry, a bit each */

bit keyless; /* the unique key of executions is missing */

/* Redis: beacon:lock:job:{id}. */
#define FREE 0
#define GONE 3 /* the token of a process that is dead */
byte lock; /* or 1 + the runner that knows the token */

/* A runner's memory. A run is one of the job; after its end or a crash the same place is used for another. */
mtype place[2] = idle;
byte mine[2]; /* the run's fence; while picked, the fence that was seen in the queue */
bit lease[2]; /* `JobLock`: valid by the clock */
bit lost[2]; /* `EndReason` LOST */
bit setting[2]; /* `LockHeartbeat#restore` is between its steps */
mtype stage[4] = done; /* of the threads, 2 * runner + cell */
byte number[4]; /* the attempt that the thread makes */
byte again[4]; /* automatic retries so far */
#if PARKS
bit aside[2]; /* `CellWaits`: the gate is shut, since all cells that are left wait */
bit cause[2]; /* `Run#cause` */
#endif
byte swept; /* `OrphanSweeper`: the fence of a run it has decided to take back */

/* What only a judge can know. */
byte stored[2]; /* the attempt whose answer is the cell's result */
byte succeeded[2]; /* the attempts whose call the provider ran to a success, a bit each */
byte open[2]; /* the attempts that were sent and whose end is not recorded, a bit each */
bit dropped[2]; /* Redis has lost the lock of this run, whose lease still lasts */
bit slipped[2]; /* the job was taken from this run while its lease lasts: by a client, or by a sweeper that stood still */
byte asked[2]; /* attempts up to this one: a client asked for the cell in spite of them (include_unknown) */

#if PARKS
bit accident; /* the job has lost a run since it was last asked to run */
bit stopped[2]; /* since then a run was stopped at the completed cell, and the stop counted */
#define ASIDE(r) aside[r]
#define PARKED parked
#else
#define ASIDE(r) false
#define PARKED false
#endif

#define BIT(a) (1 << (a))
#define UPTO(a) ((1 << ((a) + 1)) - 1)
#define OWNS(r) (job == running && fence == mine[r])
#define LEASED(r) (lease[r] && place[r] == working)
#define FINAL (job == finished || job == cancelled)
#define COMPLETED ((cell[0] == completed) + (cell[1] == completed))
#define FLYING(t) (stage[t] == answered || stage[t] == refused || stage[t] == unseen)
#define FLIGHT(t) (FLYING(t) -> BIT(number[t]) : 0)

/* Every success at the provider is the cell's result, accounted for, or still without an end. */
#define ACCOUNTED(c) ((succeeded[c] & ~(unknowns[c] | allowed[c] | FLIGHT(c) | FLIGHT(2 + c) \
    | (stored[c] -> BIT(stored[c]) : 0) | (cell[c] == running && outcome[c] == running -> BIT(attempt[c]) : 0))) == 0)

/* What holds after each step. */
inline check() {
  assert(!FINAL || (cell[0] != running && cell[1] != running)); /* 5: nothing runs in a job that has ended */
  assert(job != finished || counted == COMPLETED); /* 5: the final status says what the rows say */
  assert(ACCOUNTED(0) && ACCOUNTED(1)); /* 4 */
  assert(!PARKED || job == queued); /* the check on the table: what is parked can be started */
  assert(!lease[0] || dropped[0] || lock == 1); /* only its holder and Redis itself take a lock away */
  assert(!lease[1] || dropped[1] || lock == 2)
}

inline rest(t) {
  stage[t] = done;
  number[t] = 0;
  again[t] = 0
}

inline lose(r) {
  lost[r] = 1;
  lease[r] = 0;
  dropped[r] = 0;
  slipped[r] = 0;
  setting[r] = 0
}

/* `JobLocks#RELEASE`: compares the token, and deletes. */
inline release(r) {
  if
#ifdef MUTATE_TOKEN
  :: true -> lock = FREE
#endif
  :: lock == r + 1 -> lock = FREE
  :: else
  fi;
  lease[r] = 0;
  dropped[r] = 0;
  slipped[r] = 0;
  lost[r] = 0;
  setting[r] = 0;
  mine[r] = 0;
#if PARKS
  aside[r] = 0;
  cause[r] = 0;
#endif
  place[r] = idle
}

/* The job goes back to the queue because its run has not brought it to an end: the next is a redelivery. */
inline handOver() {
  job = queued;
#if PARKS
  redelivered = 1;
  met = 0;
  accident = 1;
#endif
  skip
}

/* `JobFinisher#FINISH` and `JobFinisher#SETTLE`: the status is computed from the rows. */
inline settle() {
  job = finished;
  counted = COMPLETED
}

/* The rules of the claim, each with the mutant that goes without it. */
#ifdef MUTATE_FENCE
#define CLAIMABLE(r) (job == running)
#else
#define CLAIMABLE(r) OWNS(r)
#endif
#ifdef MUTATE_RETRY_FENCE
#define RETRIED(c) (retryFence > 0)
#else
#define RETRIED(c) (owner[c] <= retryFence)
#endif
#ifdef MUTATE_INCLUDE_FENCE
#define UNKNOWN_RETRIED(c) retryUnknown
#else
#define UNKNOWN_RETRIED(c) (retryUnknown && owner[c] <= retryFence)
#endif
/* An attempt with a definite end that was to be followed by another leaves nothing unknown. */
#ifdef MUTATE_HOLD
#define HELD(c) false
#else
#define HELD(c) (HOLD && outcome[c] == running)
#endif

/* `JobFinisher#FINISH`, without_end: the cells that a claim would let through. */
#define LEFT_TO_DO(c) (cell[c] == none || cell[c] == running \
    || ((cell[c] == failed || cell[c] == cancelled) && RETRIED(c)) || (cell[c] == unknown && UNKNOWN_RETRIED(c)))
#define LEFT (LEFT_TO_DO(0) || LEFT_TO_DO(1))

/* What `FirstClaims#INSERT` asks of the job's row, and what the key and the look for it let through. */
#if defined(MUTATE_FIRST_FENCE)
#define FIRST(r) (mine[r] == 1 && job == running)
#else
#define FIRST(r) (mine[r] == 1 && OWNS(r))
#endif
#if defined(MUTATE_FIRST_UNIQUE)
#define INSERTED(c) (!keyless && cell[c] != running)
#elif defined(MUTATE_FIRST_KEY)
#define INSERTED(c) (keyless || cell[c] == none)
#else
#define INSERTED(c) (!keyless && cell[c] == none)
#endif

/* The attempt before goes to past_attempts; the row is this run's. */
inline take(t, r, c) {
  assert(OWNS(r)); /* 3: a replaced run claims nothing */
  assert(!ASIDE(r)); /* 7: nor does one that is put aside */
  if
#ifndef MUTATE_ORPHAN
  :: cell[c] == running && outcome[c] == running -> unknowns[c] = unknowns[c] | BIT(attempt[c])
#endif
  :: else
  fi;
  cell[c] = running;
  outcome[c] = running;
  attempt[c]++;
  owner[c] = mine[r];
  number[t] = attempt[c];
  stage[t] = claimed
}

/* `ClaimStatement#CLAIM`, and `ExistingExecutions` for the row that stood in the way. */
inline claim(t, r, c) {
  if
  :: stage[t] == todo && !CLAIMABLE(r) -> rest(t); lose(r) /* `ClaimResult.RunReplaced` */
  :: else ->
    if
    :: cell[c] == none -> take(t, r, c)
    :: (cell[c] == failed || cell[c] == cancelled) && RETRIED(c) -> take(t, r, c)
    :: cell[c] == unknown && UNKNOWN_RETRIED(c) -> take(t, r, c)
    :: cell[c] == running && owner[c] < mine[r] && !HELD(c) -> take(t, r, c)
    :: cell[c] == running && owner[c] < mine[r] && HELD(c) -> /* `ClaimResult.HeldUnknown` */
      cell[c] = unknown;
      outcome[c] = unknown;
      unknowns[c] = unknowns[c] | BIT(attempt[c]);
      rest(t)
#ifndef MUTATE_CLAIM_ID
    :: cell[c] == running && owner[c] == mine[r] -> /* the answer to an earlier claim was lost: the claim_id is ours */
      number[t] = attempt[c];
      stage[t] = claimed
#endif
#ifdef MUTATE_UNIQUE
    :: cell[c] == completed -> take(t, r, c)
#endif
    :: else -> /* `ClaimResult.Duplicate`, `ClaimResult.AlreadyEnded` */
      assert(cell[c] != running || owner[c] != mine[r]); /* a run comes to a cell once: it is no duplicate of its own */
#if PARKS
      if
      :: cell[c] == completed ->
        assert(!stopped[c] || accident); /* 7: parking alone counts no cell a second time */
        stopped[c] = 1
      :: else
      fi;
#endif
      rest(t)
    fi
  fi
}

/* The call goes out. */
inline send(t, c) {
  /* 2: of two calls, the end of the earlier one is known, or a client asked for the cell in spite of it. */
  assert(!HOLD || (open[c] & (BIT(number[t]) - 1) & ~UPTO(asked[c])) == 0);
  assert(!HOLD || open[c] < BIT(number[t]) || number[t] <= asked[c]);
  open[c] = (HOLD -> open[c] | BIT(number[t]) : 0)
}

#if defined(MUTATE_ATTEMPT_GUARD)
#define GUARD(t, c) (cell[c] == running || cell[c] == unknown)
#elif defined(MUTATE_STATUS_GUARD)
#define GUARD(t, c) (attempt[c] == number[t])
#else
#define GUARD(t, c) (attempt[c] == number[t] && (cell[c] == running || cell[c] == unknown))
#endif

/*
 * The run that owns the job leaves the cell `running` and tries again. A run that was replaced leaves it so only if the
 * next run has not come to it yet: the next run then finds an attempt that has ended, and makes the next one.
 */
inline goOn(t, r, c, wanted, end) {
  if
#ifdef MUTATE_LATE_RETRY
  :: (wanted) ->
#else
  :: (wanted) && (OWNS(r) || cell[c] == running) ->
#endif
    cell[c] = running;
    stage[t] = waiting
  :: else ->
    cell[c] = end;
    rest(t)
  fi
}

/*
 * `AttemptWriter#OWNED`, while the run owns the job; otherwise it finds no row, and `AttemptWriter#LATE` follows in a
 * transaction that locks the job's row first. A run that was replaced stays replaced, so making the two one step hides
 * nothing. A statement that is sent again because its answer was lost finds its own end in the row, and changes nothing.
 */
inline record(t, r, c, retryable) {
  if
  :: GUARD(t, c) ->
    if
    :: stage[t] == answered ->
      assert(stored[c] == 0); /* 1: one completed result */
      assert(cell[c] != cancelled); /* what was cancelled never completes */
      stored[c] = number[t];
      cell[c] = completed;
      outcome[c] = completed;
      unknowns[c] = unknowns[c] & ~BIT(number[t]);
      open[c] = open[c] & ~BIT(number[t]);
      rest(t)
    :: stage[t] == refused ->
      outcome[c] = failed;
      unknowns[c] = unknowns[c] & ~BIT(number[t]);
      open[c] = open[c] & ~BIT(number[t]);
      goOn(t, r, c, retryable, failed)
    :: stage[t] == unseen ->
      outcome[c] = unknown;
      unknowns[c] = unknowns[c] | BIT(number[t]);
      goOn(t, r, c, !HOLD && again[t] < AUTO, (HOLD -> unknown : failed))
    fi;
    if
#ifndef MUTATE_SETTLE
    :: job == finished -> settle()
#endif
    :: else
    fi
  :: else -> /* `Completion#accountForLateSuccess` */
    if
    :: stage[t] == answered && attempt[c] > number[t] -> allowed[c] = allowed[c] | BIT(number[t])
    :: else
    fi;
    rest(t)
  fi
}

/* `RetryClaim#claim`: under the job's row lock, by attempt and claim_id. */
inline claimAgain(t, r, c) {
  if
#ifdef MUTATE_AGAIN_FENCE
  :: attempt[c] == number[t] && cell[c] == running ->
#else
  :: OWNS(r) && owner[c] == mine[r] && attempt[c] == number[t] && cell[c] == running ->
#endif
    take(t, r, c);
    again[t]++
  :: OWNS(r) && owner[c] == mine[r] && attempt[c] == number[t] + 1 && cell[c] == running -> /* the answer was lost */
    number[t] = attempt[c];
    stage[t] = claimed;
    again[t]++
  :: else -> rest(t); lose(r)
  fi
}

/* Of two cells, which are alike, the first that is ever claimed is cell 0. */
#define INTURN(t, c) (c == 0 || cell[0] != none || stage[t - c] == done)

#ifdef MUTATE_CLAIM_LOCK
#define LOOKS_FIRST(r) CLAIMABLE(r)
#else
#define LOOKS_FIRST(r) false
#endif

/* One thread of a run: `CellRunner`. */
proctype Cell(byte r; byte c) {
  byte t = 2 * r + c;
end:
  do
  /*
   * `CellRunner#begin`: the claim. In a first run it may be inserted together with others. The insert is refused as a
   * whole; then, or if its answer is lost, `ClaimStatement` decides on each of its claims, under the same claim_id.
   */
#ifdef MUTATE_FIRST_LOCK
  :: d_step { stage[t] == todo && FIRST(r) && INTURN(t, c) -> stage[t] = looked }
  :: d_step { stage[t] == looked && INSERTED(c) -> take(t, r, c); check() }
#else
  :: d_step { stage[t] == todo && FIRST(r) && INSERTED(c) && INTURN(t, c) -> take(t, r, c); check() }
#endif
  :: d_step { stage[t] == todo && answersLost > 0 && FIRST(r) && INSERTED(c) && INTURN(t, c) ->
      answersLost--; take(t, r, c); stage[t] = todo; number[t] = 0; check() }
  /* Without the key no claim can be made: it waits here for the key, or is given up below. */
  :: d_step { stage[t] == todo && !keyless && !LOOKS_FIRST(r) && INTURN(t, c) -> claim(t, r, c); check() }
#ifdef MUTATE_CLAIM_LOCK
  /* Without FOR SHARE the job is looked at, and the row is written later. */
  :: d_step { stage[t] == todo && LOOKS_FIRST(r) -> stage[t] = looked }
  :: d_step { stage[t] == looked -> claim(t, r, c); check() }
#endif
  /* Its answer is lost: it is asked for again under the same claim_id, ... */
  :: d_step { stage[t] == todo && !keyless && answersLost > 0 && OWNS(r) && owner[c] < mine[r] && LEFT_TO_DO(c) ->
      answersLost--; claim(t, r, c);
      if
      :: stage[t] == claimed -> stage[t] = todo; number[t] = 0
      :: else
      fi;
      check() }
  /* ... and if that fails too, the cell is not let through: `CellOutcome.CheckFailed`. */
  :: d_step { stage[t] == todo && answersLost > 0 -> answersLost--; rest(t); check() }

  /* `JobLock#awaitLease`: the lease is asked for last. */
#ifdef MUTATE_LEASE
  :: d_step { stage[t] == claimed ->
#else
  :: d_step { stage[t] == claimed && lease[r] ->
#endif
      /* 3: a run that has been replaced begins no call. But: see docs/model.md, what is not excluded. */
      assert(fence == mine[r] || (slipped[r] && dropped[r]));
      stage[t] = leased }

  /* `HttpInferenceClient#infer`: between the lease and the first byte the runner may have stood still. */
  :: d_step { stage[t] == leased ->
      send(t, c); succeeded[c] = succeeded[c] | BIT(number[t]); stage[t] = answered; check() }
  :: d_step { stage[t] == leased && failures > 0 -> failures--; send(t, c); stage[t] = refused; check() }
  :: d_step { stage[t] == leased && vanished > 0 -> vanished--; send(t, c); stage[t] = unseen; check() }
  :: d_step { stage[t] == leased && vanished > 0 ->
      vanished--; send(t, c); succeeded[c] = succeeded[c] | BIT(number[t]); stage[t] = unseen; check() }

  :: d_step { FLYING(t) -> record(t, r, c, false); check() }
#if AUTO
  :: d_step { stage[t] == refused && again[t] < AUTO -> record(t, r, c, true); check() }
  :: d_step { stage[t] == waiting -> claimAgain(t, r, c); check() }
  :: d_step { stage[t] == waiting && answersLost > 0 && OWNS(r) && owner[c] == mine[r] && attempt[c] == number[t] ->
      answersLost--; take(t, r, c); stage[t] = waiting; number[t] = attempt[c] - 1; check() }
  :: d_step { stage[t] == waiting && answersLost > 0 -> answersLost--; rest(t); check() }
#endif

  /* `RunStop#interrupt`: nothing more is written. */
  :: d_step { stage[t] != done && lost[r] -> rest(t); check() }
  od
}

/* `JobFinisher#finish`, under the job's row lock. */
inline finish(r) {
  if
  :: lost[r] || !OWNS(r) /* `Finish.RunReplaced` */
#ifndef MUTATE_FINISH_REQUEUE
  :: !lost[r] && OWNS(r) && LEFT -> handOver() /* `Finish.BackInQueue` */
#endif
  :: else -> settle()
  fi;
  lease[r] = 0;
  setting[r] = 0;
  place[r] = ended
}

#if PARKS
#define UNENDED(r, c) (cell[c] == running && outcome[c] == running && owner[c] == mine[r])
#ifdef MUTATE_PARK_UNDER_WAY
#define WAITS(r, c) true
#else
/* A cell that is completed is come to before any wait. */
#define WAITS(r, c) (!UNENDED(r, c) && (stage[2 * r + c] == done || stage[2 * r + c] == waiting \
    || (stage[2 * r + c] == todo && cell[c] != completed)))
#endif

/* `JobFinisher#park`: as a finish, but the next run is one of the same cause, and waits with its regions. */
inline park(r) {
  if
  :: lost[r] || !OWNS(r)
  :: !lost[r] && OWNS(r) && LEFT ->
    assert(!UNENDED(r, 0) && !UNENDED(r, 1)); /* 7: no call is under way, nor interrupted */
    job = queued;
    parked = 1;
#ifdef MUTATE_PARK_CAUSE
    redelivered = 1;
#else
    redelivered = cause[r];
#endif
#ifdef MUTATE_PARK_MET
    met = 0;
#else
    met = 1;
#endif
    assert(!redelivered || accident) /* 7: parking is no redelivery */
  :: else -> settle()
  fi;
  lease[r] = 0;
  setting[r] = 0;
  place[r] = ended
}
#endif

/* What a cancel or a deadline does to a cell that has not ended. An attempt without an end ends unknown. */
inline endCell(c, end) {
  if
  :: cell[c] == running ->
    if
    :: outcome[c] == running -> unknowns[c] = unknowns[c] | BIT(attempt[c]); outcome[c] = unknown
    :: else
    fi;
    if
    :: HOLD && outcome[c] == unknown -> cell[c] = unknown
    :: else -> cell[c] = end
    fi
  :: else
  fi
}

#define REST(r) (place[r] == working && stage[2 * r] == done && stage[2 * r + 1] == done)

/* A runner: `JobPicker`, `JobRun`, `RunFinisher`, `LockHeartbeat`. */
proctype Runner(byte r) {
end:
  do
  /* `JobQueue#next`, and `JobLocks#tryAcquire`: SET NX PX. Of two idle runners, which are alike, the first does it. */
  :: d_step { place[r] == idle && job == queued && !PARKED && lock == FREE && (r == 0 || place[0] != idle) ->
      lock = r + 1; lease[r] = 1; mine[r] = fence; place[r] = picked; check() }

  /* `JobQueue#start`: a compare-and-set on (status, fence). */
  :: d_step { place[r] == picked ->
      if
#ifdef MUTATE_CAS_START
      :: true ->
#else
      :: job == queued && fence == mine[r] ->
#endif
        assert(job == queued); /* what has ended stays so, but for a retry, and what runs is not started again */
        assert(fence < MOST_RUNS); /* 6: nothing goes round for ever */
        fence++;
        job = running;
        mine[r] = fence;
        stage[2 * r] = todo;
        stage[2 * r + 1] = todo;
#if PARKS
        /* `JobRun#cellsLeft`: once the completed cells were come to, only cells without an end are. */
        stage[2 * r] = (met && !LEFT_TO_DO(0) -> done : todo);
        stage[2 * r + 1] = (met && !LEFT_TO_DO(1) -> done : todo);
        parked = 0;
        cause[r] = redelivered;
#endif
        place[r] = working
      :: else -> release(r)
      fi;
      check() }

  /* `RunFinisher#finish` */
#ifndef MUTATE_FINISH_LOCK
  :: d_step { REST(r) && !ASIDE(r) -> finish(r); check() }
  :: d_step { place[r] == ended -> release(r); check() }
#else
  /* Without the row's lock the cells are read, and the status is written later. */
  :: d_step { REST(r) && (lost[r] || !OWNS(r) || LEFT) -> finish(r); check() }
  :: d_step { REST(r) && !lost[r] && OWNS(r) && !LEFT -> counted = COMPLETED; place[r] = ended; lease[r] = 0 }
  :: d_step { place[r] == ended && OWNS(r) -> job = finished; check() }
  :: d_step { place[r] == ended && !OWNS(r) -> release(r); check() }
#endif

#if PARKS
  /* `CellWaits#shutIfAllWait`: from here on no cell begins, and none comes back from its wait. */
  :: d_step { parks > 0 && place[r] == working && !lost[r] && !REST(r) && !aside[r] && WAITS(r, 0) && WAITS(r, 1) ->
      parks--;
      aside[r] = 1;
#ifndef MUTATE_PARK_GATE
      rest(2 * r);
      rest(2 * r + 1);
#endif
      check() }
  :: d_step { REST(r) && aside[r] -> park(r); check() }
#endif

  /* `WorkerPool#stop`: the calls are interrupted, then the run ends as above. */
  :: d_step { stops > 0 && place[r] == working && !lost[r] && !REST(r) ->
      stops--; rest(2 * r); rest(2 * r + 1); check() }

  /* kill -9 */
  :: d_step { crashes > 0 && place[r] != idle ->
      crashes--;
      rest(2 * r);
      rest(2 * r + 1);
      if
      :: lock == r + 1 -> lock = GONE
      :: else
      fi;
      lease[r] = 0;
      release(r);
      check() }

  /* `OwnershipWatch`: asks the database which runs still own their jobs. */
  :: d_step { place[r] == working && !lost[r] && !OWNS(r) -> lose(r); check() }

  /* `LockHeartbeat#renew`: the lock is another runner's. */
  :: d_step { place[r] == working && !lost[r] && lock != FREE && lock != r + 1 -> lose(r); check() }

  /*
   * `LockHeartbeat#restore`: the lock is gone. It is set first, the database is asked second, and only then the lease is
   * renewed: no runner can start the job as long as the lock is there, so what the database says stays true meanwhile.
   */
#if defined(MUTATE_RESTORE)
  :: d_step { place[r] == working && !lost[r] && lock == FREE -> lock = r + 1; lease[r] = 1; dropped[r] = 0; check() }
#elif defined(MUTATE_RESTORE_ORDER)
  :: d_step { place[r] == working && !lost[r] && lock == FREE && !setting[r] && OWNS(r) -> setting[r] = 1 }
  :: d_step { place[r] == working && !lost[r] && setting[r] ->
      setting[r] = 0;
      if
      :: lock == FREE -> lock = r + 1; lease[r] = 1; dropped[r] = 0
      :: else -> lose(r)
      fi;
      check() }
#else
  :: d_step { place[r] == working && !lost[r] && lock == FREE && !setting[r] ->
      lock = r + 1; setting[r] = 1; check() }
  :: d_step { place[r] == working && !lost[r] && setting[r] ->
      setting[r] = 0;
      if
      :: OWNS(r) && lock == r + 1 -> lease[r] = 1; dropped[r] = 0; slipped[r] = (swept == mine[r])
      :: OWNS(r) && lock != r + 1
      :: else -> lose(r)
      fi;
      check() }
#endif

  /* The deadline's timer: the cells without an end and the job's status, in one transaction. */
  :: d_step { deadlines > 0 && place[r] == working && !lost[r] && OWNS(r) ->
      deadlines--; endCell(0, failed); endCell(1, failed); settle(); lose(r); check() }
  od
}


/*
 * `OrphanSweeper`: a lock that has been missing for a whole TTL. The last renewal was before that, so the lease is over
 * too. A lease that was counted from an answer of the database, because Redis could not be asked, has to have run out
 * as well.
 */
proctype Sweeper() {
end:
  do
#ifdef MUTATE_DATABASE_LEASE
  :: d_step { job == running && lock == FREE && swept != fence -> swept = fence }
#else
  :: d_step { job == running && lock == FREE && swept != fence && !(OWNS(0) && LEASED(0)) && !(OWNS(1) && LEASED(1)) -> swept = fence }
#endif
  /* `JobQueue#TAKE_BACK`: a compare-and-set on (status, fence). */
#ifdef MUTATE_CAS_TAKE_BACK
  :: d_step { swept != 0 ->
      assert(!FINAL); /* what has ended stays so, but for a retry */
      handOver(); swept = 0; check() }
#else
  :: d_step { swept != 0 ->
      if
      :: job == running && fence == swept -> handOver()
      :: else
      fi;
      swept = 0;
      check() }
#endif
  od
}

/* Redis, and the clock. */
proctype Redis() {
end:
  do
#if PARKS && !defined(MUTATE_PARK_WAKE)
  /* Its regions take calls again, it is to try them out, or its own time has come: `JobQueue#due`, `JobQueue#forTrial`. */
  :: d_step { parked -> parked = 0; check() }
#endif
  :: d_step { lock == GONE -> lock = FREE; check() } /* it is renewed by no runner: it expires */
  :: d_step { lease[0] && (lock != 1 || setting[0]) -> lease[0] = 0; dropped[0] = 0; slipped[0] = 0; check() } /* nor can this runner renew its own */
  :: d_step { lease[1] && (lock != 2 || setting[1]) -> lease[1] = 0; dropped[1] = 0; slipped[1] = 0; check() }
  /* A runner stands still for long: its lease runs out first, then its lock. */
  :: d_step { pauses > 0 && (lock == 1 || lock == 2) -> pauses--; lease[lock - 1] = 0; lock = FREE; check() }
  :: d_step { flushes > 0 && (lock == 1 || lock == 2) -> flushes--; dropped[lock - 1] = 1; lock = FREE; check() }
  od
}

/* `Jobs#retry`: notes the fence at which it was asked for. */
inline retry(includeUnknown) {
  job = queued;
  counted = 0;
  retryFence = fence;
#if PARKS
  met = 0;
  redelivered = 0;
  accident = 0;
  stopped[0] = 0;
  stopped[1] = 0;
#endif
  retryUnknown = includeUnknown
}

/* What clients ask for, and what is done by hand. */
proctype Client() {
end:
  do
  /* `Jobs#cancel`, in one transaction. */
  :: d_step { cancels > 0 && !FINAL ->
      cancels--;
      job = cancelled;
#if PARKS && !defined(MUTATE_PARK_CANCEL)
      parked = 0;
#endif
      slipped[0] = LEASED(0);
      slipped[1] = LEASED(1);
#ifndef MUTATE_CANCEL_CELLS
      endCell(0, cancelled);
      endCell(1, cancelled);
#endif
      check() }
  /* By hand, at the database. */
  :: d_step { hands > 0 && !FINAL && cell[0] == none ->
      hands--;
      cell[0] = completed;
      outcome[0] = completed;
      attempt[0] = 1;
      owner[0] = 1;
      stored[0] = 1;
      check() }
  :: d_step { keys > 0 && !keyless -> keys--; keyless = 1 }
  :: d_step { keyless -> keyless = 0 }
  :: d_step { retries > 0 && FINAL -> retries--; retry(0); check() }
  :: d_step { retries > 0 && FINAL && HOLD -> retries--; retry(1); asked[0] = attempt[0]; asked[1] = attempt[1]; check() }
  od
}

/* 6: when nothing can happen any more, the job has ended. That something cannot happen for ever is checked apart. */
proctype Judge() {
  timeout -> assert(FINAL && place[0] == idle && place[1] == idle)
}

inline upTo(chosen, most) {
  do
  :: chosen < most -> chosen++
  :: break
  od
}

init {
  upTo(crashes, CRASHES);
  upTo(stops, STOPS);
  upTo(pauses, PAUSES);
  upTo(flushes, FLUSHES);
  upTo(answersLost, LOST);
  upTo(vanished, VANISHED);
  upTo(failures, FAILURES);
  upTo(cancels, CANCELS);
  upTo(retries, RETRIES);
  upTo(deadlines, DEADLINES);
  upTo(parks, PARKS);
  upTo(hands, HANDS);
  upTo(keys, KEYS);
  atomic {
    run Runner(0);
    run Runner(1);
    run Cell(0, 0);
    run Cell(0, 1);
    run Cell(1, 0);
    run Cell(1, 1);
    run Sweeper();
    run Redis();
    run Client();
    run Judge()
  }
}
