/*
 * Mistakes that are made on purpose in the next batch, each once when its number is
 * written to the parameter `planted`. Part of device.c of a copy of the module.
 */
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static unsigned int planted;
module_param(planted, uint, 0644);

static DEFINE_SPINLOCK(planted_spinlock);
static DEFINE_MUTEX(planted_first);
static DEFINE_MUTEX(planted_second);
static int __rcu *planted_pointer;
static volatile int planted_number;
static struct {
	int array[4];
	int behind[4];
} planted_arrays;

/* How many words into an array of four the Rust half is to write. */
size_t sysbatch_planted_index(void);
size_t sysbatch_planted_index(void)
{
	return xchg(&planted, 0) == 7 ? 4 : 0;
}

static void planted_shift(void)
{
	planted_number = 40;
	planted_number = 1 << planted_number;
}

static void planted_bounds(void)
{
	planted_number = 5;
	planted_number = planted_arrays.array[planted_number];
}

static void planted_unread(void)
{
	planted_number = rcu_dereference(planted_pointer) != NULL;
}

static void planted_order(void)
{
	mutex_lock(&planted_first);
	mutex_lock(&planted_second);
	mutex_unlock(&planted_second);
	mutex_unlock(&planted_first);
	mutex_lock(&planted_second);
	mutex_lock(&planted_first);
	mutex_unlock(&planted_first);
	mutex_unlock(&planted_second);
}

static void planted_overrun(void)
{
	volatile char *bytes = kmalloc(24, GFP_KERNEL);

	planted_number = 24;
	if (bytes)
		bytes[planted_number] = 1;
	kfree((void *)bytes);
}

static noinline void planted_leak(void)
{
	volatile char *bytes = kmalloc(100, GFP_KERNEL);

	if (bytes)
		bytes[0] = 1;
}

static long planted_run(unsigned int request, unsigned long address)
{
	unsigned int number = READ_ONCE(planted);
	long result;

	/* That one is the Rust half's. */
	if (number != 7)
		WRITE_ONCE(planted, 0);
	switch (number) {
	case 1:
		planted_shift();
		break;
	case 2:
		planted_bounds();
		break;
	case 3:
		planted_unread();
		break;
	case 4:
		msleep(30000);
		break;
	case 5:
		spin_lock(&planted_spinlock);
		break;
	case 6:
		planted_overrun();
		break;
	case 8:
		planted_leak();
		break;
	case 9:
		planted_order();
		break;
	case 10:
		mutex_lock(&planted_first);
		break;
	}
	result = sysbatch_run_saved(request, address, current_pt_regs());
	if (number == 5)
		spin_unlock(&planted_spinlock);
	return result;
}
