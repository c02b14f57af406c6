// SPDX-License-Identifier: GPL-2.0-only
/*
 * The task's memory. Every address is hostile; get_user(), put_user() and
 * copy_from_user() check that it is a user address, and each word is read
 * once.
 */
#include <linux/uaccess.h>

#include "shim.h"

#define DEFINE_LOAD(width, type)					\
int sysbatch_load##width(u64 address, u64 *word)			\
{									\
	type value;							\
									\
	if (get_user(value, (const type __user *)(uintptr_t)address))	\
		return -EFAULT;						\
	*word = value;							\
	return 0;							\
}

DEFINE_LOAD(1, u8)
DEFINE_LOAD(2, u16)
DEFINE_LOAD(4, u32)
DEFINE_LOAD(8, u64)

#define DEFINE_STORE(width, type)					\
int sysbatch_store##width(u64 address, u64 value)			\
{									\
	return put_user((type)value, (type __user *)(uintptr_t)address); \
}

DEFINE_STORE(1, u8)
DEFINE_STORE(2, u16)
DEFINE_STORE(4, u32)
DEFINE_STORE(8, u64)

/* The hot path: eight loads between one pair of stac and clac. */
int sysbatch_load_entry(u64 address, u64 *words)
{
	const u64 __user *from = (const u64 __user *)(uintptr_t)address;

#ifdef masked_user_access_begin
	/* A kernel address becomes one that faults, without a speculation fence. */
	if (can_do_masked_user_access())
		from = masked_user_access_begin(from);
	else
#endif
	if (!user_access_begin(from, 8 * sizeof(*from)))
		return -EFAULT;
	unsafe_get_user(words[0], from + 0, fault);
	unsafe_get_user(words[1], from + 1, fault);
	unsafe_get_user(words[2], from + 2, fault);
	unsafe_get_user(words[3], from + 3, fault);
	unsafe_get_user(words[4], from + 4, fault);
	unsafe_get_user(words[5], from + 5, fault);
	unsafe_get_user(words[6], from + 6, fault);
	unsafe_get_user(words[7], from + 7, fault);
	user_access_end();
	return 0;
fault:
	user_access_end();
	return -EFAULT;
}

int sysbatch_load_words(u64 address, u64 *words, u32 count)
{
	const size_t size = count * sizeof(*words);

	if (copy_from_user(words, (const void __user *)(uintptr_t)address, size))
		return -EFAULT;
	return 0;
}
