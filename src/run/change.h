/*
 * change - whether a new list differs too much from the one it is to replace
 *
 * A list that doubles overnight, or loses half of what it had, is rather an
 * accident than news: a log that went missing, a trap that got around. So
 * with --max-change such a list is not put in place; somebody has to look.
 */
#ifndef RUN_CHANGE_H
#define RUN_CHANGE_H

#include <stdbool.h>

#include "options.h"
#include "run/run.h"
#include "run/target.h"

/*
 * change_is_allowed - whether the list written to t may replace the old one
 *
 * Entries that came and went are counted, not comments. There is no limit for
 * the first list, and for one whose predecessor had no entry. What is not a
 * regular file cannot be compared, and is not.
 *
 * False: why, and what differs, was complained of.
 */
bool change_is_allowed(const struct options *o, const struct target *t,
                       run_complain *complain, void *arg);

#endif
