/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/doctor.h"
#include "common/adminmessage.h"
#include "common/error.h"

#define CONNECT_SECONDS 2

/* Items of OP_STATUS that tell of trouble. */
struct health {
	bool sealed;
	char reason[512];
	uint64_t lost_lines;
};

static void
health_note(struct health *health, const struct status_item *item)
{
	if (span_is(item->name, "state"))
		health->sealed = span_is(item->text, "sealed");
	else if (span_is(item->name, "reason"))
		(void)snprintf(health->reason, sizeof(health->reason), "%.*s",
		    (int)item->text.size, (const char *)item->text.data);
	else if (span_is(item->name, "lost_log_lines"))
		health->lost_lines = item->number;
}

static void
health_say(struct doctor *d, const struct health *health, const char *path)
{
	d->agent_answers = true;
	if (health->sealed) {
		doctor_say(d, DOCTOR_WRONG,
		    "the agent is sealed and accepts no token: %s",
		    health->reason);
		doctor_mend(d, "see \"Sealed\" in apitokend(8); to put a "
			       "backup back, stop the agent, move the store "
			       "away, start it, and apitoken restore FILE");
	} else {
		doctor_say(d, DOCTOR_OK, "the agent answers at %s", path);
	}
	if (health->lost_lines > 0)
		doctor_say(d, DOCTOR_NOTE,
		    "%llu lines of its log were lost since it started",
		    (unsigned long long)health->lost_lines);
}

static void
absent_say(struct doctor *d, const struct ask *ask)
{
	bool kept_out = ask->error == ERROR_UNREACHABLE && errno == EACCES;

	doctor_say(d, kept_out ? DOCTOR_UNKNOWN : DOCTOR_WRONG, "%s", ask->why);
	if (ask->error == ERROR_UNREACHABLE && !kept_out)
		doctor_mend(d, "systemctl start apitokend, or where there is "
			       "no systemd: setsid apitokend "
			       "2>>/var/log/apitokend.log </dev/null &");
	else if (ask->error == ERROR_UNTRUSTED)
		doctor_mend(d, "end whoever listens there, and start apitokend "
			       "as root");
}

/* What nobody needs rights for: whether it is there, and how it is. */
void
doctor_agent(struct doctor *d)
{
	struct health health = { 0 };
	struct status_item item;
	struct ask ask;
	enum outcome outcome = ask_init(&ask, d->globals);

	ask.silent = true;
	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_STATUS);
		outcome = ask_send(&ask);
		if (outcome != OUTCOME_DONE)
			absent_say(d, &ask);
	}
	if (outcome == OUTCOME_DONE) {
		for (uint8_t n = wirebuf_get_u8(&ask.reply); n > 0; n--) {
			status_item_get(&ask.reply, &item);
			if (!ask.reply.failed)
				health_note(&health, &item);
		}
		health_say(d, &health, ask.client.path);
	}
	ask_fini(&ask);
}

/* The uid that listens on a socket; false with errno if none does. */
static bool
listener_uid(const char *path, uid_t *uid)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = CONNECT_SECONDS };
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd, error = 0;

	errno = ENAMETOOLONG;
	if (strlen(path) >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return false;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) !=
		0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) !=
		0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		error = errno;
	(void)close(fd);
	errno = error;
	if (error == 0)
		*uid = peer.uid;
	return error == 0;
}

/* The modules talk to root only, unless their line has agent_uid=. */
static void
look_at_listener(struct doctor *d, const char *path)
{
	uid_t uid = 0;

	if (listener_uid(path, &uid)) {
		if (uid == 0)
			return;
		doctor_say(d, geteuid() == 0 ? DOCTOR_WRONG : DOCTOR_NOTE,
		    "uid %u listens at %s: modules trust root alone there",
		    (unsigned)uid, path);
		doctor_mend(d,
		    "start apitokend as root (it becomes its own "
		    "user); for a trial, agent_uid=%u on the "
		    "module's line",
		    (unsigned)uid);
	} else if (errno == EACCES) {
		doctor_say(d, DOCTOR_UNKNOWN,
		    "who listens at %s is for root to see", path);
	} else {
		doctor_say(d, DOCTOR_WRONG, "nobody listens at %s: %s", path,
		    strerror(errno));
		doctor_mend(d, "restart apitokend");
	}
}

struct socket_row {
	const char *path;
	mode_t most; /* more than that lets the wrong people ask */
	mode_t least;
};

static void
look_at_socket(struct doctor *d, const struct socket_row *row)
{
	struct stat st;
	unsigned mode;

	if (doctor_misses(row->path)) {
		doctor_say(
		    d, DOCTOR_WRONG, "there is no socket at %s", row->path);
		doctor_mend(d, "start apitokend, or put [sockets] of "
			       "apitokend.conf right");
		return;
	}
	if (!doctor_trusts(d, row->path) || stat(row->path, &st) != 0)
		return;
	mode = st.st_mode & 0777U;
	if (!S_ISSOCK(st.st_mode)) {
		doctor_say(d, DOCTOR_WRONG, "%s is no socket", row->path);
		doctor_mend(d, "rm %s, and restart apitokend", row->path);
	} else if ((mode & ~row->most) != 0 ||
		   (mode & row->least) != row->least) {
		doctor_say(d, DOCTOR_WRONG, "%s has mode %04o; %04o is right",
		    row->path, mode, (unsigned)row->most);
		doctor_mend(d, "chmod %04o %s", (unsigned)row->most, row->path);
	} else {
		look_at_listener(d, row->path);
	}
}

/* saslauthd's clients are the group of its socket, which is nobody's matter
 * here; they speak another protocol over a stream. */
static void
look_at_saslauthd(struct doctor *d)
{
	struct stat st;

	if (d->config.saslauthd[0] == '\0')
		return;
	if (doctor_misses(d->config.saslauthd)) {
		doctor_say(d, DOCTOR_WRONG,
		    "there is no socket at %s, where [sockets] saslauthd has "
		    "it",
		    d->config.saslauthd);
		doctor_mend(d, "restart apitokend");
	} else if (doctor_trusts(d, d->config.saslauthd) &&
		   stat(d->config.saslauthd, &st) == 0 &&
		   (st.st_mode & 0007) != 0) {
		doctor_say(d, DOCTOR_WRONG,
		    "%s has mode %04o: everybody may try passwords there",
		    d->config.saslauthd, (unsigned)st.st_mode & 0777U);
		doctor_mend(d, "chmod 0660 %s", d->config.saslauthd);
	}
}

void
doctor_sockets(struct doctor *d)
{
	const struct socket_row rows[] = {
		{ d->config.auth, 0600, 0600 },
		{ d->config.user_socket, 0666, 0666 },
		{ d->config.admin, 0666, 0666 },
	};
	unsigned before = d->wrong;

	if (!d->agent_answers)
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		look_at_socket(d, &rows[i]);
	look_at_saslauthd(d);
	if (d->wrong == before && !d->pending)
		doctor_say(d, DOCTOR_OK,
		    "they are where modules look, and "
		    "root listens");
}
