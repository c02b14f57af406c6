/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening user space for accesses at a hostile address. user_access_end()
 * closes it.
 */
#ifndef SYSBATCH_ACCESS_H
#define SYSBATCH_ACCESS_H

#include <linux/uaccess.h>

#include <asm/asm.h>

/*
 * The mask is a constant that the kernel writes into its code at boot. Where
 * asm/runtime-const.h is part of linux/uaccess.h for modules, too (from 6.12.0
 * to 6.12.57, and in later series for as long), it is never written into theirs,
 * and addresses would pass as they are.
 */
#if defined(masked_user_access_begin) && !defined(_ASM_RUNTIME_CONST_H)
#define MASKS_USER_ADDRESSES
#endif

#ifdef MASKS_USER_ADDRESSES
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
#ifdef _ASM_RUNTIME_CONST_H
/* access_ok() compares with the same constant. */
#define is_below_kernel(address) ((uintptr_t)(address) < TASK_SIZE_MAX)
#else
#define is_below_kernel(address) true
#endif
#define begin_access(from, size)					\
	(is_below_kernel(from) && user_access_begin(from, size))
#define begin_two_accesses(to, to_size, from, size)			\
	(is_below_kernel(to) && access_ok(to, to_size) && begin_access(from, size))
#endif

#endif
