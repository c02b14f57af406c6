/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The wire interface of sysbatch: structures and constants.
 *
 * Generated from crates/abi by `cargo xtask header`; do not edit. Every rule
 * is in docs/abi.md. It compiles as C99, C11 and C++11 and in the kernel.
 */
#ifndef SYSBATCH_ABI_H
#define SYSBATCH_ABI_H

#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/stddef.h>
#else
#include <stddef.h>
#endif

#if defined(__cplusplus)
#define SYSBATCH_ASSERT(condition) static_assert(condition, #condition)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define SYSBATCH_ASSERT(condition) _Static_assert(condition, #condition)
#else
#define SYSBATCH_ASSERT_JOIN(a, b) a##b
#define SYSBATCH_ASSERT_NAME(line) SYSBATCH_ASSERT_JOIN(sysbatch_assert_, line)
#define SYSBATCH_ASSERT(condition) \
	typedef char SYSBATCH_ASSERT_NAME(__LINE__)[(condition) ? 1 : -1]
#endif
#define SYSBATCH_ASSERT_FIELD(type, field, offset, size) \
	SYSBATCH_ASSERT(offsetof(type, field) == (offset) && \
			sizeof(((type *)0)->field) == (size))

/* ---- The device ---- */

/*
 * Version of the interface described here. It grows when something that used to
 * work changes its meaning; additions are told by sysbatch_info.
 */
#define SYSBATCH_ABI_VERSION 1

/* Name of the misc device. */
#define SYSBATCH_DEVICE_NAME "sysbatch"

/* Where the device usually is. */
#define SYSBATCH_DEVICE_PATH "/dev/sysbatch"

/*
 * The ioctl request that runs a batch, _IO(0xC5, 1): its argument is the
 * address of a sysbatch_run header, aligned to 8 bytes.
 *
 * The number does not carry the size of the header, which is extensible and
 * says its size itself.
 */
#define SYSBATCH_RUN_REQUEST 0xC501U

/*
 * The ioctl request that runs many batches, _IO(0xC5, 2): its argument is the
 * address of a sysbatch_list, aligned to 8 bytes.
 */
#define SYSBATCH_LIST_REQUEST 0xC502U

/*
 * What read(2) on the device returns, at offset zero: as many bytes of this
 * structure as were asked for.
 */
struct sysbatch_info {
	/* The size of this structure as the module knows it, in bytes. */
	__u32 size;
	/* The module's SYSBATCH_ABI_VERSION. */
	__u32 abi_version;
	/* The size of the sysbatch_run header the module knows, in bytes. */
	__u32 run_size;
	/* Must be ignored; zero today. */
	__u32 reserved;
	/* Bit set of the formats the module runs: bit n for format n. */
	__aligned_u64 formats;
};

SYSBATCH_ASSERT(sizeof(struct sysbatch_info) == 24);
SYSBATCH_ASSERT(__alignof__(struct sysbatch_info) == 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_info, size, 0, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_info, abi_version, 4, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_info, run_size, 8, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_info, reserved, 12, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_info, formats, 16, 8);

/* ---- The run header ---- */

/* The size of the sysbatch_run header of this ABI version, in bytes. */
#define SYSBATCH_RUN_SIZE 96

/* How a program is encoded. */
enum sysbatch_format {
	/* An array of sysbatch_entry. */
	SYSBATCH_FORMAT_NATIVE = 1,
	/* An array of struct supersyscall_args. */
	SYSBATCH_FORMAT_SUPERSYSCALL = 2,
	/* An array of struct syscall (syscall_t) of the batch interface. */
	SYSBATCH_FORMAT_SYS_BATCH = 3,
	/* An array of pointers to arrays of pointers to arguments. */
	SYSBATCH_FORMAT_POINTERS = 4,
	/*
	 * struct syslet_uatoms linked by their pointers; the program counter is
	 * the address of an atom, zero ends the program, and program, len,
	 * results and results_len are not looked at.
	 */
	SYSBATCH_FORMAT_SYSLET = 5,
};

