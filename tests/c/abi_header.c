/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A consumer of the generated header, compiled by `cargo xtask header --check`
 * as C and C++ with every warning an error. The header asserts its own layout;
 * this file uses each structure and compares the request with the system's
 * macro. Included twice: the guard must hold.
 */
#include <sysbatch_abi.h>
#include <sysbatch_abi.h>

#include <string.h>
#include <sys/ioctl.h>

typedef char list_request_is_io_c5_2[SYSBATCH_LIST_REQUEST == _IO(0xC5, 2) ? 1 : -1];
typedef char request_is_io_c5_1[SYSBATCH_RUN_REQUEST == _IO(0xC5, 1) ? 1 : -1];

/* In the preprocessor too: the constants are not casts. */
#if SYSBATCH_ABI_VERSION < 1 || SYSBATCH_JUMP_EXIT >= 0 || SYSBATCH_DST_OWN_INDEX != 65535
#error "a constant has the wrong value"
#endif

static struct sysbatch_entry add_results(__u64 a, __u64 b)
{
	struct sysbatch_entry entry = {0, 0, 0, 0, 0, 0, 0, {0}};

	entry.nr = SYSBATCH_BUILT_IN_ADD;
	entry.modes = SYSBATCH_MODE_BITS(0, SYSBATCH_MODE_RESULT) |
		      SYSBATCH_MODE_BITS(1, SYSBATCH_MODE_RESULT);
	entry.dst = SYSBATCH_DST_OWN_INDEX;
	entry.on_neg = SYSBATCH_JUMP_EXIT;
	entry.args[0] = a;
	entry.args[1] = b;
	return entry;
}

int main(void)
{
	static const char path[] = SYSBATCH_DEVICE_PATH;
	struct sysbatch_entry entry = add_results(1, 2);
	struct sysbatch_info info = {0, 0, 0, 0, SYSBATCH_FORMATS};
	struct sysbatch_run run = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct sysbatch_repeat repeat = {1, -3, 4, '.', 256};
	__s64 result = -2;

	entry.flags = SYSBATCH_ENTRY_REPEAT;
	memcpy(&entry.args[5], &repeat, sizeof(repeat));
	run.size = sizeof(run);
	run.format = SYSBATCH_FORMAT_NATIVE;
	run.status = SYSBATCH_STATUS_NONE;
	run.resume = SYSBATCH_RESUME_FRESH;
	run.reason = SYSBATCH_PUNT_REASON_CALL;
	return !(SYSBATCH_IS_ERRNO(result) && path[0] == '/' && entry.args[1] == 2 &&
		 (info.formats >> run.format & 1));
}
