// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries and run headers, each read or written in one go: one check of the
 * address, one stac and one clac for all of its words. Every address is
 * hostile, and each word is read once.
 */
#include <linux/ptrace.h>

#include "access.h"
#include "shim.h"
#include "task.h"

/* Reads argument k into a register of the task. */
#define ARGUMENT(label, k, name)					\
	#label ":	mov %c[at" #k "](%[from]), %%rax\n"		\
	"	mov %%rax, %c[" #name "](%[regs])\n"
#define FAULTS(label)							\
	_ASM_EXTABLE_TYPE_REG(label##b, 9b, EX_TYPE_EFAULT_REG, %[first])
#define AT(k, offset, name)						\
	[at##k] "i" ((offset) + (k) * 8), [name] "i" (offsetof(struct pt_regs, name))
#define ARGUMENTS_AT(offset)						\
	AT(0, offset, di), AT(1, offset, si), AT(2, offset, dx),	\
	AT(3, offset, r10), AT(4, offset, r8), AT(5, offset, r9)

/*
 * Reads the words of an entry: the arguments to where a system call expects
 * them, those before the arguments to variables. At a fault the rest is left
 * and the first word becomes -EFAULT (HEAD_STORED).
 */
static __always_inline struct sysbatch_head
read_words2(const u64 __user *from, struct pt_regs *regs)
{
	struct sysbatch_head head;

	asm volatile("1:	mov 8(%[from]), %[second]\n"
		     ARGUMENT(2, 0, di) ARGUMENT(3, 1, si) ARGUMENT(4, 2, dx)
		     ARGUMENT(5, 3, r10) ARGUMENT(6, 4, r8) ARGUMENT(7, 5, r9)
		     "8:	mov (%[from]), %[first]\n"
		     "9:\n"
		     FAULTS(1) FAULTS(2) FAULTS(3) FAULTS(4)
		     FAULTS(5) FAULTS(6) FAULTS(7) FAULTS(8)
		     : [first] "=&r" (head.first), [second] "=&r" (head.second)
		     : [from] "r" (from), [regs] "r" (regs), ARGUMENTS_AT(16)
		     : "rax", "memory");
	return head;
}

static __always_inline struct sysbatch_head
read_words1(const u64 __user *from, struct pt_regs *regs)
{
	struct sysbatch_head head = { 0, 0 };

	asm volatile(ARGUMENT(2, 0, di) ARGUMENT(3, 1, si) ARGUMENT(4, 2, dx)
		     ARGUMENT(5, 3, r10) ARGUMENT(6, 4, r8) ARGUMENT(7, 5, r9)
		     "8:	mov (%[from]), %[first]\n"
		     "9:\n"
		     FAULTS(2) FAULTS(3) FAULTS(4)
		     FAULTS(5) FAULTS(6) FAULTS(7) FAULTS(8)
		     : [first] "=&r" (head.first)
		     : [from] "r" (from), [regs] "r" (regs), ARGUMENTS_AT(8)
		     : "rax", "memory");
	return head;
}

/* Out of line, so that the way past it is short. */
static noinline __cold struct sysbatch_head stored(void)
{
	return HEAD_STORED;
}

/*
 * sysbatch_turnN stores a result and reads the next entry, with N words before
 * its arguments; the task is looked at after that, for both may have taken any
 * time. What was read counts only if nothing else is to be done first.
 * sysbatch_firstN does so for an entry before which there is no result. Tasks
 * that are observed have their own.
 */
#define DEFINE_TURN(head_words, beside, is_clear)			\
struct sysbatch_head __noendbr						\
sysbatch_turn##head_words##beside(u64 slot, u64 result, u64 entry,	\
				  struct pt_regs *regs)			\
{									\
	u64 __user *to = (u64 __user *)(uintptr_t)slot;			\
	const u64 __user *from = (const u64 __user *)(uintptr_t)entry;	\
	struct sysbatch_head head;					\
									\
	if (!begin_two_accesses(to, sizeof(*to),			\
				from, ((head_words) + 6) * sizeof(*from))) \
		return HEAD_NOT_STORED;					\
	unsafe_put_user(result, to, fault);				\
	head = read_words##head_words(from, regs);			\
	user_access_end();						\
	if (unlikely(!is_clear()))					\
		return stored();					\
	return head;							\
fault:									\
	user_access_end();						\
	return HEAD_NOT_STORED;						\
}									\
									\
struct sysbatch_head __noendbr						\
sysbatch_first##head_words##beside(u64 entry, struct pt_regs *regs)	\
{									\
	struct sysbatch_head head;					\
									\
	head = read_entry##head_words(entry, regs);			\
	if (unlikely(!is_clear()))					\
		return stored();					\
	return head;							\
}

#define DEFINE_ENTRY(head_words)					\
static __always_inline struct sysbatch_head				\
read_entry##head_words(u64 entry, struct pt_regs *regs)			\
{									\
	const u64 __user *from = (const u64 __user *)(uintptr_t)entry;	\
	struct sysbatch_head head;					\
									\
	if (!begin_access(from, ((head_words) + 6) * sizeof(*from)))	\
		return HEAD_STORED;					\
	head = read_words##head_words(from, regs);			\
	user_access_end();						\
	return head;							\
}									\
									\
struct sysbatch_head __noendbr						\
sysbatch_read_entry##head_words(u64 entry, struct pt_regs *regs)	\
{									\
	return read_entry##head_words(entry, regs);			\
}									\
									\
DEFINE_TURN(head_words, , is_clear)					\
DEFINE_TURN(head_words, _beside_observers, is_clear_beside_observers)

DEFINE_ENTRY(1)
DEFINE_ENTRY(2)

/* Copies a word from user space, with any compiler: no output and no jump. */
#define COPY_WORD(k)							\
	asm volatile goto("1:	mov %c[at](%[from]), %%rax\n"		\
		"	mov %%rax, %c[at](%[to])\n"			\
		_ASM_EXTABLE_UA(1b, %l[fault])				\
		: : [from] "r" (from), [to] "r" (words), [at] "i" ((k) * 8) \
		: "rax", "memory" : fault)

int __noendbr sysbatch_load_header(u64 address, u64 *words)
{
	const u64 __user *from = (const u64 __user *)(uintptr_t)address;

	if (!begin_access(from, SYSBATCH_RUN_SIZE))
		return -EFAULT;
	COPY_WORD(0);
	COPY_WORD(1);
	COPY_WORD(2);
	COPY_WORD(3);
	COPY_WORD(4);
	COPY_WORD(5);
	COPY_WORD(6);
	COPY_WORD(7);
	COPY_WORD(8);
	COPY_WORD(9);
	COPY_WORD(10);
	COPY_WORD(11);
	user_access_end();
	return 0;
fault:
	user_access_end();
	return -EFAULT;
}

int __noendbr sysbatch_store_header(u64 address, u64 pc, u64 fuel, u64 steps,
				    s64 value, u64 resume_and_reason, u32 status)
{
	u64 __user *to = (u64 __user *)(uintptr_t)address;

	if (!begin_access(to, SYSBATCH_RUN_SIZE))
		return -EFAULT;
	/* From pc on; the status last, so that it always comes with the rest. */
	unsafe_put_user(pc, to + 6, fault);
	unsafe_put_user(fuel, to + 7, fault);
	unsafe_put_user(steps, to + 8, fault);
	unsafe_put_user(value, (s64 __user *)to + 9, fault);
	unsafe_put_user(resume_and_reason, to + 10, fault);
	unsafe_put_user(status, (u32 __user *)to + 3, fault);
	user_access_end();
	return 0;
fault:
	user_access_end();
	return -EFAULT;
}

int __noendbr sysbatch_load_operands(u64 first, u64 second,
				     struct pt_regs *regs)
{
	const u64 __user *a = (const u64 __user *)(uintptr_t)first;
	const u64 __user *b = (const u64 __user *)(uintptr_t)second;
	s64 fault = 0;

	if (!begin_two_accesses(a, sizeof(*a), b, sizeof(*b)))
		return -EFAULT;
	asm volatile("1:	mov (%[a]), %%rax\n"
		     "	mov %%rax, %c[di](%[regs])\n"
		     "2:	mov (%[b]), %%rax\n"
		     "	mov %%rax, %c[si](%[regs])\n"
		     "3:\n"
		     _ASM_EXTABLE_TYPE_REG(1b, 3b, EX_TYPE_EFAULT_REG, %[fault])
		     _ASM_EXTABLE_TYPE_REG(2b, 3b, EX_TYPE_EFAULT_REG, %[fault])
		     : [fault] "+r" (fault)
		     : [a] "r" (a), [b] "r" (b), [regs] "r" (regs),
		       [di] "i" (offsetof(struct pt_regs, di)),
		       [si] "i" (offsetof(struct pt_regs, si))
		     : "rax", "memory");
	user_access_end();
	return fault;
}

/* The array of an entry of the pointers format. */
#define GATHERED (7 * sizeof(u64))

/*
 * Whether words can be read at an address that was itself read with user space
 * open. It is made one that faults if not, where that is the cheaper way.
 */
static __always_inline bool is_near(const u64 __user **from, size_t size)
{
#ifdef MASKS_USER_ADDRESSES
	*from = mask_user_address(*from);
#else
	if (unlikely(!is_below_kernel(*from) || !access_ok(*from, size)))
		return false;
	/* The address depends on what was read, and may be speculated on. */
	barrier_nospec();
#endif
	return true;
}

/* Reads a word with user space open, at an address that was checked. */
static __always_inline u64 read_near(const u64 __user *from, s64 *fault)
{
	u64 word = 0;

	asm volatile("1:	mov (%[from]), %[word]\n"
		     "2:\n"
		     _ASM_EXTABLE_TYPE_REG(1b, 2b, EX_TYPE_EFAULT_REG, %[fault])
		     : [word] "+r" (word), [fault] "+r" (*fault)
		     : [from] "r" (from) : "memory");
	return word;
}

/* The same at any address. */
static __always_inline u64 read_word(const u64 __user *from, s64 *fault)
{
	if (unlikely(!is_near(&from, sizeof(*from)))) {
		*fault = -EFAULT;
		return 0;
	}
	return read_near(from, fault);
}

/*
 * With user space open, the arguments through the pointers at an address, up to
 * six or to a null one. The rest is zero. Whether all six pointers lie at an
 * address that was checked says `checked`.
 */
static __always_inline void gather(const u64 __user *from, bool checked,
				   struct pt_regs *regs, s64 *fault)
{
	u64 pointer;

	regs->di = 0;
	regs->si = 0;
	regs->dx = 0;
	regs->r10 = 0;
	regs->r8 = 0;
	regs->r9 = 0;
#define GATHER(k, name)							\
	pointer = checked ? read_near(from + (k), fault) :		\
			    read_word(from + (k), fault);		\
	if (!pointer)							\
		return;							\
	regs->name = read_word((const u64 __user *)(uintptr_t)pointer, fault)
	GATHER(0, di);
	GATHER(1, si);
	GATHER(2, dx);
	GATHER(3, r10);
	GATHER(4, r8);
	GATHER(5, r9);
#undef GATHER
}

struct sysbatch_word __noendbr sysbatch_gather(u64 address,
					       struct pt_regs *regs)
{
	const u64 __user *from = (const u64 __user *)(uintptr_t)address;
	struct sysbatch_word word = { 0, 0 };

	if (!begin_access(from, sizeof(*from)))
		return (struct sysbatch_word){ 0, -EFAULT };
	word.value = read_near(from, &word.fault);
	gather(from + 1, false, regs, &word.fault);
	user_access_end();
	return word;
}

/*
 * sysbatch_turn_to_pointer() and sysbatch_turn_to_atom() store a result and read
 * the next entry of a format whose entries do not lie in one piece; the task is
 * looked at after that. Whatever is not as it mostly is, an address among the
 * last ones of user space for one, is left to who reads in pieces.
 */
#define DEFINE_TURN_TO_POINTER(beside, is_clear)			\
struct sysbatch_word __noendbr						\
sysbatch_turn_to_pointer##beside(u64 slot, u64 result, u64 entry,	\
				 struct pt_regs *regs)			\
{									\
	u64 __user *to = (u64 __user *)(uintptr_t)slot;			\
	const u64 __user *from = (const u64 __user *)(uintptr_t)entry;	\
	struct sysbatch_word word = { 0, 0 };				\
									\
	if (!begin_two_accesses(to, sizeof(*to), from, sizeof(*from)))	\
		return WORD_NOT_STORED;					\
	unsafe_put_user(result, to, fault);				\
	from = (const u64 __user *)(uintptr_t)read_near(from, &word.fault); \
	if (unlikely(!is_near(&from, GATHERED)))			\
		word.fault = -EFAULT;					\
	else {								\
		word.value = read_near(from, &word.fault);		\
		gather(from + 1, true, regs, &word.fault);		\
	}								\
	user_access_end();						\
	if (unlikely(!is_clear()))					\
		word.fault = -EFAULT;					\
	return word;							\
fault:									\
	user_access_end();						\
	return WORD_NOT_STORED;						\
}

