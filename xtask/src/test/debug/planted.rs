
/// Writes behind an array on the stack if the shim says so. Part of the copy of the
/// module that `planted.c` belongs to.
#[inline(never)]
fn plant() {
    unsafe extern "C" {
        fn sysbatch_planted_index() -> usize;
    }
    let mut words = [0_u64; 4];
    // SAFETY: takes nothing and returns a number.
    let index = unsafe { sysbatch_planted_index() };
    let first = core::hint::black_box(words.as_mut_ptr());
    // SAFETY: none if the index is that of no word, which is the purpose.
    unsafe { first.wrapping_add(index).write_volatile(1) };
    core::hint::black_box(&words);
}
