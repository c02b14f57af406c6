/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A thread that waits in a call is cancelled there, and what is behind is not done. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

static int ends[2];
static sem_t ready;
static int cleaned;

static void clean(void *argument)
{
	(void)argument;
	cleaned++;
}

static __attribute__((noinline)) void read_and_write(int in, int out)
{
	char buffer[4];

	if (read(in, buffer, sizeof(buffer)) >= 0)
		(void)!write(out, "not reached", 11);
}

static void *waits(void *argument)
{
	pthread_cleanup_push(clean, NULL);
	sem_post(&ready);
	read_and_write(ends[0], ends[1]);
	pthread_cleanup_pop(0);
	return argument;
}

int main(void)
{
	pthread_t thread;
	void *result;

	if (pipe(ends) < 0 || sem_init(&ready, 0, 0) < 0 ||
	    pthread_create(&thread, NULL, waits, NULL) != 0)
		return 1;
	sem_wait(&ready);
	usleep(20000);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	printf("cancelled: %d, cleaned up: %d\n", result == PTHREAD_CANCELED,
	       cleaned);
	return fflush(stdout) != 0;
}
