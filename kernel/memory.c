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

/*
 * The size is a constant so that the copy is inlined and hardened usercopy,
 * which has nothing to find here, is not asked.
 */
int sysbatch_load_entry(u64 address, u64 *words)
{
	const size_t size = 8 * sizeof(*words);

	if (copy_from_user(words, (const void __user *)(uintptr_t)address, size))
		return -EFAULT;
	return 0;
}

int sysbatch_load_words(u64 address, u64 *words, u32 count)
{
	const size_t size = count * sizeof(*words);

	if (copy_from_user(words, (const void __user *)(uintptr_t)address, size))
		return -EFAULT;
	return 0;
}
