/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A 32-bit program that runs batches: what its parts have in common. There is no C
 * library, so that it compiles wherever the compiler does.
 */
#ifndef WAYS_H
#define WAYS_H

#include <stddef.h>

#include <asm/sigcontext.h>
#include <asm/unistd_32.h>
#include <linux/types.h>

#include <sysbatch_abi.h>

typedef unsigned int u32;

/* ---- Checks: a case that fails says where, and ends ---- */

#define CHECK(condition) check(!!(condition), #condition, __FILE__, __LINE__)
#define CHECK_EQUAL(found, expected) \
	check_equal((found), (expected), #found, __FILE__, __LINE__)

void check(int holds, const char *text, const char *file, int line);
void check_equal(__s64 found, __s64 expected, const char *text,
		 const char *file, int line);
void say(const char *text);

/* The compiler may call these, too. */
void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);

/* ---- System calls, by INT 0x80: negated errnos are results ---- */

long call6(long number, long a, long b, long c, long d, long e, long f);
#define call5(n, a, b, c, d, e) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define call4(n, a, b, c, d) call5(n, a, b, c, d, 0)
#define call3(n, a, b, c) call4(n, a, b, c, 0)
#define call2(n, a, b) call3(n, a, b, 0)
#define call1(n, a) call2(n, a, 0)
#define call0(n) call1(n, 0)

/* ---- The way into the kernel that is tried ---- */

struct registers {
	u32 eax, ebx, ecx, edx, esi, edi, ebp, flags;
	/* How far the stack pointer moved, which is not at all. */
	u32 esp_moved;
};

void gate(void *way, const struct registers *before, struct registers *after);

extern void *way;
/* Where the vDSO is, and how large. */
extern u32 vdso, vdso_size;
void find_vdso(void);

/* What the registers hold that no argument is in. */
#define IN_ESI 0x51515151U
#define IN_EDI 0xd1d1d1d1U
#define IN_EBP 0xb9b9b9b9U
/* CF, PF, AF, ZF, SF, IF, DF and OF, and the bit that is always set. */
#define FLAGS 0xed7U
/*
 * What a call that is made alone leaves of them: all, except for SYSENTER, which does not
 * tell the kernel what they were.
 */
extern u32 flags_after;

/* ---- Batches ---- */

#define ENTRIES 16
#define UNWRITTEN 0x5eed5eed5eedLL

struct batch {
	struct sysbatch_run run;
	struct sysbatch_entry program[ENTRIES];
	__s64 results[ENTRIES];
};

extern int device;
/* An argument with something above its 32 bits, which must not matter. */
#define WITH_RUBBISH(value) ((__u64)(u32)(value) | 0xdead4ead00000000ULL)

void empty(struct batch *batch);
void add(struct batch *batch, int number, __u64 a, __u64 b, __u64 c, __u64 d,
	 __u64 e, __u64 f);
#define ADDRESS(pointer) ((__u64)(u32)(pointer))
/* The ioctl, of which all registers but eax are checked. */
long enter(struct batch *batch);
/* The same, whatever the registers are after it. */
long enter_freely(struct batch *batch, struct registers *before,
		  struct registers *after);
/* Enters until the batch is over, making the calls that are handed back. */
void run_all(struct batch *batch);

/* ---- Processes and signals ---- */

#define SIGUSR1_ 10
#define SIGTRAP_ 5
#define SIGSYS_ 31
#define SIGCONT_ 18
#define SIGSTOP_ 19
#define SA_RESTART_ 0x10000000U

/* Where in the arguments of a handler the registers are. */
struct context {
	u32 flags, link, stack[3];
	struct sigcontext registers;
};

typedef void handler_function(int signal, void *info, struct context *context);
void handle(int signal, handler_function *handler, u32 flags);
long fork_(void);
void end(int status) __attribute__((noreturn));
void sleep_ms(u32 milliseconds);
/* Waits until a process is in this state of proc_pid_stat(5). */
void until_state(long pid, char state);
/* Waits for a child, which must succeed. */
void wait_for(long pid);

struct test {
	const char *name;
	void (*run)(void);
};
extern const struct test call_tests[], signal_tests[], observer_tests[];

#endif