/*
 * Flag of SYSBATCH_FORMAT_SUPERSYSCALL: a call that fails does not end the
 * batch.
 */
#define SYSBATCH_FLAG_CONTINUE_ON_FAILURE 0x1U

/* Flag of SYSBATCH_FORMAT_POINTERS: a call that fails ends the batch. */
#define SYSBATCH_FLAG_STOP_ON_FAILURE 0x2U

/*
 * Flag of every format: the batch stops before the first system call that would
 * wait, with SYSBATCH_PUNT_REASON_WOULD_WAIT. A host that cannot do so refuses
 * the header.
 */
#define SYSBATCH_FLAG_FIRST_TRY 0x10000U

/* How many bytes scratch of sysbatch_run points to. */
#define SYSBATCH_SCRATCH_SIZE 32

/* Bit set of the formats known here: bit n for sysbatch_format n. */
#define SYSBATCH_FORMATS 0x3eULL

/* Why a batch stopped. */
enum sysbatch_status {
	/* It never ran: the header itself was refused. */
	SYSBATCH_STATUS_NONE = 0,
	/* It ran past its last entry. */
	SYSBATCH_STATUS_DONE = 1,
	/*
	 * A jump with SYSBATCH_JUMP_EXIT was taken; pc is the entry that took
	 * it.
	 */
	SYSBATCH_STATUS_EXIT = 2,
	/* No fuel was left for the entry at pc. */
	SYSBATCH_STATUS_OUT_OF_FUEL = 3,
	/*
	 * The system call of the entry at pc has to be made by the caller. None
	 * of it has happened. See sysbatch_punt_reason.
	 */
	SYSBATCH_STATUS_PUNT = 4,
	/*
	 * A signal came. The entry at pc has not been completed; entering again
	 * goes on.
	 */
	SYSBATCH_STATUS_INTERRUPTED = 5,
	/*
	 * The entry at pc was refused before any of it happened; the error is
	 * the ioctl's own.
	 */
	SYSBATCH_STATUS_REFUSED = 6,
	/*
	 * The entry at pc has run, but its result, now in value of
	 * sysbatch_run, could not be stored; the error is the ioctl's own.
	 */
	SYSBATCH_STATUS_UNSTORED = 7,
	/*
	 * A seccomp filter trapped the system call of the entry at pc
	 * (SECCOMP_RET_TRAP): it was not made, and its handler of SIGSYS has
	 * run. What it left in the register of the result, which is what the
	 * ioctl returned, is the result of that call, of all 64 bits.
	 */
	SYSBATCH_STATUS_TRAPPED = 8,
};

/* How to enter the entry at pc. */
enum sysbatch_resume {
	/* From its beginning. */
	SYSBATCH_RESUME_FRESH = 0,
	/*
	 * Its system call was interrupted and continues by restart_syscall(2),
	 * with the time that remains.
	 */
	SYSBATCH_RESUME_RESTART_BLOCK = 1,
};

/* Why a system call is handed back to the caller. */
enum sysbatch_punt_reason {
	/*
	 * This call works on the caller's frame, or changes who watches it, and
	 * is never made inside a batch (execve, clone, exit, ..).
	 */
	SYSBATCH_PUNT_REASON_CALL = 1,
	/*
	 * Every call of this task is watched (ptrace, rules of audit,
	 * tracepoints, syscall user dispatch, a seccomp filter that came while
	 * the batch ran), so all of them are handed back.
	 */
	SYSBATCH_PUNT_REASON_WATCHED = 2,
	/*
	 * The module is switched off, so that all calls of every task are
	 * handed back. Who closes the device now lets it be unloaded.
	 */
	SYSBATCH_PUNT_REASON_OFF = 3,
	/*
	 * With SYSBATCH_FLAG_FIRST_TRY: the call would wait, or it is not known
	 * that it would not. Entered again without the flag, it is made.
	 */
	SYSBATCH_PUNT_REASON_WOULD_WAIT = 4,
};

