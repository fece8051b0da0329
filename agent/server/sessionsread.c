/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/sessionsread.h"

#include <string.h>
#include <unistd.h>

#include "agent/model/session.h"
#include "agent/server/process.h"
#include "common/error.h"

int
sessionsread_token(
    struct store_reader *reader, struct span id, struct record *record)
{
	struct row row;
	int rv = store_get_authentic(reader, DB_TOKENS, id, &row);

	if (rv == ERROR_CORRUPT ||
	    (rv == 0 && record_decode(row.body, record) < 0))
		rv = ERROR_NOT_FOUND;
	return rv;
}

int
sessionsread_find(struct span body, int *pidfd)
{
	uint8_t boot[SESSION_BOOT_SIZE];
	struct session session;
	struct process process = { 0 };
	int rv = session_decode(body, &session);
	int fd;

	if (rv < 0)
		return rv;
	process_boot(boot);
	if (memcmp(boot, session.boot, sizeof(boot)) != 0 ||
	    session.started == 0)
		return ERROR_NOT_FOUND;
	process.pid = (pid_t)session.pid;
	process.started = session.started;
	rv = process_open(&process, &fd);
	if (rv == 0 && process_has_ended(fd)) {
		close(fd);
		rv = ERROR_NOT_FOUND;
	}
	if (rv == 0)
		*pidfd = fd;
	return rv;
}

static void
read_current(struct store_cursor *cursor,
    bool (*found)(void *arg, struct span key, struct span body),
    void (*forget)(void *arg, struct span key), void *arg)
{
	struct span key = store_cursor_key(cursor);
	struct row row;

	if (key.size != SESSION_KEY_SIZE)
		return;
	if (store_cursor_row(cursor, &row) < 0 || !found(arg, key, row.body))
		forget(arg, key);
}

int
sessionsread_all(struct store_reader *reader,
    bool (*found)(void *arg, struct span key, struct span body),
    void (*forget)(void *arg, struct span key), void *arg)
{
	const struct span none = { 0 };
	struct store_cursor *cursor = NULL;
	int rv = store_read_begin(reader);

	if (rv < 0)
		return rv;
	rv = store_cursor_open(reader, DB_SESSIONS, &cursor);
	if (rv == 0)
		rv = store_cursor_seek(cursor, none, none);
	while (rv == 0) {
		read_current(cursor, found, forget, arg);
		rv = store_cursor_next(cursor);
	}
	store_cursor_close(cursor);
	store_read_end(reader);
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}
