/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/pulse.h"

#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/error.h"

int
pulse_init(struct pulse *pulse)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return ERROR_SYSTEM;
	pulse->fd = fd;
	return 0;
}

void
pulse_fini(struct pulse *pulse)
{
	if (pulse->fd > 0)
		close(pulse->fd);
	pulse->fd = 0;
}

void
pulse_ask(const struct pulse *pulse)
{
	uint64_t one = 1;

	if (pulse->fd > 0)
		(void)!write(pulse->fd, &one, sizeof(one));
}

void
pulse_answer(const struct pulse *pulse)
{
	uint64_t count;

	if (pulse->fd > 0)
		(void)!read(pulse->fd, &count, sizeof(count));
}

bool
pulse_is_answered(const struct pulse *pulse)
{
	struct pollfd asked = { .fd = pulse->fd, .events = POLLIN };

	return pulse->fd <= 0 || poll(&asked, 1, 0) == 0;
}