/*
 * What to run, and how far it has got.
 *
 * The header lives in the caller's memory and is the only state of a running
 * batch: entering again with the header as it was left goes on where the batch
 * stopped. It is extensible by size the way openat2(2) and clone3(2) are.
 */
struct sysbatch_run {
	/* In: the size of this structure as the caller knows it, in bytes. */
	__u32 size;
	/* In: how the program is encoded, see sysbatch_format. */
	__u32 format;
	/*
	 * In: the format's own flags, SYSBATCH_FLAG_CONTINUE_ON_FAILURE or
	 * SYSBATCH_FLAG_STOP_ON_FAILURE, and SYSBATCH_FLAG_FIRST_TRY; others
	 * must be zero.
	 */
	__u32 flags;
	/* Out: why the batch stopped, see sysbatch_status. */
	__u32 status;
	/* In: address of the first entry, aligned to 8 bytes. */
	__aligned_u64 program;
	/* In: how many entries there are. */
	__aligned_u64 len;
	/* In: address of the first result slot (an i64), aligned to 8 bytes. */
	__aligned_u64 results;
	/* In: how many result slots there are. */
	__aligned_u64 results_len;
	/* In: the entry to start with. Out: the entry it stopped at. */
	__aligned_u64 pc;
	/* In: how many steps may be made. Out: how many are left. */
	__aligned_u64 fuel;
	/* In and out: the steps made are added to it, wrapping. */
	__aligned_u64 steps;
	/*
	 * Out: with SYSBATCH_STATUS_UNSTORED the result that could not be
	 * stored, else unchanged.
	 */
	__s64 value;
	/*
	 * In and out: see sysbatch_resume. Zero when a batch is first entered.
	 */
	__u32 resume;
	/*
	 * Out: with SYSBATCH_STATUS_PUNT the sysbatch_punt_reason, else zero.
	 */
	__u32 reason;
	/*
	 * In: with SYSBATCH_FLAG_FIRST_TRY the address of SYSBATCH_SCRATCH_SIZE
	 * bytes, aligned to 8 bytes, that may be overwritten, or zero; else
	 * zero.
	 */
	__aligned_u64 scratch;
};

SYSBATCH_ASSERT(sizeof(struct sysbatch_run) == 96);
SYSBATCH_ASSERT(__alignof__(struct sysbatch_run) == 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, size, 0, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, format, 4, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, flags, 8, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, status, 12, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, program, 16, 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, len, 24, 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, results, 32, 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, results_len, 40, 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, pc, 48, 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, fuel, 56, 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, steps, 64, 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, value, 72, 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, resume, 80, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, reason, 84, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_run, scratch, 88, 8);

/* ---- Many batches in one crossing ---- */

/* The size of a sysbatch_list of this ABI version, in bytes. */
#define SYSBATCH_LIST_SIZE 32

/*
 * Batches to run, one after the other, and how far down the list the device is.
 *
 * Each is run as by an ioctl of its own (SYSBATCH_RUN_REQUEST); what stopped it
 * is in its own header. The list ends early only with a batch whose own ioctl
 * would not have returned zero, and returns what that would have returned.
 */
struct sysbatch_list {
	/* In: the size of this structure as the caller knows it, in bytes. */
	__u32 size;
	/* In: must be zero. */
	__u32 flags;
	/*
	 * In: address of the addresses of the sysbatch_run headers, a u64 each,
	 * aligned to 8 bytes.
	 */
	__aligned_u64 headers;
	/* In: how many there are. */
	__aligned_u64 len;
	/*
	 * In: the index of the batch to begin with. Out: of the one to go on
	 * with, which after an error is the one behind the batch that has it,
	 * and after EINTR the one whose call was interrupted.
	 */
	__aligned_u64 next;
};

