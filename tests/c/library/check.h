/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Tests that are counted, and faults that are caught.
 *
 * What a test prints on standard output must not depend on where batches run:
 * the outputs of both hosts are compared.
 */
#ifndef CHECK_H
#define CHECK_H

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static unsigned int passed;

/* Runs a test, which ends the program if it fails. */
#define RUN(test)         \
	do {              \
		test;     \
		passed++; \
	} while (0)

#define CHECK(condition)                                                   \
	do {                                                               \
		if (!(condition)) {                                        \
			printf("%s:%d: not so: %s\n", __FILE__, __LINE__,  \
			       #condition);                                \
			printf("test result: FAILED. %u passed; 1 failed; " \
			       "0 ignored\n", passed);                    \
			exit(1);                                           \
		}                                                          \
	} while (0)

/* Compares two numbers and tells both. */
#define CHECK_EQUAL(found, expected)                                        \
	do {                                                                \
		long long found_ = (long long)(found);                      \
		long long expected_ = (long long)(expected);                \
		if (found_ != expected_) {                                  \
			printf("%s:%d: %s is %lld, not %lld\n", __FILE__,   \
			       __LINE__, #found, found_, expected_);        \
			printf("test result: FAILED. %u passed; 1 failed; " \
			       "0 ignored\n", passed);                     \
			exit(1);                                            \
		}                                                           \
	} while (0)

static int report(void)
{
	printf("test result: ok. %u passed; 0 failed; 0 ignored\n", passed);
	return 0;
}

/* Two pages: the first can be used, the second not be touched. */
static inline char *page_before_a_hole(void)
{
	char *pages = (char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(pages != MAP_FAILED);
	CHECK(mprotect(pages + 4096, 4096, PROT_NONE) == 0);
	return pages;
}

static sigjmp_buf fault_jump;
static void *volatile fault_address;

static inline void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	fault_address = info->si_addr;
	siglongjmp(fault_jump, 1);
}

static inline void catch_faults(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_fault;
	action.sa_flags = SA_SIGINFO;
	CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
}

/* Whether `expression` raises SIGSEGV; fault_address tells where. */
#define FAULTS(expression)                              \
	(sigsetjmp(fault_jump, 1) ? 1 : ((void)(expression), 0))

#endif /* CHECK_H */
