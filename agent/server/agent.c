/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/agent.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/server/process.h"

const struct config *
agent_config(struct agent *agent)
{
	struct config_holder *holder = &agent->config;
	struct config *config;

	pthread_mutex_lock(&holder->lock);
	config = holder->current;
	config->references++;
	pthread_mutex_unlock(&holder->lock);
	return config;
}

static void
drop_reference(struct config_holder *holder, const struct config *config)
{
	struct config *dead = NULL;

	pthread_mutex_lock(&holder->lock);
	/* It was handed out const to be read only; here it is ours again. */
	dead = (struct config *)(uintptr_t)config;
	if (--dead->references > 0)
		dead = NULL;
	pthread_mutex_unlock(&holder->lock);
	config_free(dead);
}

void
agent_config_release(struct agent *agent, const struct config *config)
{
	drop_reference(&agent->config, config);
}

void
agent_config_replace(struct agent *agent, struct config *config)
{
	struct config_holder *holder = &agent->config;
	struct config *before;

	pthread_mutex_lock(&holder->lock);
	before = holder->current;
	holder->current = config;
	pthread_mutex_unlock(&holder->lock);
	drop_reference(holder, before);
}

/* kill(2) is not among the calls of a confined agent. */
void
agent_end_broken(struct agent *agent)
{
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

	atomic_store(&agent->broken, true);
	if (self < 0 || process_signal(self, SIGTERM) < 0)
		_exit(1);
	close(self);
}