SYSBATCH_ASSERT(sizeof(struct sysbatch_list) == 32);
SYSBATCH_ASSERT(__alignof__(struct sysbatch_list) == 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_list, size, 0, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_list, flags, 4, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_list, headers, 8, 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_list, len, 16, 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_list, next, 24, 8);

/* ---- The entry of the native encoding ---- */

/* The size of a sysbatch_entry in bytes: one cache line. */
#define SYSBATCH_ENTRY_SIZE 64

/* How many arguments an entry carries, as many as a system call takes. */
#define SYSBATCH_ARGUMENT_COUNT 6

/*
 * Value of dst of sysbatch_entry that means "the result slot with the entry's
 * own index".
 */
#define SYSBATCH_DST_OWN_INDEX 0xFFFF

/* Jump offset that ends the batch with status EXIT. */
#define SYSBATCH_JUMP_EXIT (-32767 - 1)

/*
 * Bit of flags of sysbatch_entry: the call is repeated along a chain of
 * records, as the last argument says, which is then a sysbatch_repeat.
 */
#define SYSBATCH_ENTRY_REPEAT 0x1

/* Bits of flags of sysbatch_entry that are defined. All others must be zero. */
#define SYSBATCH_ENTRY_FLAGS 0x1

/* Bits of modes of sysbatch_entry that are defined: two for each argument. */
#define SYSBATCH_MODES_USED 0xfff

/* How an argument of a sysbatch_entry becomes an operand. */
enum sysbatch_mode {
	/* The argument itself. */
	SYSBATCH_MODE_IMMEDIATE = 0,
	/* The value in the result slot whose index is the argument. */
	SYSBATCH_MODE_RESULT = 1,
	/* The 64-bit word at the address that is the argument. */
	SYSBATCH_MODE_MEMORY = 2,
};

/* A mode as the bits of argument k in a modes word. */
#define SYSBATCH_MODE_BITS(k, mode) ((mode) << (2 * (k)))

SYSBATCH_ASSERT(SYSBATCH_MODE_BITS(0, SYSBATCH_MODE_IMMEDIATE) == 0);
SYSBATCH_ASSERT(SYSBATCH_MODE_BITS(5, SYSBATCH_MODE_IMMEDIATE) == 0);
SYSBATCH_ASSERT(SYSBATCH_MODE_BITS(0, SYSBATCH_MODE_RESULT) == 1);
SYSBATCH_ASSERT(SYSBATCH_MODE_BITS(5, SYSBATCH_MODE_RESULT) == 1024);
SYSBATCH_ASSERT(SYSBATCH_MODE_BITS(0, SYSBATCH_MODE_MEMORY) == 2);
SYSBATCH_ASSERT(SYSBATCH_MODE_BITS(5, SYSBATCH_MODE_MEMORY) == 2048);

/*
 * One entry of a batch in the native encoding.
 *
 * An entry is read once, whole, when the program counter reaches it, so a batch
 * may patch entries that are still to come.
 */
struct sysbatch_entry {
	/* >= 0: the system call number; < 0: a sysbatch_built_in. */
	__s32 nr;
	/* Two bits for each argument, argument 0 lowest: see sysbatch_mode. */
	__u16 modes;
	/* The result slot to write, or SYSBATCH_DST_OWN_INDEX. */
	__u16 dst;
	/*
	 * Where to go after a negative result, see on_pos.
	 *
	 * For a system call, negative means the errno range -4095..-1; any
	 * other value with the top bit set (an address, say) counts as
	 * positive. For a built-in it means any value below zero.
	 */
	__s16 on_neg;
	/* Where to go after a zero result, see on_pos. */
	__s16 on_zero;
	/*
	 * Where to go after a positive result: the next entry is index + 1 +
	 * offset, or SYSBATCH_JUMP_EXIT.
	 */
	__s16 on_pos;
	/* SYSBATCH_ENTRY_REPEAT, or zero. */
	__u16 flags;
	/* The arguments, to be read through their sysbatch_mode. */
	__aligned_u64 args[6];
};

