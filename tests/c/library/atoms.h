/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Atoms, and the ring of a test of syslets. */
#ifndef ATOMS_H
#define ATOMS_H

#include <string.h>

#include <syslet.h>

#include "check.h"

/* Places in the ring, unless a test wants another number. */
#ifndef SLOTS
#define SLOTS 8
#endif
#define FAILED ((struct syslet_uatom *)-1)

static struct syslet_uatom *ring[SLOTS];
static struct async_head_user head;

static inline void new_head(void)
{
	memset(ring, 0, sizeof(ring));
	memset(&head, 0, sizeof(head));
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
}

static inline void atom(struct syslet_uatom *atom, unsigned long nr, void *a,
			void *b, void *c, long *result, unsigned long flags,
			struct syslet_uatom *next)
{
	memset(atom, 0, sizeof(*atom));
	atom->flags = flags;
	atom->nr = nr;
	atom->ret_ptr = result;
	atom->next = next;
	atom->arg_ptr[0] = (unsigned long *)a;
	atom->arg_ptr[1] = (unsigned long *)b;
	atom->arg_ptr[2] = (unsigned long *)c;
}

/* Takes the next completion off the ring, waiting for it. */
static inline struct syslet_uatom *reap(void)
{
	struct syslet_uatom *done;

	CHECK_EQUAL(async_wait(1, head.user_ring_idx, &head), 0);
	done = ring[head.user_ring_idx];
	CHECK(done != NULL);
	ring[head.user_ring_idx] = NULL;
	head.user_ring_idx = (head.user_ring_idx + 1) % SLOTS;
	return done;
}

#endif
