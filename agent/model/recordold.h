/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_RECORDOLD_H
#define APITOKEN_MODEL_RECORDOLD_H

#include "agent/model/record.h"
#include "common/wirebuf.h"

/* Records as they were first written.  They become new ones when their token
 * is changed. */

#define RECORDOLD_FORMAT 1

/* Fails w for what is no record.  *record is all zero before. */
void recordold_get(struct wirebuf *w, struct record *record);

#endif
