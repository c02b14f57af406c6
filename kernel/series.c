// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the module was reviewed for the running kernel. In another one it would most
 * likely build, load and run; but nobody has read there what a system call does on its
 * way in and out, who may see it, and what may be a sub-call.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/utsname.h>

#include "shim.h"

static bool unreviewed;
module_param(unreviewed, bool, 0444);
MODULE_PARM_DESC(unreviewed, "load into a kernel that the module was not reviewed for, too");

int __init sysbatch_series_init(void)
{
	const char *release = init_utsname()->release;
	unsigned int major = 0, minor = 0;
	char known[64] = "";
	size_t length = 0;
	u32 index, series;

	/* What does not begin with two numbers is of no series. */
	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		major = 0;
	for (index = 0; (series = sysbatch_host_series(index)); index++) {
		if (major == series >> 16 && minor == (series & 0xFFFF))
			return 0;
		length += scnprintf(known + length, sizeof(known) - length,
				    "%s%u.%u", index ? ", " : "", series >> 16,
				    series & 0xFFFF);
	}
	if (unreviewed) {
		pr_warn("not reviewed for Linux %s, only for these series: %s; loaded all the same because of the parameter unreviewed\n",
			release, known);
		return 0;
	}
	pr_err("not reviewed for Linux %s, only for these series: %s; not loaded. See whether there is a newer version; unreviewed=1 has this one loaded at your own risk\n",
	       release, known);
	return -ENODEV;
}
