/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/limits.h"

bool
limits_enter(struct limits *limits, uid_t uid, unsigned most)
{
	size_t i;

	for (i = 0; i < limits->count; i++)
		if (limits->uids[i].uid == uid)
			break;
	if (i == LIMIT_UIDS)
		return false;
	if (i == limits->count) {
		limits->uids[i].uid = uid;
		limits->uids[i].connections = 0;
		limits->count++;
	}
	if (limits->uids[i].connections == most)
		return false;
	limits->uids[i].connections++;
	return true;
}

void
limits_leave(struct limits *limits, uid_t uid)
{
	for (size_t i = 0; i < limits->count; i++) {
		if (limits->uids[i].uid != uid)
			continue;
		if (--limits->uids[i].connections == 0)
			limits->uids[i] = limits->uids[--limits->count];
		return;
	}
}

bool
bucket_take(struct bucket *bucket, uint64_t now, unsigned a_second)
{
	if (bucket->second != now) {
		bucket->second = now;
		bucket->used = 0;
	}
	if (bucket->used == a_second)
		return false;
	bucket->used++;
	return true;
}
