// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of the task's memory. Every address is hostile, and each word is read
 * once.
 */
#include "access.h"
#include "shim.h"

#define DEFINE_LOAD(width, type, move)					\
struct sysbatch_word __noendbr sysbatch_load##width(u64 address)	\
{									\
	const type __user *from = (const type __user *)(uintptr_t)address; \
	struct sysbatch_word word = { 0, 0 };				\
									\
	if (!begin_access(from, sizeof(*from)))				\
		return (struct sysbatch_word){ 0, -EFAULT };		\
	asm volatile("1:	" move "\n"				\
		     "2:\n"						\
		     _ASM_EXTABLE_TYPE_REG(1b, 2b, EX_TYPE_EFAULT_REG,	\
					   %[fault])			\
		     : [value] "=&r" (word.value),			\
		       [fault] "+r" (word.fault)			\
		     : [from] "r" (from) : "memory");			\
	user_access_end();						\
	return word;							\
}

DEFINE_LOAD(1, u8, "movzbl (%[from]), %k[value]")
DEFINE_LOAD(2, u16, "movzwl (%[from]), %k[value]")
DEFINE_LOAD(4, u32, "movl (%[from]), %k[value]")
DEFINE_LOAD(8, u64, "movq (%[from]), %[value]")

#define DEFINE_STORE(width, type)					\
int __noendbr sysbatch_store##width(u64 address, u64 value)		\
{									\
	type __user *to = (type __user *)(uintptr_t)address;		\
									\
	if (!begin_access(to, sizeof(*to)))				\
		return -EFAULT;						\
	unsafe_put_user((type)value, to, fault);			\
	user_access_end();						\
	return 0;							\
fault:									\
	user_access_end();						\
	return -EFAULT;							\
}

DEFINE_STORE(1, u8)
DEFINE_STORE(2, u16)
DEFINE_STORE(4, u32)
DEFINE_STORE(8, u64)

/* The front of an atom, and what else has three words. */
int __noendbr sysbatch_load_three(u64 address, u64 *words)
{
	const u64 __user *from = (const u64 __user *)(uintptr_t)address;
	s64 fault = 0;

	if (!begin_access(from, 3 * sizeof(*from)))
		return -EFAULT;
	asm volatile("1:	mov (%[from]), %%rax\n"
		     "	mov %%rax, (%[to])\n"
		     "2:	mov 8(%[from]), %%rax\n"
		     "	mov %%rax, 8(%[to])\n"
		     "3:	mov 16(%[from]), %%rax\n"
		     "	mov %%rax, 16(%[to])\n"
		     "4:\n"
		     _ASM_EXTABLE_TYPE_REG(1b, 4b, EX_TYPE_EFAULT_REG, %[fault])
		     _ASM_EXTABLE_TYPE_REG(2b, 4b, EX_TYPE_EFAULT_REG, %[fault])
		     _ASM_EXTABLE_TYPE_REG(3b, 4b, EX_TYPE_EFAULT_REG, %[fault])
		     : [fault] "+r" (fault)
		     : [from] "r" (from), [to] "r" (words)
		     : "rax", "memory");
	user_access_end();
	return fault;
}

int sysbatch_load_words(u64 address, u64 *words, u32 count)
{
	const size_t size = count * sizeof(*words);

	if (copy_from_user(words, (const void __user *)(uintptr_t)address, size))
		return -EFAULT;
	return 0;
}
