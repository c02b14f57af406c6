/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening user space for accesses at a hostile address. user_access_end()
 * closes it.
 */
#ifndef SYSBATCH_ACCESS_H
#define SYSBATCH_ACCESS_H

#include <linux/uaccess.h>

#include <asm/asm.h>

#ifdef masked_user_access_begin
/* A kernel address becomes one that faults, without a speculation fence. */
#define begin_access(from, size) ({					\
	(from) = masked_user_access_begin(from);			\
	true;								\
})
#define begin_two_accesses(to, to_size, from, size) ({			\
	(to) = mask_user_address(to);					\
	begin_access(from, size);					\
})
#else
#define begin_access(from, size) user_access_begin(from, size)
#define begin_two_accesses(to, to_size, from, size)			\
	(access_ok(to, to_size) && user_access_begin(from, size))
#endif

#endif
