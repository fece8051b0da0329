/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/corpus.h"
#include "tests/bench/cputime.h"

#define SAMPLES_MAX (4U << 20) /* of a client; later ones are only counted */
#define SECOND	    1e9
#define STEP	    200 /* microseconds */
#define NOISE_MAX   20	/* per cent */

struct client {
	uint64_t ops, bad, time, cpu;
	uint64_t daemon[LOAD_CLASSES_MAX];
};

/* What the clients leave for whoever started them. */
struct shared {
	int ready;
	int go;
	struct client clients[LOAD_CLIENTS_MAX];
};

/* What the machine and the daemons did meanwhile. */
struct meanwhile {
	uint64_t time, daemons, machine, stolen;
};

void
load_die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(2);
}

static void *
share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		load_die("mmap: %s", strerror(errno));
	return memory;
}

static void
add_pids(struct load *load, const char *text)
{
	char *end;

	for (long pid; load->pid_count < LOAD_PIDS_MAX; text = end) {
		pid = strtol(text + strspn(text, ", "), &end, 10);
		if (pid <= 0)
			return;
		load->pids[load->pid_count++] = (pid_t)pid;
	}
}

bool
load_option(struct load *load, int option, const char *argument)
{
	switch (option) {
	case 'k':
		load->clients = atoi(argument);
		return load->clients > 0 && load->clients <= LOAD_CLIENTS_MAX;
	case 's':
		load->seconds = atof(argument);
		return true;
	case 'w':
		load->warm = atof(argument);
		return true;
	case 'n':
		load->max = strtoull(argument, NULL, 10);
		return true;
	case 'b':
		load->block = strtoull(argument, NULL, 10);
		return load->block > 0;
	case 'a':
		load->at_once = true;
		return true;
	case 'P':
		add_pids(load, argument);
		return true;
	default:
		return false;
	}
}

static uint64_t
random_of(int client, uint64_t turn)
{
	return corpus_mix((turn << 8 | (uint64_t)client) * 2);
}

static size_t
class_of(const struct load *load, int client, uint64_t turn)
{
	uint64_t block = turn / load->block;

	return (size_t)(corpus_mix((block << 8 | (uint64_t)client) * 2 + 1) %
			load->classes);
}

/* One after the other until the time is over, beginning with one of them. */
static void
work(const struct load *load, int number, double seconds, uint64_t turn,
    struct client *client, uint32_t *samples)
{
	const uint64_t began = cputime_now(), cpu = cputime_own();
	const uint64_t end = began + (uint64_t)(seconds * SECOND);
	const bool blocks = load->clients == 1 && load->block > 1;
	uint64_t daemons = 0, now = began;
	size_t last = 0;

	for (uint64_t i = 0; now < end && (load->max == 0 || i < load->max);
	     i++) {
		const size_t class = class_of(load, number, turn + i);
		uint64_t before;

		if (blocks && i % load->block == 0) {
			now = cputime_of(load->pids, load->pid_count);
			client->daemon[last] += i == 0 ? 0 : now - daemons;
			daemons = now;
			last = class;
		}
		load->draw(class, random_of(number, turn + i));
		before = cputime_now();
		client->bad += !load->op(class);
		now = cputime_now();
		client->ops++;
		if (i < SAMPLES_MAX)
			samples[i] = now - before > UINT32_MAX
					 ? UINT32_MAX
					 : (uint32_t)(now - before);
	}
	client->time = now - began;
	client->cpu = cputime_own() - cpu;
}

/* Draws of the warm-up are far from those that count. */
static void
run_client(const struct load *load, int number, struct shared *shared,
    uint32_t *samples)
{
	struct client *client = &shared->clients[number];

	if (load->begin != NULL)
		load->begin(number);
	work(load, number, load->warm, UINT64_C(1) << 40, client, samples);
	memset(client, 0, sizeof(*client));
	__atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&shared->go, __ATOMIC_SEQ_CST) == 0)
		usleep(STEP);
	work(load, number, load->seconds, 0, client, samples);
	_exit(0);
}

static void
meanwhile_read(const struct load *load, struct meanwhile *meanwhile)
{
	meanwhile->time = cputime_now();
	meanwhile->machine = cputime_machine(&meanwhile->stolen);
	meanwhile->daemons = cputime_of(load->pids, load->pid_count);
}

static void
run_once(const struct load *load, struct shared *shared, uint32_t *samples,
    struct meanwhile *meanwhile)
{
	struct meanwhile before;
	int status;

	fflush(stdout);
	memset(shared, 0, sizeof(*shared));
	for (int i = 0; i < load->clients; i++)
		switch (fork()) {
		case -1:
			load_die("fork: %s", strerror(errno));
		case 0:
			run_client(
			    load, i, shared, samples + (size_t)i * SAMPLES_MAX);
			break;
		default:
			break;
		}
	while (
	    __atomic_load_n(&shared->ready, __ATOMIC_SEQ_CST) < load->clients) {
		usleep(STEP);
		if (waitpid(-1, NULL, WNOHANG) > 0)
			load_die("a client ended before the start");
	}
	meanwhile_read(load, &before);
	__atomic_store_n(&shared->go, 1, __ATOMIC_SEQ_CST);
	while (wait(&status) > 0)
		if (status != 0)
			load_die("a client died");
	meanwhile_read(load, meanwhile);
	meanwhile->time -= before.time;
	meanwhile->daemons -= before.daemons;
	meanwhile->machine -= before.machine;
	meanwhile->stolen -= before.stolen;
}

