/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_BENCH_LOAD_H
#define APITOKEN_TESTS_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What every load generator shares: so many client processes, each with a
 * warm-up that is discarded, start together and do one operation after the
 * other; each is timed.  An operation is of one of several classes that are
 * drawn at random, from one to the next: what drifts on a shared machine
 * drifts for all of them alike.
 *
 * load_run() prints a line for each class, tab-separated:
 *
 *	label	of the class
 *	clients
 *	ops	how many
 *	ops/s	all clients together; where there are more classes than one,
 *		had the clients done nothing else
 *	p50 p99 max	of an operation as its client saw it, microseconds
 *	cpu	of the clients and their children, microseconds an operation;
 *		0 where there are more classes than one
 *	daemon	of the daemons named by -P and their children, likewise; where
 *		there are more classes than one, only with one client and
 *		blocks (-b), else 0
 *	noise	per cent of the machine's CPU that anything else took, or that
 *		the hypervisor withheld.  Where it is more than 20 it is all
 *		done again, as often as BENCH_TRIES of the environment says
 *	bad	operations that did not end as expected; must be 0
 */
#define LOAD_CLASSES_MAX 16
#define LOAD_CLIENTS_MAX 64
#define LOAD_PIDS_MAX	 64

struct load {
	int clients;
	double seconds;
	double warm;	/* seconds */
	bool at_once;	/* does not wait for the machine to be quiet */
	uint64_t max;	/* operations of a client; 0: no limit */
	uint64_t block; /* so many of a class in a row */
	const char *labels[LOAD_CLASSES_MAX];
	size_t classes;
	pid_t pids[LOAD_PIDS_MAX];
	size_t pid_count;
	/* In each client, before the warm-up; may be NULL. */
	void (*begin)(int client);
	/* Not timed: decides by a random number what the next one is about. */
	void (*draw)(size_t class, uint64_t random);
	/* Timed.  Whether it ended as expected. */
	bool (*op)(size_t class);
};

/* For getopt(3): clients, seconds, warm-up, maximum, block, pids, at once. */
#define LOAD_OPTIONS "k:s:w:n:b:P:a"
/* Whether the option was one of them. */
bool load_option(struct load *load, int option, const char *argument);

/* Whether nothing was bad. */
bool load_run(const struct load *load);

/* Says it on stderr and ends the program. */
void load_die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif
