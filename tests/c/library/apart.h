/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests in a process of their own, which is ended if it hangs. */
#ifndef APART_H
#define APART_H

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

/* How long one may take, in seconds: for a processor that is emulated. */
#define APART_LIMIT 90

/* Runs a test in a child, which must come to its end. */
static inline void apart(void (*test)(void))
{
	struct timespec pause = { 0, 10000000 };
	int status = -1, k;
	pid_t child;

	fflush(stdout);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		test();
		fflush(stdout);
		_exit(0);
	}
	for (k = 0; k < APART_LIMIT * 100; k++) {
		pid_t ended = waitpid(child, &status, WNOHANG);

		CHECK(ended >= 0);
		if (ended == child) {
			CHECK_EQUAL(status, 0);
			return;
		}
		nanosleep(&pause, NULL);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	CHECK(!"it ends");
}

#endif /* APART_H */
