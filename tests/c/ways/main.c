/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A 32-bit program that runs batches on the device:
 *
 *	ways int80|sysenter|syscall CASE
 *
 * The first word is the way into the kernel by which it makes its ioctls. The last
 * two are the vDSO's, which has one of them, as the processor has it. It ends with
 * status 0 if all is as it should be, and else says what is not.
 */
#include "ways.h"

void *way;
int device;
u32 flags_after;

/* What a program is given beside its arguments (getauxval(3)). */
#define AT_SYSINFO 32

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* The vDSO's way, if it is by this instruction. */
static void *vdso_way(const u32 *auxiliary, unsigned char opcode)
{
	const unsigned char *code;
	int k;

	while (auxiliary[0] && auxiliary[0] != AT_SYSINFO)
		auxiliary += 2;
	CHECK_EQUAL(auxiliary[0], AT_SYSINFO);
	code = (const unsigned char *)auxiliary[1];
	/* Three pushes and a move come first, and in later kernels one without effect. */
	for (k = 0; k < 11; k++) {
		if (code[k] == 0x0f && code[k + 1] == opcode)
			return (void *)auxiliary[1];
	}
	return 0;
}

static void choose_way(const char *name, const u32 *auxiliary)
{
	extern void int80_way(void);

	if (equal(name, "int80"))
		way = int80_way;
	else if (equal(name, "sysenter"))
		way = vdso_way(auxiliary, 0x34);
	else if (equal(name, "syscall"))
		way = vdso_way(auxiliary, 0x05);
	CHECK(way);
}

static void try_flags(int keeps_all)
{
	const struct registers before = { __NR_getpid, 0, 0, 0, 0, 0, 0, FLAGS, 0 };
	struct registers after;

	gate(way, &before, &after);
	flags_after = after.flags;
	CHECK(!keeps_all || flags_after == FLAGS);
}

void empty(struct batch *batch)
{
	int k;

	memset(batch, 0, sizeof(*batch));
	batch->run.size = sizeof(batch->run);
	batch->run.format = SYSBATCH_FORMAT_NATIVE;
	batch->run.program = ADDRESS(batch->program);
	batch->run.results = ADDRESS(batch->results);
	batch->run.results_len = ENTRIES;
	batch->run.fuel = 1000;
	for (k = 0; k < ENTRIES; k++)
		batch->results[k] = UNWRITTEN;
}

void add(struct batch *batch, int number, __u64 a, __u64 b, __u64 c, __u64 d,
	 __u64 e, __u64 f)
{
	struct sysbatch_entry *entry = &batch->program[batch->run.len++];

	CHECK(batch->run.len <= ENTRIES);
	entry->nr = number;
	entry->dst = SYSBATCH_DST_OWN_INDEX;
	entry->args[0] = a;
	entry->args[1] = b;
	entry->args[2] = c;
	entry->args[3] = d;
	entry->args[4] = e;
	entry->args[5] = f;
}

long enter_freely(struct batch *batch, struct registers *before,
		  struct registers *after)
{
	const struct registers registers = {
		__NR_ioctl, (u32)device, SYSBATCH_RUN_REQUEST, (u32)&batch->run,
		IN_ESI, IN_EDI, IN_EBP, FLAGS, 0,
	};

	*before = registers;
	gate(way, before, after);
	return (long)after->eax;
}

long enter(struct batch *batch)
{
	struct registers before, after;
	long result = enter_freely(batch, &before, &after);
	u32 ds, es, fs, gs;

	CHECK_EQUAL(after.ebx, before.ebx);
	CHECK_EQUAL(after.ecx, before.ecx);
	CHECK_EQUAL(after.edx, before.edx);
	CHECK_EQUAL(after.esi, before.esi);
	CHECK_EQUAL(after.edi, before.edi);
	CHECK_EQUAL(after.ebp, before.ebp);
	CHECK_EQUAL(after.flags, flags_after);
	CHECK_EQUAL(after.esp_moved, 0);
	__asm__ volatile("movl %%ds, %0; movl %%es, %1; movl %%fs, %2; movl %%gs, %3"
			 : "=r" (ds), "=r" (es), "=r" (fs), "=r" (gs));
	CHECK(es == ds && fs == ds && gs == ds);
	return result;
}

void run_all(struct batch *batch)
{
	struct sysbatch_run *run = &batch->run;

	for (;;) {
		CHECK_EQUAL(enter(batch), 0);
		if (run->status != SYSBATCH_STATUS_PUNT)
			return;
		/* Made by the way that is tried, too. */
		const struct sysbatch_entry *entry = &batch->program[run->pc];
		const struct registers before = {
			(u32)entry->nr, (u32)entry->args[0], (u32)entry->args[1],
			(u32)entry->args[2], (u32)entry->args[3],
			(u32)entry->args[4], (u32)entry->args[5], 0x202, 0,
		};
		struct registers after;

		gate(way, &before, &after);
		batch->results[run->pc] = (long)after.eax;
		run->pc++;
		run->fuel--;
		run->steps++;
	}
}

/* Called with the stack as the program was given it. */
void begin(u32 *stack)
{
	const struct test *const lists[] = { call_tests, signal_tests,
					     observer_tests };
	u32 count = stack[0];
	const char *const *words = (const char *const *)(stack + 1);
	const u32 *auxiliary = stack + 1 + count + 1;
	u32 list;

	/* Known values in the segment registers. */
	__asm__ volatile("movl %%ds, %%eax; movl %%eax, %%fs; movl %%eax, %%gs"
			 : : : "eax");
	while (*auxiliary++)
		;
	CHECK_EQUAL(count, 3);
	choose_way(words[1], auxiliary);
	try_flags(!equal(words[1], "sysenter"));
	device = (int)call3(__NR_open, SYSBATCH_DEVICE_PATH, 2, 0);
	CHECK(device >= 0);
	for (list = 0; list < 3; list++) {
		const struct test *test;

		for (test = lists[list]; test->name; test++) {
			if (equal(test->name, words[2])) {
				test->run();
				end(0);
			}
		}
	}
	say("there is no such case\n");
	end(2);
}
