/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_ISSUEINPUT_H
#define APITOKEN_MODEL_ISSUEINPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/model/caller.h"
#include "agent/model/warrant.h"
#include "common/message.h"

/*
 * What is asked for where a token is made or changed, and by whom.
 */

struct issue_limits {
	uint64_t default_expires; /* seconds from now; 0: never */
	uint64_t max_expires;	  /* seconds from now; 0: no limit */
};

struct issue_input {
	const struct token_spec *spec; /* as it was asked for */
	const struct caller *caller;
	const struct issue_limits *limits;
	/* whether a service of that name is elevated */
	bool (*is_elevated)(void *arg, struct span service);
	/* what a role of that name permits; false if there is none */
	bool (*role)(void *arg, struct span name, struct permissions *role);
	void *arg;
	uint64_t now;
	bool locked; /* the project of the token that is changed */
};

/* Where a record's lists are kept that it does not have from elsewhere. */
struct issue_storage {
	uint8_t users[1 + SPANLIST_ELEMENT_MAX];
	uint8_t projects[1 + SPANLIST_ELEMENT_MAX];
	uint8_t warrants[WARRANTS_STORAGE];
};

#endif
