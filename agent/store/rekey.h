/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_REKEY_H
#define APITOKEN_STORE_REKEY_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/store/keyring.h"
#include "agent/store/store.h"
#include "agent/store/writer.h"

/*
 * A thread that gives the rows of older keys their MACs by the current one,
 * in sets that are small enough for nobody to wait long.  It looks for such
 * rows when the agent starts, if there are older keys, and when it is told of
 * a new one.  Audit entries keep the key they were made with: whoever keeps
 * an anchor of the audit elsewhere has their MACs.
 */
struct rekey;

/* Rows looked at, and made anew, in one go. */
#define REKEY_CHUNK 1000

struct rekey_options {
	struct store *store;
	struct writer *writer;
	const struct keyring *keyring;
	/*
	 * On its thread: no rows of older keys are left, but `damaged` ones,
	 * which fail their check and stay as they are; or an error, after
	 * which it tries again within a minute.
	 */
	void (*on_end)(
	    void *arg, uint64_t made_anew, uint64_t damaged, int error);
	void *arg;
};

int rekey_start(const struct rekey_options *options, struct rekey **rekey);
/* What is left is found at the next start. */
void rekey_stop(struct rekey *rekey);

/* Both, of NULL: nothing is ever made anew. */

/* There is a new key, and that was the one before.  Of any thread, with its
 * own reader, which is begun; never waits. */
void rekey_wake(
    struct rekey *rekey, struct store_reader *reader, uint8_t before);

struct rekey_state {
	bool is_busy;
	int error; /* enum error, of the last try */
	/* By the key's number, without audit entries; those of older keys as
	 * they were last counted, less what was made anew since. */
	uint64_t rows[UINT8_MAX + 1];
};

/* Of any thread, with its own reader, which is begun. */
void rekey_look(struct rekey *rekey, struct store_reader *reader,
    struct rekey_state *state);

#endif