SYSBATCH_ASSERT(sizeof(struct sysbatch_entry) == 64);
SYSBATCH_ASSERT(__alignof__(struct sysbatch_entry) == 8);
SYSBATCH_ASSERT_FIELD(struct sysbatch_entry, nr, 0, 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_entry, modes, 4, 2);
SYSBATCH_ASSERT_FIELD(struct sysbatch_entry, dst, 6, 2);
SYSBATCH_ASSERT_FIELD(struct sysbatch_entry, on_neg, 8, 2);
SYSBATCH_ASSERT_FIELD(struct sysbatch_entry, on_zero, 10, 2);
SYSBATCH_ASSERT_FIELD(struct sysbatch_entry, on_pos, 12, 2);
SYSBATCH_ASSERT_FIELD(struct sysbatch_entry, flags, 14, 2);
SYSBATCH_ASSERT_FIELD(struct sysbatch_entry, args, 16, 48);

/*
 * The last argument of an entry with SYSBATCH_ENTRY_REPEAT: how its call is
 * repeated along a chain of records, each of which has its length in it, such
 * as those of getdents64(2).
 *
 * Before each call the length of the record at hand is read: zero ends the
 * chain, and the entry. After a call that did not fail, one operand advances by
 * that length, another by a stride, and the entry is run again.
 */
struct sysbatch_repeat {
	/* The operand that points into a record, 0 to 4. */
	__u8 chain;
	/* Where the 16-bit length of the record lies, in bytes from there. */
	__s8 length;
	/* The operand that advances by stride, 0 to 4; not that of chain. */
	__u8 advance;
	/*
	 * If not zero: a record with this byte where chain points stops the
	 * repetition, before its call is made.
	 */
	__u8 stop;
	/*
	 * What is added to the operand advance for each record, in bytes or
	 * whatever it counts.
	 */
	__s32 stride;
};

SYSBATCH_ASSERT(sizeof(struct sysbatch_repeat) == 8);
SYSBATCH_ASSERT(__alignof__(struct sysbatch_repeat) == 4);
SYSBATCH_ASSERT_FIELD(struct sysbatch_repeat, chain, 0, 1);
SYSBATCH_ASSERT_FIELD(struct sysbatch_repeat, length, 1, 1);
SYSBATCH_ASSERT_FIELD(struct sysbatch_repeat, advance, 2, 1);
SYSBATCH_ASSERT_FIELD(struct sysbatch_repeat, stop, 3, 1);
SYSBATCH_ASSERT_FIELD(struct sysbatch_repeat, stride, 4, 4);

/* ---- Built-in operations ---- */

/*
 * A built-in operation of the native encoding.
 *
 * Arithmetic wraps modulo 2^64; results are read back as signed for the
 * three-way branch. a..c below are operands 0..2; unused arguments are still
 * read through their modes, so a bad one is an error.
 */
