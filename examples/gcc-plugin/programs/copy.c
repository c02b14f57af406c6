/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies a file, 16 KiB at a time. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char buffer[16384];

/* Returns 0, or -1 with errno set. */
static int copy(int source, int target)
{
	ssize_t length;

	while ((length = read(source, buffer, sizeof(buffer))) > 0) {
		if (write(target, buffer, (size_t)length) != length) {
			errno = ENOSPC;
			return -1;
		}
	}
	return length < 0 ? -1 : 0;
}

static int copy_file(const char *from, const char *to)
{
	int source, target, result;

	source = open(from, O_RDONLY | O_CLOEXEC);
	if (source < 0)
		return -1;
	target = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (target < 0) {
		int error = errno;

		close(source);
		errno = error;
		return -1;
	}
	result = copy(source, target);
	close(source);
	if (close(target) < 0)
		result = -1;
	return result;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s FROM TO\n", argv[0]);
		return 2;
	}
	if (copy_file(argv[1], argv[2]) < 0) {
		fprintf(stderr, "%s to %s: %s\n", argv[1], argv[2],
			strerror(errno));
		return 1;
	}
	return 0;
}