/* What else took the machine's time, per cent. */
static double
noise(const struct load *load, const struct shared *shared,
    const struct meanwhile *meanwhile)
{
	double other = (double)meanwhile->machine - (double)meanwhile->daemons;

	for (int i = 0; i < load->clients; i++)
		other -= (double)shared->clients[i].cpu;
	other = (other > 0 ? other : 0) + (double)meanwhile->stolen;
	return 100 * other / (double)meanwhile->time /
	       (double)sysconf(_SC_NPROCESSORS_ONLN);
}

/* Again, BENCH_TRIES times in all, if the machine was busy with other things. */
static void
run_all(const struct load *load, struct shared *shared, uint32_t *samples,
    struct meanwhile *meanwhile)
{
	const char *text = getenv("BENCH_TRIES");
	long tries = text == NULL || load->at_once ? 1 : strtol(text, NULL, 10);

	do
		run_once(load, shared, samples, meanwhile);
	while (--tries > 0 && noise(load, shared, meanwhile) > NOISE_MAX);
}

static int
compare(const void *one, const void *other)
{
	const uint32_t a = *(const uint32_t *)one;
	const uint32_t b = *(const uint32_t *)other;

	return (a > b) - (a < b);
}

/* The samples of a class together, sorted; their number. */
static size_t
gather(const struct load *load, const struct shared *shared,
    const uint32_t *samples, size_t class, uint32_t *sorted)
{
	size_t n = 0;

	for (int i = 0; i < load->clients; i++) {
		uint64_t kept = shared->clients[i].ops;

		for (uint64_t j = 0; j < kept && j < SAMPLES_MAX; j++)
			if (class_of(load, i, j) == class)
				sorted[n++] =
				    samples[(size_t)i * SAMPLES_MAX + j];
	}
	qsort(sorted, n, sizeof(*sorted), compare);
	return n;
}

static double
sum_of(const uint32_t *samples, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += samples[i];
	return sum;
}

/* All operations together. */
static struct client
total_of(const struct load *load, const struct shared *shared)
{
	struct client total = { 0 };

	for (int i = 0; i < load->clients; i++) {
		const struct client *client = &shared->clients[i];

		total.ops += client->ops;
		total.bad += client->bad;
		total.cpu += client->cpu;
		for (size_t c = 0; c < LOAD_CLASSES_MAX; c++)
			total.daemon[c] += client->daemon[c];
	}
	if (total.ops == 0)
		load_die("no operation was timed");
	return total;
}

static double
rate_of(const struct load *load, const struct shared *shared)
{
	double rate = 0;

	for (int i = 0; i < load->clients; i++)
		if (shared->clients[i].time > 0)
			rate += (double)shared->clients[i].ops * SECOND /
				(double)shared->clients[i].time;
	return rate;
}

static void
print_class(const struct load *load, const struct shared *shared,
    const struct meanwhile *meanwhile, size_t class, const uint32_t *sorted,
    size_t n)
{
	const struct client total = total_of(load, shared);
	const bool only = load->classes == 1;
	double rate = only ? rate_of(load, shared)
			   : load->clients * SECOND * (double)n /
				 sum_of(sorted, n);
	double cpu = only ? (double)total.cpu / (double)n : 0;
	double daemon = only ? (double)meanwhile->daemons / (double)total.ops
			     : (double)total.daemon[class] / (double)n;

	printf("%s\t%d\t%zu\t%.1f\t%.3f\t%.3f\t%.1f\t%.3f\t%.3f\t%.0f\t%llu\n",
	    load->labels[class], load->clients, n, rate, sorted[n / 2] / 1e3,
	    sorted[n * 99 / 100] / 1e3, sorted[n - 1] / 1e3, cpu / 1e3,
	    daemon / 1e3, noise(load, shared, meanwhile),
	    (unsigned long long)total.bad);
}

bool
load_run(const struct load *load)
{
	const size_t room = (size_t)load->clients * SAMPLES_MAX;
	struct shared *shared = share(sizeof(*shared));
	uint32_t *samples = share(room * sizeof(*samples));
	uint32_t *sorted = share(room * sizeof(*sorted));
	struct meanwhile meanwhile;

	if (!load->at_once)
		cputime_await_quiet();
	run_all(load, shared, samples, &meanwhile);
	for (size_t i = 0; i < load->classes; i++) {
		size_t n = gather(load, shared, samples, i, sorted);

		if (n > 0)
			print_class(load, shared, &meanwhile, i, sorted, n);
	}
	fflush(stdout);
	return total_of(load, shared).bad == 0;
}
