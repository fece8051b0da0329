/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/ops.h"
#include "common/anchor.h"
#include "common/error.h"

/*
 * The end of the audit, or the MAC of the entry with that number.  A MAC tells
 * nothing of its entry, but what is compared by it is the whole audit: it is
 * for those who may read all of it.
 */
int
op_anchor(struct operation *op)
{
	uint64_t number = wirebuf_get_u64(op->in);
	const struct span organization = { NULL, 0 };
	struct anchor anchor;
	int rv;

	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	if (caller_reach(op->caller, AUDIT_READ, organization) < REACH_ALL)
		return refuse(&op->refusal, STATUS_FORBIDDEN,
		    "%s (role: %s) sees a part of the audit only: an anchor "
		    "takes %s of all",
		    op->caller->login, role_word(op->caller->role),
		    permission_word(AUDIT_READ));
	rv = store_anchor(op->reader, number, &anchor);
	if (rv == ERROR_NOT_FOUND)
		return refuse(&op->refusal, STATUS_NOT_FOUND,
		    "the audit has no entry %llu", (unsigned long long)number);
	if (rv < 0)
		return rv;
	anchor_put(op->body, &anchor);
	return 0;
}
