/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A call of a batch is interrupted by a signal, and one is made again. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static int ends[2];

static void on_alarm(int signal)
{
	const int error = errno;

	(void)signal;
	(void)!write(ends[1], "signal", 6);
	errno = error;
}

static void wait_for_it(int in, int out, int flags)
{
	struct sigaction action;
	struct itimerval soon = { { 0, 0 }, { 0, 20000 } };
	char buffer[16];
	long first, second, place;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	action.sa_flags = flags;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	place = lseek(in, 0, SEEK_CUR);
	first = read(in, buffer, sizeof(buffer));
	second = write(out, "more", 4);
	printf("%ld %ld %ld %s\n", place, first, second, strerrorname_np(errno));
	/* What is left. */
	first = read(in, buffer, sizeof(buffer));
	printf("%ld\n", first);
}

int main(void)
{
	if (pipe(ends) < 0)
		return 1;
	wait_for_it(ends[0], ends[1], 0);
	wait_for_it(ends[0], ends[1], SA_RESTART);
	return fflush(stdout) != 0;
}
