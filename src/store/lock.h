/*
 * lock - one run at a time on a collection
 *
 * The lock is on a file beside, FILE.lock, since FILE itself is replaced by
 * renaming. It ends with the process, however that ends; the file stays. The
 * lock is a descriptor's: two in one process exclude each other as well.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/error.h"

struct lock;

/*
 * lock_take - lock the collection at path (its lock file is path.lock)
 *
 * Waits up to that many seconds for another run. NULL with err set: still
 * locked, or the lock file cannot be made.
 */
struct lock *lock_take(const char *path, unsigned seconds, struct error *err);
void lock_release(struct lock *l); /* NULL is allowed */

#endif
