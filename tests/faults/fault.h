/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAULT_H
#define APITOKEN_TESTS_FAULT_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * What a test and the library that it loads into an agent share: a file
 * mapped by both, named by FAULT_VARIABLE in the agent's environment.  With
 * all of it 0 the library changes nothing.
 */
#define FAULT_VARIABLE "APITOKEN_FAULTS"

/* Which calls may fail, or'ed. */
enum fault_kind {
	FAULT_MEMORY = 1 << 0, /* malloc() and its like */
	FAULT_CALLS = 1 << 1,  /* everything else that is wrapped */
	FAULT_WRITES = 1 << 2, /* that change a file */
	FAULT_SYNCS = 1 << 3,
	FAULT_META = 1 << 4,  /* writes of LMDB's meta pages alone */
	FAULT_WAITS = 1 << 5, /* what waits for many descriptors */
	FAULT_STORE = 1 << 6, /* LMDB's own calls */
};

/* Which error; with FAULT_VARIED the call's own list says, by turn. */
enum fault_error {
	FAULT_VARIED = 0,
	/* else an errno */
};

/* What the agent did to its store's file, and what it had promised. */
enum journal_kind {
	JOURNAL_WRITE = 1, /* durable with the next sync */
	JOURNAL_SYNC,
	JOURNAL_WRITE_THROUGH, /* durable by itself: the file has O_DSYNC */
	JOURNAL_MAKE,	       /* the file is there; durable with the next: */
	JOURNAL_SYNC_FOLDER,
	JOURNAL_PROMISE, /* of the test: what it was told by the agent */
};

struct journal_event {
	uint32_t kind;
	uint32_t size; /* of the data that follows */
	uint64_t offset;
};

#define JOURNAL_MAX (UINT64_C(64) << 20)

struct fault_control {
	_Atomic int64_t clock_step;  /* s, added to the real time */
	_Atomic int64_t time_passed; /* s, added to all clocks */
	_Atomic uint32_t kinds;	     /* enum fault_kind; 0: none fail */
	_Atomic int error;
	_Atomic uint32_t turn;	   /* of FAULT_VARIED */
	_Atomic uint32_t for_good; /* not only once */
	_Atomic uint64_t after;	   /* so many go well before */
	_Atomic uint64_t calls;	   /* made, since somebody set it to 0 */
	_Atomic uint64_t failed;   /* of them */
	_Atomic uint32_t recording;
	_Atomic uint64_t journal_size;
	uint8_t journal[JOURNAL_MAX];
};

#endif
