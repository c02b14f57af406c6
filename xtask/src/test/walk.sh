# The tests of the walker, with the module. What they leave out is levels that
# the guest's rm cannot remove, and random trees and many files that would take
# an emulated processor minutes: most of it the work of what is compared with.
export SYSBATCH_BACKEND=kernel TMPDIR=/disk
set -e
/tests/trees --skip two_thousand_levels --skip random --skip fill_the_memory --skip changes
# Its 72,000 files are more than there is room for on the disk.
TMPDIR=/tmp /tests/memory