DEFINE_TURN_TO_POINTER(, is_clear)
DEFINE_TURN_TO_POINTER(_beside_observers, is_clear_beside_observers)

/* The words of an atom up to its last argument. */
#define ATOM_READ (10 * sizeof(u64))

#define DEFINE_TURN_TO_ATOM(beside, is_clear)				\
struct sysbatch_head __noendbr						\
sysbatch_turn_to_atom##beside(u64 slot, u64 result, u64 entry,		\
			      struct pt_regs *regs, u64 *result_and_next) \
{									\
	u64 __user *to = (u64 __user *)(uintptr_t)slot;			\
	const u64 __user *from = (const u64 __user *)(uintptr_t)entry;	\
	struct sysbatch_head head;					\
	s64 error = 0;							\
									\
	if (!begin_two_accesses(to, sizeof(*to), from, ATOM_READ))	\
		return ATOM_NOT_STORED;					\
	if (slot)							\
		unsafe_put_user(result, to, fault);			\
	head.second = read_near(from, &error);				\
	head.first = read_near(from + 1, &error);			\
	result_and_next[0] = read_near(from + 2, &error);		\
	result_and_next[1] = read_near(from + 3, &error);		\
	gather(from + 4, true, regs, &error);				\
	user_access_end();						\
	if (unlikely(error || !is_clear()))				\
		return ATOM_STORED;					\
	return head;							\
fault:									\
	user_access_end();						\
	return ATOM_NOT_STORED;						\
}

DEFINE_TURN_TO_ATOM(, is_clear)
DEFINE_TURN_TO_ATOM(_beside_observers, is_clear_beside_observers)
