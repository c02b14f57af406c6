/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What other programs have from a C library.
 */
#include "ways.h"

void *memset(void *to, int byte, size_t size)
{
	char *at = to;

	while (size--)
		*at++ = (char)byte;
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	char *at = to;
	const char *source = from;

	while (size--)
		*at++ = *source++;
	return to;
}

long call6(long number, long a, long b, long c, long d, long e, long f)
{
	struct registers before = { number, a, b, c, d, e, f, 0x202, 0 };
	struct registers after;
	extern void int80_way(void);

	gate(int80_way, &before, &after);
	return (long)after.eax;
}

void say(const char *text)
{
	u32 length = 0;

	while (text[length])
		length++;
	call3(__NR_write, 1, text, length);
}

static void say_number(__s64 number)
{
	char digits[19] = "0x";
	int k;

	for (k = 0; k < 16; k++)
		digits[2 + k] = "0123456789abcdef"[(number >> (60 - 4 * k)) & 15];
	digits[18] = 0;
	say(digits);
}

static void fails(const char *text, const char *file, int line)
{
	char digits[8] = "0000: ";
	int k;

	for (k = 3; k >= 0; k--, line /= 10)
		digits[k] = (char)('0' + line % 10);
	say(file);
	say(":");
	say(digits);
	say(text);
}

void check(int holds, const char *text, const char *file, int line)
{
	if (holds)
		return;
	fails(text, file, line);
	say(" does not hold\n");
	end(1);
}

void check_equal(__s64 found, __s64 expected, const char *text,
		 const char *file, int line)
{
	if (found == expected)
		return;
	fails(text, file, line);
	say(" is ");
	say_number(found);
	say(" and should be ");
	say_number(expected);
	say("\n");
	end(1);
}

void end(int status)
{
	for (;;)
		call1(__NR_exit_group, status);
}

long fork_(void)
{
	long pid = call0(__NR_fork);

	CHECK(pid >= 0);
	/* PR_SET_PDEATHSIG, SIGKILL: nobody is to be left. */
	if (!pid)
		call2(__NR_prctl, 1, 9);
	return pid;
}

void sleep_ms(u32 milliseconds)
{
	u32 time[2] = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	call2(__NR_nanosleep, time, 0);
}

void handle(int signal, handler_function *handler, u32 flags)
{
	extern void restorer(void);
	/* SA_SIGINFO and SA_RESTORER (asm/signal.h). */
	const u32 action[5] = { (u32)handler, flags | 4 | 0x04000000,
				(u32)restorer, 0, 0 };

	CHECK_EQUAL(call4(__NR_rt_sigaction, signal, action, 0, 8), 0);
}

/* Reads a file of /proc/PID to a buffer, and ends it with a zero. */
static void read_proc(long pid, const char *name, char *buffer, u32 size)
{
	char path[40] = "/proc/";
	char digits[12];
	u32 at = 6, count = 0;
	long fd, got;

	do {
		digits[count++] = (char)('0' + pid % 10);
		pid /= 10;
	} while (pid);
	while (count)
		path[at++] = digits[--count];
	path[at++] = '/';
	while (*name)
		path[at++] = *name++;
	path[at] = 0;
	fd = call3(__NR_open, path, 0, 0);
	CHECK(fd >= 0);
	at = 0;
	while ((got = call3(__NR_read, fd, buffer + at, size - 1 - at)) > 0)
		at += (u32)got;
	buffer[at] = 0;
	call1(__NR_close, fd);
}

void until_state(long pid, char state)
{
	char stat[512];
	const char *at;

	for (;;) {
		read_proc(pid, "stat", stat, sizeof(stat));
		for (at = stat; *at != ')'; at++)
			;
		if (at[2] == state)
			return;
		CHECK(at[2] != 'Z');
		sleep_ms(1);
	}
}

void wait_for(long pid)
{
	int status;

	CHECK_EQUAL(call3(__NR_waitpid, pid, &status, 0), pid);
	CHECK_EQUAL(status, 0);
}

static u32 hexadecimal(const char **at)
{
	u32 value = 0;

	for (;; (*at)++) {
		if (**at >= '0' && **at <= '9')
			value = value * 16 + (u32)(**at - '0');
		else if (**at >= 'a' && **at <= 'f')
			value = value * 16 + (u32)(**at - 'a') + 10;
		else
			return value;
	}
}

u32 vdso, vdso_size;

void find_vdso(void)
{
	static char maps[8192];
	const char *line = maps, *at;

	read_proc(call0(__NR_getpid), "maps", maps, sizeof(maps));
	vdso_size = 0;
	while (*line) {
		for (at = line; *at && *at != '\n' && *at != '['; at++)
			;
		if (at[0] == '[' && at[1] == 'v' && at[2] == 'd') {
			vdso = hexadecimal(&line);
			line++;
			vdso_size = hexadecimal(&line) - vdso;
		}
		while (*line && *line++ != '\n')
			;
	}
	CHECK(vdso_size != 0);
}
