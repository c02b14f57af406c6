/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is combined and what is not. A comment that begins with `note` says what
 * the plugin says of its line with `explain`; of other lines it says nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int shared;
volatile int watched;
void elsewhere(void);

int chained(const char *path, char *buffer)
{
	int file = open(path, O_RDONLY); /* note: 3 calls are combined: open, read, close */
	if (file < 0)
		return -1;
	ssize_t length = read(file, buffer, 100);
	close(file);
	return (int)length; /* note: the batch ends here: another path of the code joins here, or a loop begins */
}

int chained_with_minus_one(const char *path, struct stat *st)
{
	int file = openat(AT_FDCWD, path, O_RDONLY); /* note: 2 calls are combined: openat, fstat */
	if (file == -1)
		return -1;
	return fstat(file, st); /* note: the batch ends here: another path of the code joins here, or a loop begins */
}

/* A result that may be an error is -1 here and the error there. */
void not_checked(const char *path)
{
	int file = open(path, O_RDONLY); /* note: ‘open’ is not combined: no call can be combined with it: an argument is a result that may be an error */
	close(file); /* note: ‘close’ is not combined: no call can be combined with it: the function returns */
}

int whole_write(int file, const char *text, size_t length)
{
	if (write(file, text, length) != (ssize_t)length) /* note: 2 calls are combined: write, fsync */
		return -1;
	return fsync(file); /* note: the batch ends here: another path of the code joins here, or a loop begins */
}

void read_until_its_end(int in, int out, char *buffer)
{
	ssize_t length;

	while ((length = read(in, buffer, 100)) > 0) /* note: 2 calls are combined: read, write */
		(void)!write(out, buffer, (size_t)length); /* note: the batch ends here: another path of the code joins here, or a loop begins */
}

/* What is stored is seen by a signal handler that comes in the second call. */
void store_between(int file)
{
	fsync(file); /* note: ‘fsync’ is not combined: no call can be combined with it: memory that the call might use */
	shared = 1;
	close(file); /* note: ‘close’ is not combined: no call can be combined with it: the function returns */
}

int load_between(int file, char *buffer)
{
	int first;

	(void)!read(file, buffer, 10); /* note: ‘read’ is not combined: no call can be combined with it: something that may trap */
	first = buffer[0];
	(void)!read(file, buffer, 10); /* note: ‘read’ is not combined: no call can be combined with it: the function returns */
	return first;
}

/* The first call fills what the second is told by. */
int size_from_memory(int file, char *buffer)
{
	struct stat st;

	if (fstat(file, &st) < 0) /* note: ‘fstat’ is not combined: no call can be combined with it: memory that the call might use is used before it */
		return -1;
	return (int)read(file, buffer, (size_t)st.st_size); /* note: ‘read’ is not combined: no call can be combined with it: another path of the code joins here, or a loop begins */
}

void volatile_between(int file)
{
	fsync(file); /* note: ‘fsync’ is not combined: no call can be combined with it: a volatile access */
	watched = 1;
	close(file); /* note: ‘close’ is not combined: no call can be combined with it: the function returns */
}

void call_between(int file)
{
	fsync(file); /* note: ‘fsync’ is not combined: no call can be combined with it: a call of elsewhere */
	elsewhere();
	close(file); /* note: ‘close’ is not combined: no call can be combined with it: the function returns */
}

void assembly_between(int file)
{
	fsync(file); /* note: ‘fsync’ is not combined: no call can be combined with it: assembly */
	__asm__ volatile("");
	close(file); /* note: ‘close’ is not combined: no call can be combined with it: the function returns */
}

int division_between(int file, int a, int b)
{
	fsync(file); /* note: ‘fsync’ is not combined: no call can be combined with it: something that may trap */
	a /= b;
	fsync(file); /* note: ‘fsync’ is not combined: no call can be combined with it: the function returns */
	return a;
}

/* With these it depends on them whether there is a mode. */
void flags_not_known(const char *path, int flags)
{
	unlink(path); /* note: ‘unlink’ is not combined: no call can be combined with it: its flags are not known to the compiler */
	(void)!open(path, flags, 0600); /* note: ‘open’ is not combined: its flags are not known to the compiler */
}

/* On its good side only an end of file is left. */
void the_other_branch(int file, char *buffer)
{
	if (read(file, buffer, 10) == 0) /* note: ‘read’ is not combined: no call can be combined with it: a branch that is for a result of zero */
		close(file); /* note: ‘close’ is not combined: no call can be combined with it: another path of the code joins here, or a loop begins */
}

void condition_of_its_own(int file, int wanted)
{
	fsync(file); /* note: ‘fsync’ is not combined: no call can be combined with it: a branch on something else than a result */
	if (wanted)
		close(file); /* note: ‘close’ is not combined: no call can be combined with it: another path of the code joins here, or a loop begins */
}

/* It has been there twice when it returns. */
int comes_back(int file) /* note: nothing is combined in ‘comes_back’: control may come back to its middle */
{
	jmp_buf place;

	if (setjmp(place))
		return -1;
	fsync(file);
	return close(file);
}

void by_its_address(int (*function)(int), int file)
{
	fsync(file); /* note: ‘fsync’ is not combined: no call can be combined with it: a call of a function by its address */
	function(file);
}

/* Not the C library's. */
int fdatasync(int file)
{
	return file + 1;
}

int of_the_program(int file)
{
	fsync(file); /* note: 2 calls are combined: fsync, close */
	int one = fdatasync(1);
	return close(file) + one; /* note: the batch ends here: the function returns */
}
