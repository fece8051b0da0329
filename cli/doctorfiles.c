/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "common/duration.h"

#define MIB (UINT64_C(1024) * 1024)

/* Below both, the store is soon full. */
#define DISK_MIB     64
#define DISK_PERCENT 5

/* Before this release there were no tokens. */
#define RELEASED_AT INT64_C(1764547200) /* 2025-12-01 */
#define CLOCK_SLACK 300			/* seconds */

/* apitokend where it is installed, or beside this program as in a tree. */
static bool
agent_program(char path[DOCTOR_PATH])
{
	static const char name[] = "apitokend";
	ssize_t size;
	char *slash;

	(void)snprintf(path, DOCTOR_PATH, "%s/%s", APITOKEN_SBINDIR, name);
	if (access(path, X_OK) == 0)
		return true;
	size = readlink("/proc/self/exe", path, DOCTOR_PATH - sizeof(name));
	path[size < 0 ? 0 : size] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return false;
	memcpy(slash + 1, name, sizeof(name));
	return access(path, X_OK) == 0;
}

/* The agent alone understands its configuration. */
static void
config_ask(struct doctor *d)
{
	char program[DOCTOR_PATH], config[DOCTOR_PATH], said[DOCTOR_TEXT];
	char option[] = "--config", check[] = "--check-config";
	char *argv[] = { program, option, config, check, NULL };
	int status;

	if (!agent_program(program)) {
		doctor_say(d, DOCTOR_UNKNOWN,
		    "%s is not here to read it: its lines were not checked",
		    APITOKEN_SBINDIR "/apitokend");
		return;
	}
	(void)snprintf(config, sizeof(config), "%s", d->config_path);
	status = doctor_run(argv, said, sizeof(said));
	said[strcspn(said, "\n")] = '\0';
	if (status == 0)
		doctor_say(d, DOCTOR_OK, "%s is understood", config);
	else if (status < 0)
		doctor_say(d, DOCTOR_UNKNOWN, "%s could not be run", program);
	else {
		doctor_say(d, DOCTOR_WRONG, "%s",
		    said[0] != '\0' ? said : "it is not understood");
		doctor_mend(d,
		    "put that line of %s right; apitokend "
		    "--check-config says when it is",
		    config);
	}
}

void
doctor_configuration(struct doctor *d)
{
	if (!d->config.is_there) {
		doctor_say(d, DOCTOR_OK,
		    "there is no %s: everything has its default",
		    d->config_path);
	} else if (d->config.is_unread) {
		doctor_say(d, DOCTOR_UNKNOWN, "%s cannot be read: %s",
		    d->config_path, strerror(errno));
	} else if (doctor_trusts(d, d->config_path)) {
		config_ask(d);
	}
}

void
doctor_key(struct doctor *d)
{
	const char *path = d->config.key;
	struct stat st;

	if (lstat(path, &st) != 0 && errno == ENOENT) {
		doctor_say(d, d->agent_answers ? DOCTOR_NOTE : DOCTOR_WRONG,
		    "there is no key at %s%s", path,
		    d->agent_answers ? ": the agent has it from elsewhere"
				     : "");
		doctor_mend(d, "apitokend --make-key, for a new store; for one "
			       "with tokens put its key back");
		return;
	}
	if (!doctor_trusts(d, path) || stat(path, &st) != 0)
		return;
	if (!S_ISREG(st.st_mode)) {
		doctor_say(d, DOCTOR_WRONG, "%s is no regular file", path);
	} else if ((st.st_mode & 0077) != 0) {
		doctor_say(d, DOCTOR_WRONG,
		    "%s has mode %04o: who reads it can forge the store", path,
		    (unsigned)st.st_mode & 07777U);
		doctor_mend(d, "chmod 0400 %s", path);
	} else {
		doctor_say(d, DOCTOR_OK, "%s is its owner's alone", path);
	}
}

static void
look_at_disk(struct doctor *d, const char *path)
{
	struct statvfs fs;
	uint64_t left, all;

	if (statvfs(path, &fs) != 0)
		return;
	left = (uint64_t)fs.f_bavail * fs.f_frsize / MIB;
	all = (uint64_t)fs.f_blocks * fs.f_frsize / MIB;
	if (left >= DISK_MIB || left * 100 >= all * DISK_PERCENT)
		return;
	doctor_say(d, DOCTOR_WRONG,
	    "the disk of %s has %llu MiB left: on a full one nothing can be "
	    "changed, and one-time tokens are refused",
	    path, (unsigned long long)left);
	doctor_mend(d, "make room on that disk");
}

void
doctor_store(struct doctor *d)
{
	const char *path = d->config.store;
	struct stat st;

	if (lstat(path, &st) != 0 && errno == ENOENT) {
		doctor_say(d, DOCTOR_NOTE,
		    "there is no store at %s yet: the agent makes it", path);
		return;
	}
	if (!doctor_trusts(d, path) || stat(path, &st) != 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		doctor_say(d, DOCTOR_WRONG, "%s is no folder", path);
		doctor_mend(d, "move it away: the agent makes a folder there");
	} else if ((st.st_mode & 0077) != 0) {
		doctor_say(d, DOCTOR_WRONG,
		    "%s has mode %04o: others may look into the store", path,
		    (unsigned)st.st_mode & 07777U);
		doctor_mend(d, "chmod 0700 %s", path);
	} else {
		doctor_say(d, DOCTOR_OK, "%s is its owner's alone", path);
	}
	look_at_disk(d, path);
}

