/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAULTS_HOSTILE_H
#define APITOKEN_TESTS_FAULTS_HOSTILE_H

/* What a bad neighbour does to a socket until it is killed.  It writes a byte
 * to ready once it is at it. */
typedef void hostile_act(const char *path, int ready);

/* 10,000 connections, one after the other, that say nothing and stay; those
 * that the agent closed are made anew. */
hostile_act hostile_idle;
/* Connects, asks and goes without waiting for an answer. */
hostile_act hostile_flood;
/* The same with as many descriptors as a message takes. */
hostile_act hostile_descriptors;
/* As many connections as the agent has places, a byte a second on each. */
hostile_act hostile_drip;

#endif