enum sysbatch_built_in {
	/* Result is a. With no arguments it does nothing: NOP. */
	SYSBATCH_BUILT_IN_SET = -1,
	/*
	 * Copies the 64-bit word at address b to address a; result is the word.
	 */
	SYSBATCH_BUILT_IN_COPY = -2,
	/*
	 * Result is the word of the given width at address a + b,
	 * zero-extended.
	 */
	SYSBATCH_BUILT_IN_LOAD1 = -3,
	SYSBATCH_BUILT_IN_LOAD2 = -4,
	SYSBATCH_BUILT_IN_LOAD4 = -5,
	SYSBATCH_BUILT_IN_LOAD8 = -6,
	/* Writes the low bytes of c to address a + b; result is c. */
	SYSBATCH_BUILT_IN_STORE1 = -7,
	SYSBATCH_BUILT_IN_STORE2 = -8,
	SYSBATCH_BUILT_IN_STORE4 = -9,
	SYSBATCH_BUILT_IN_STORE8 = -10,
	/* Result is a + b. */
	SYSBATCH_BUILT_IN_ADD = -11,
	/* Result is a - b. */
	SYSBATCH_BUILT_IN_SUB = -12,
	/* Result is a & b. */
	SYSBATCH_BUILT_IN_AND = -13,
	/* Result is a | b. */
	SYSBATCH_BUILT_IN_OR = -14,
	/* Result is a ^ b. */
	SYSBATCH_BUILT_IN_XOR = -15,
	/* Result is a << b, zero if b is 64 or more. */
	SYSBATCH_BUILT_IN_SHL = -16,
	/* Result is a >> b without sign, zero if b is 64 or more. */
	SYSBATCH_BUILT_IN_SHR = -17,
	/* Result is a * b. */
	SYSBATCH_BUILT_IN_MUL = -18,
	/*
	 * Adds b to the 64-bit word at address a; result is the new word.
	 *
	 * It is a load and a store, not an atomic operation.
	 */
	SYSBATCH_BUILT_IN_UMEM_ADD = -19,
};

/* ---- Results ---- */

/*
 * The largest errno a system call can return; results from -4095 to -1 are
 * errors (include/linux/err.h).
 */
#define SYSBATCH_MAX_ERRNO 4095

/* Whether the result of a system call is an error: a negated errno. */
#define SYSBATCH_IS_ERRNO(result) \
	((result) < 0 && (result) >= -SYSBATCH_MAX_ERRNO)

SYSBATCH_ASSERT(SYSBATCH_IS_ERRNO(0) == 0);
SYSBATCH_ASSERT(SYSBATCH_IS_ERRNO(1) == 0);
SYSBATCH_ASSERT(SYSBATCH_IS_ERRNO(-1) == 1);
SYSBATCH_ASSERT(SYSBATCH_IS_ERRNO(-4095) == 1);
SYSBATCH_ASSERT(SYSBATCH_IS_ERRNO(-4096) == 0);
SYSBATCH_ASSERT(SYSBATCH_IS_ERRNO(4095) == 0);

/* ---- Atoms of syslets ---- */

/* Run the syslet asynchronously at once. */
#define SYSBATCH_SYSLET_ASYNC 0x1

/* Never run it asynchronously. */
#define SYSBATCH_SYSLET_SYNC 0x2

/* Post no completion. */
#define SYSBATCH_SYSLET_NO_COMPLETE 0x4

/* Stop if the result is not zero. */
#define SYSBATCH_SYSLET_STOP_ON_NONZERO 0x8

/* Stop if the result is zero. */
#define SYSBATCH_SYSLET_STOP_ON_ZERO 0x10

/* Stop if the result is negative. */
#define SYSBATCH_SYSLET_STOP_ON_NEGATIVE 0x20

/* Stop if the result is negative or zero. */
#define SYSBATCH_SYSLET_STOP_ON_NON_POSITIVE 0x40

/* Instead of stopping, go on with the atom that follows in memory. */
#define SYSBATCH_SYSLET_SKIP_TO_NEXT_ON_STOP 0x80

/* All flags that are defined; others refuse the atom. */
#define SYSBATCH_SYSLET_FLAGS 0xff

/*
 * The number of umem_add in an atom, -19 as an unsigned word: the interpreter's
 * own, for it is no system call.
 */
#define SYSBATCH_SYSLET_NR_UMEM_ADD 0xffffffffffffffedULL

#undef SYSBATCH_ASSERT_FIELD
#undef SYSBATCH_ASSERT
#undef SYSBATCH_ASSERT_NAME
#undef SYSBATCH_ASSERT_JOIN

#endif /* SYSBATCH_ABI_H */