void
doctor_user(struct doctor *d)
{
	const char *user = d->config.user;

	if (d->root[0] != '\0')
		return;
	if (getpwnam(user) != NULL) {
		doctor_say(d, DOCTOR_OK, "there is a user %s", user);
		return;
	}
	doctor_say(d, DOCTOR_WRONG,
	    "there is no user %s for the agent to become", user);
	doctor_mend(d,
	    "useradd --system --user-group --home-dir /nonexistent "
	    "--shell /usr/sbin/nologin %s",
	    user);
}

/* The store was written in the past, and this release was made there. */
void
doctor_clock(struct doctor *d)
{
	char path[DOCTOR_PATH], now_text[TIME_TEXT_SIZE], text[TIME_TEXT_SIZE];
	time_t now = time(NULL);
	struct stat st;

	time_format((uint64_t)now, now_text);
	(void)snprintf(path, sizeof(path), "%s/data.mdb", d->config.store);
	if (now < RELEASED_AT)
		doctor_say(d, DOCTOR_WRONG,
		    "the clock says %s, when this release was not made yet: "
		    "tokens end at wrong times",
		    now_text);
	else if (stat(path, &st) == 0 && st.st_mtime > now + CLOCK_SLACK) {
		time_format((uint64_t)st.st_mtime, text);
		doctor_say(d, DOCTOR_WRONG,
		    "the clock says %s, but the store was written at %s: one "
		    "of them is wrong",
		    now_text, text);
	} else {
		doctor_say(d, DOCTOR_OK, "it says %s", now_text);
		return;
	}
	doctor_mend(d, "set the clock: timedatectl set-ntp true, or date "
		       "--set");
}

/* libpam looks for modules where its own are. */
static const char *const module_folders[] = { "/lib/*/security",
	"/usr/lib/*/security", "/lib/security", "/usr/lib/security",
	"/lib64/security", "/usr/lib64/security" };

/* The folder that has the file, into folder. */
static bool
folder_with(const struct doctor *d, const char *name, char folder[DOCTOR_PATH])
{
	size_t count = sizeof(module_folders) / sizeof(module_folders[0]);
	bool found = false;

	for (size_t i = 0; i < count && !found; i++) {
		char pattern[DOCTOR_PATH];
		glob_t paths;

		(void)snprintf(pattern, sizeof(pattern), "%s%s/%s", d->root,
		    module_folders[i], name);
		if (glob(pattern, GLOB_NOSORT, NULL, &paths) != 0)
			continue;
		found = true;
		(void)snprintf(folder, DOCTOR_PATH, "%s", paths.gl_pathv[0]);
		*strrchr(folder, '/') = '\0';
		globfree(&paths);
	}
	return found;
}

void
doctor_module(struct doctor *d)
{
	char libpam[DOCTOR_PATH], ours[DOCTOR_PATH], path[DOCTOR_PATH];

	doctor_below(d, APITOKEN_PAMDIR, ours);
	if (!folder_with(d, "pam_permit.so", libpam)) {
		doctor_say(d, DOCTOR_UNKNOWN,
		    "libpam's own modules were not "
		    "found: where it looks is not "
		    "known");
		return;
	}
	(void)snprintf(path, sizeof(path), "%.4000s/pam_apitoken.so", libpam);
	if (access(path, F_OK) == 0) {
		if (doctor_trusts(d, path))
			doctor_say(
			    d, DOCTOR_OK, "%s is where libpam looks", path);
		return;
	}
	(void)snprintf(path, sizeof(path), "%.4000s/pam_apitoken.so", ours);
	doctor_say(d, DOCTOR_WRONG,
	    "there is no pam_apitoken.so in %s, where libpam looks%s%s", libpam,
	    access(path, F_OK) == 0 ? "; there is one in " : "",
	    access(path, F_OK) == 0 ? ours : "");
	doctor_mend(d,
	    "install the package libpam-apitoken, or build with "
	    "./configure --with-pamdir=%s",
	    libpam + strlen(d->root));
}

void
doctor_fail2ban(struct doctor *d)
{
	char filter[DOCTOR_PATH], program[DOCTOR_PATH];

	doctor_below(d, "/usr/bin/fail2ban-client", program);
	if (access(program, F_OK) != 0)
		return;
	doctor_below(d, "/etc/fail2ban/filter.d/apitoken.conf", filter);
	if (access(filter, F_OK) == 0) {
		doctor_say(d, DOCTOR_OK, "%s is there", filter);
		return;
	}
	doctor_say(d, DOCTOR_NOTE,
	    "fail2ban is here, but not the filter %s for refused tokens",
	    filter);
	doctor_mend(
	    d, "install -m 0644 system/fail2ban/apitoken.conf %s", filter);
}
